//! Carries the steps of a line out, in order, and stops at the first failure
//! or when the operator wants to stop.

use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::settings::{Settings, Surroundings};
use crate::error::{Failure, Kind};
use crate::tasks::CommandLine;
use crate::tasks::context::Context;
use crate::ui::ask::Ask;
use crate::ui::event::Event;
use crate::ui::interrupt::{Answer, Interrupt};
use crate::ui::output::Output;
use crate::ui::screen::Screen;

/// Threads of the runtime: the work waits for the cloud, it does not compute.
const THREADS: usize = 2;

/// The exit code of a program that was interrupted, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// One task of the line, ready to be run.
pub struct Step {
    /// Its dotted name.
    pub name: String,
    /// What it works on; may be empty.
    pub target: String,
    /// Its arguments.
    pub line: CommandLine,
}

/// Runs `steps`; `command` is what the operator would type to go on later.
pub fn run(steps: Vec<Step>, around: &Surroundings, command: &str) -> ExitCode {
    let Some(first) = steps.first() else {
        return ExitCode::SUCCESS;
    };
    let screen = Screen::open(Settings::resolve(&first.line.flags, around).look);
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(failure) => return failed(&screen, &failure),
    };
    let interrupt = Interrupt::default();
    let work = steps_in_order(steps, around.clone(), screen.clone(), interrupt.clone());
    let outcome = runtime.block_on(async {
        tokio::spawn(listen(
            interrupt.clone(),
            screen.clone(),
            command.to_owned(),
        ));
        tokio::select! {
            biased;
            done = work => Some(done),
            () = interrupt.leave() => None,
        }
    });
    // Threads that still block, as in a question to the operator, end with
    // the process; waiting for them would keep it.
    runtime.shutdown_background();
    screen.close();
    match outcome {
        None => ExitCode::from(INTERRUPTED),
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(failure)) if interrupt.is_requested() => {
            screen.fail(&failure);
            ExitCode::from(INTERRUPTED)
        }
        Some(Err(failure)) => failed(&screen, &failure),
    }
}

async fn steps_in_order(
    steps: Vec<Step>,
    around: Surroundings,
    screen: Screen,
    interrupt: Interrupt,
) -> Result<(), Failure> {
    let reporter = screen.reporter();
    for step in steps {
        let Some(task) = step.line.task else { continue };
        let settings = Settings::resolve(&step.line.flags, &around);
        let context = Context {
            ask: Ask {
                enabled: settings.ask,
            },
            settings,
            reporter: reporter.clone(),
            output: Output::stdout(),
            interrupt: interrupt.clone(),
        };
        let (name, target) = (step.name, step.target);
        reporter.emit(&Event::TaskStarted {
            name: name.clone(),
            target,
        });
        // On the heap: the tasks differ much in size.
        let result = Box::pin(task.run(&context)).await;
        reporter.emit(&Event::TaskEnded {
            name,
            ok: result.is_ok(),
        });
        result?;
        if interrupt.is_requested() {
            return Err(Failure::new(
                Kind::Failed,
                "interrupted before the next task",
            ));
        }
    }
    Ok(())
}

/// Turns Ctrl-C and TERM into wishes, and says what they come to.
async fn listen(interrupt: Interrupt, screen: Screen, command: String) {
    let (Ok(mut terminal), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        // Without handlers the signals end the program as they always do.
        return;
    };
    loop {
        tokio::select! {
            _ = terminal.recv() => {}
            _ = terminate.recv() => {}
        }
        interrupt.request(|answer| {
            if answer == Answer::StopsSoon {
                screen.tell("stopping at the next safe point; once more to leave at once");
            }
            screen.tell(&format!("to go on later: {command}"));
        });
    }
}

/// The line as the operator would type it again.
pub fn spelled(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let safe = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
        if !word.is_empty() && word.chars().all(safe) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let words: Vec<String> = std::iter::once("ptero-deploy".to_owned())
        .chain(quoted)
        .collect();
    words.join(" ")
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Kind::Failed, "cannot start").caused_by(error))
}

fn failed(screen: &Screen, failure: &Failure) -> ExitCode {
    screen.fail(failure);
    ExitCode::from(failure.kind().exit_code())
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[track_caller]
    fn case(words: &[&str], expected: &str) {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        assert_eq!(spelled(&words), expected);
    }

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        case(
            &["stack.create:env=a,tag=v1"],
            "ptero-deploy stack.create:env=a,tag=v1",
        );
        case(&["--config", "my file"], "ptero-deploy --config 'my file'");
        case(&["it's", ""], r"ptero-deploy 'it'\''s' ''");
    }
}
