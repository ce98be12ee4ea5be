//! The operator's wish to stop. Work that must not be cut anywhere holds a
//! [`Careful`]: then the first Ctrl-C asks it to stop at its next safe point
//! and the second leaves at once. Everything else is left at the first.

use std::sync::Arc;

use tokio::sync::watch;

/// A handle to the wish; clones share it.
#[derive(Clone)]
pub struct Interrupt {
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Default)]
struct State {
    careful: u32,
    wanted: bool,
    leave: bool,
}

impl State {
    /// Whether the next wish to stop ends the program at once.
    fn leaves(&self) -> bool {
        self.wanted || self.careful == 0
    }
}

/// What a wish to stop comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The work stops at its next safe point.
    StopsSoon,
    /// The program leaves now.
    LeavesNow,
}

/// Held while work runs that looks for the wish itself.
pub struct Careful {
    state: Arc<watch::Sender<State>>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self {
            state: Arc::new(watch::Sender::new(State::default())),
        }
    }
}

impl Interrupt {
    /// Promises to look at [`Interrupt::is_requested`] between steps, or to
    /// wait for [`Interrupt::requested`], for as long as the result is held.
    #[must_use]
    pub fn careful(&self) -> Careful {
        self.state.send_modify(|state| state.careful += 1);
        Careful {
            state: Arc::clone(&self.state),
        }
    }

    /// Whether the work should stop at its next safe point.
    pub fn is_requested(&self) -> bool {
        self.state.borrow().wanted
    }

    /// Returns once the work should stop at its next safe point.
    pub async fn requested(&self) {
        self.reached(|state| state.wanted).await;
    }

    /// Returns once there is nothing to wait for: leave now.
    pub async fn leave(&self) {
        self.reached(|state| state.leave).await;
    }

    /// Notes one wish to stop. `tell` hears what it comes to before anybody acts
    /// on it: the program may be gone a moment later.
    pub fn request(&self, tell: impl FnOnce(Answer)) {
        let leave = self.state.borrow().leaves();
        tell(if leave {
            Answer::LeavesNow
        } else {
            Answer::StopsSoon
        });
        self.state.send_modify(|state| {
            state.leave = leave || state.leaves();
            state.wanted = true;
        });
    }

    async fn reached(&self, wanted: impl Fn(&State) -> bool) {
        let mut state = self.state.subscribe();
        state
            .wait_for(|state| wanted(state))
            .await
            .expect("the sender lives as long as this handle");
    }
}

impl Drop for Careful {
    fn drop(&mut self) {
        self.state.send_modify(|state| state.careful -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Interrupt};

    #[track_caller]
    fn comes_to(interrupt: &Interrupt, expected: Answer) {
        let before = interrupt.is_requested();
        interrupt.request(|answer| {
            assert_eq!(answer, expected);
            assert_eq!(interrupt.is_requested(), before, "told before it is done");
        });
    }

    #[tokio::test]
    async fn careful_work_is_asked_first_and_left_at_the_second_wish() {
        let interrupt = Interrupt::default();
        let _careful = interrupt.careful();
        assert!(!interrupt.is_requested());
        comes_to(&interrupt.clone(), Answer::StopsSoon);
        interrupt.requested().await;
        assert!(interrupt.is_requested());
        comes_to(&interrupt, Answer::LeavesNow);
        interrupt.leave().await;
    }

    #[tokio::test]
    async fn other_work_is_left_at_the_first() {
        let interrupt = Interrupt::default();
        drop(interrupt.careful());
        comes_to(&interrupt, Answer::LeavesNow);
        interrupt.leave().await;
    }
}
