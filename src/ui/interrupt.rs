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

    /// Notes one wish to stop.
    pub fn request(&self) -> Answer {
        self.state.send_modify(|state| {
            state.leave = state.wanted || state.careful == 0;
            state.wanted = true;
        });
        if self.state.borrow().leave {
            Answer::LeavesNow
        } else {
            Answer::StopsSoon
        }
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

    #[tokio::test]
    async fn careful_work_is_asked_first_and_left_at_the_second_wish() {
        let interrupt = Interrupt::default();
        let _careful = interrupt.careful();
        assert!(!interrupt.is_requested());
        assert_eq!(interrupt.clone().request(), Answer::StopsSoon);
        interrupt.requested().await;
        assert!(interrupt.is_requested());
        assert_eq!(interrupt.request(), Answer::LeavesNow);
        interrupt.leave().await;
    }

    #[tokio::test]
    async fn other_work_is_left_at_the_first() {
        let interrupt = Interrupt::default();
        drop(interrupt.careful());
        assert_eq!(interrupt.request(), Answer::LeavesNow);
        interrupt.leave().await;
    }
}
