//! Events for somebody who watches: a live line per running subject below a
//! growing list of what has happened.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ui::event::{Event, Unit};
use crate::ui::screen::Detail;
use crate::ui::words::{self, Weight, duration, weight};

/// Redraws per second: enough to look alive, few enough not to flicker over ssh.
const REDRAWS_HZ: u8 = 10;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// The live view on standard error.
pub struct Terminal {
    bars: MultiProgress,
    detail: Detail,
    color: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    started: Option<(Event, Instant)>,
    announced: Option<Instant>,
    live: IndexMap<String, Live>,
    log: HashMap<String, String>,
}

struct Live {
    bar: ProgressBar,
    shape: Shape,
    note: Option<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Spinner,
    Counted(Unit),
    Uncounted(Unit),
}

impl Terminal {
    /// A live view that shows as much as `detail` says.
    pub fn new(detail: Detail, color: bool) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(REDRAWS_HZ);
        Self::on(target, detail, color)
    }

    fn on(target: ProgressDrawTarget, detail: Detail, color: bool) -> Self {
        Self {
            bars: MultiProgress::with_draw_target(target),
            detail,
            color,
            state: Mutex::default(),
        }
    }

    /// Draws one event.
    pub fn show(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let heavy = weight(event);
        match event {
            Event::TaskStarted { .. } => state.started = Some((event.clone(), Instant::now())),
            Event::TaskEnded { ok, .. } => self.end(&mut state, event, *ok),
            _ if self.detail == Detail::Quiet && heavy != Weight::Trouble => {}
            Event::Note { subject, .. } => {
                self.announce(&mut state);
                let live = self.live(&mut state, subject, Shape::Spinner);
                live.bar.set_message(words::line(event));
                live.note = Some(event.clone());
            }
            Event::Progress { .. } => self.progress(&mut state, event),
            Event::BakeLog { recipe, line } if self.detail != Detail::Verbose => {
                self.announce(&mut state);
                state.log.insert(recipe.clone(), line.clone());
                self.tail(&mut state, recipe, line);
            }
            Event::StackEvent { resource, .. } if !self.detail.shows(heavy) => {
                self.announce(&mut state);
                let live = self.live(&mut state, "stack", Shape::Spinner);
                live.bar.set_message(format!("waiting for {resource}"));
            }
            _ => {
                self.announce(&mut state);
                self.print(&self.painted(event));
            }
        }
    }

    /// Prints a line above the live ones.
    pub fn print(&self, text: &str) {
        // An error means that the terminal is gone, and nobody reads.
        let _ = self.bars.println(text);
    }

    /// Takes the live lines away.
    pub fn clear(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, live) in state.live.drain(..) {
            live.bar.finish_and_clear();
        }
        let _ = self.bars.clear();
    }

    fn announce(&self, state: &mut State) {
        if let Some((event, then)) = state.started.take() {
            self.print(&self.painted(&event));
            state.announced = Some(then);
        }
    }

    fn end(&self, state: &mut State, event: &Event, ok: bool) {
        state.started = None;
        state.log.clear();
        let Some(then) = state.announced.take() else {
            return;
        };
        for (_, live) in state.live.drain(..) {
            live.bar.finish_and_clear();
            // The last word on each subject stays to be read.
            if let (Some(note), true) = (live.note, ok) {
                self.print(&self.painted(&note));
            }
        }
        if self.detail != Detail::Quiet {
            let took = duration(then.elapsed());
            self.print(&format!("{} in {took}", self.painted(event)));
        }
    }

    fn progress(&self, state: &mut State, event: &Event) {
        let Event::Progress {
            subject,
            phase,
            done,
            total,
            unit,
        } = event
        else {
            return;
        };
        self.announce(state);
        let shape = match total {
            Some(_) => Shape::Counted(*unit),
            None => Shape::Uncounted(*unit),
        };
        let key = format!("{subject} {phase}");
        if total.is_some_and(|total| *done >= total) {
            if let Some(live) = state.live.shift_remove(&key) {
                let took = duration(live.bar.elapsed());
                live.bar.finish_and_clear();
                self.print(&format!("{} in {took}", self.painted(event)));
            }
            return;
        }
        let live = self.live(state, &key, shape);
        live.bar.set_message(key.clone());
        if let Some(total) = total {
            live.bar.set_length(*total);
        }
        live.bar.set_position(*done);
    }

    fn tail(&self, state: &mut State, recipe: &str, last: &str) {
        let live = self.live(state, recipe, Shape::Spinner);
        let phase = match &live.note {
            Some(Event::Note { text, .. }) => text.as_str(),
            _ => "",
        };
        live.bar.set_message(format!("{recipe}: {phase} | {last}"));
    }

    fn live<'a>(&self, state: &'a mut State, key: &str, shape: Shape) -> &'a mut Live {
        let live = state.live.entry(key.to_owned()).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::no_length());
            bar.set_style(style(shape));
            bar.enable_steady_tick(TICK);
            let note = None;
            Live { bar, shape, note }
        });
        if live.shape != shape {
            live.bar.set_style(style(shape));
            live.shape = shape;
        }
        live
    }

    fn painted(&self, event: &Event) -> String {
        let line = words::line(event);
        let style = match event {
            Event::TaskStarted { .. } => Style::new().bold(),
            Event::TaskEnded { ok: true, .. } | Event::Check { passed: true, .. } => {
                AnsiColor::Green.on_default()
            }
            Event::TaskEnded { ok: false, .. } => AnsiColor::Red.on_default(),
            Event::Warning { .. } => AnsiColor::Yellow.on_default(),
            _ if weight(event) == Weight::Trouble => AnsiColor::Red.on_default(),
            _ => return line,
        };
        if self.color {
            format!("{style}{line}{style:#}")
        } else {
            line
        }
    }
}

fn style(shape: Shape) -> ProgressStyle {
    let template = match shape {
        Shape::Spinner => "{spinner} {wide_msg} {elapsed}",
        Shape::Counted(Unit::Bytes) => {
            "{spinner} {wide_msg} [{bar:16}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}"
        }
        Shape::Counted(Unit::Items) => "{spinner} {wide_msg} [{bar:16}] {pos}/{len}",
        Shape::Uncounted(Unit::Bytes) => {
            "{spinner} {wide_msg} {binary_bytes} {binary_bytes_per_sec}"
        }
        Shape::Uncounted(Unit::Items) => "{spinner} {wide_msg} {pos}",
    };
    ProgressStyle::with_template(template)
        .expect("the templates above are constants")
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}
