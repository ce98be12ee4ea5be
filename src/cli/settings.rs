//! The global flags resolved: with the environment and the terminal taken
//! in, every question answered.

use std::path::PathBuf;

use crate::cli::flags::{ColorWhen, Flags};
use crate::ui::screen::{Detail, Look, View};

/// What the flags are resolved against; gathered once, in `main`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the surroundings"
)]
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `PTERO_DEPLOY_CONFIG`.
    pub config: Option<PathBuf>,
    /// Whether `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// Whether `TERM` is `dumb`: no cursor movement.
    pub dumb: bool,
    /// Whether standard input is a terminal.
    pub stdin_tty: bool,
    /// Whether standard output is a terminal.
    pub stdout_tty: bool,
    /// Whether standard error is a terminal.
    pub stderr_tty: bool,
}

/// What a task needs to know of the command line besides its own arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The configuration file.
    pub config: PathBuf,
    /// How events and failures are shown.
    pub look: Look,
    /// Whether standard output may carry colour.
    pub stdout_color: bool,
    /// Whether there is somebody to ask.
    pub ask: bool,
}

impl Settings {
    /// Whether `--json` was given.
    pub fn is_for_machines(&self) -> bool {
        self.look.view == View::Json
    }

    /// Resolves `flags`.
    pub fn resolve(flags: &Flags, around: &Surroundings) -> Self {
        let color = |tty: bool| match flags.color.unwrap_or_default() {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => tty && !around.no_color && !around.dumb,
        };
        let config = flags.config.clone().or_else(|| around.config.clone());
        Self {
            config: config.unwrap_or_else(|| PathBuf::from("config.yaml")),
            look: Look {
                view: match (flags.json, around.stderr_tty && !around.dumb) {
                    (true, _) => View::Json,
                    (false, true) => View::Terminal,
                    (false, false) => View::Plain,
                },
                detail: match (flags.quiet, flags.verbose) {
                    (true, _) => Detail::Quiet,
                    (_, true) => Detail::Verbose,
                    _ => Detail::Normal,
                },
                color: color(around.stderr_tty) && !flags.json,
            },
            stdout_color: color(around.stdout_tty),
            ask: !flags.yes && !flags.json && around.stdin_tty && around.stderr_tty,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Settings, Surroundings};
    use crate::cli::flags::{ColorWhen, Flags};
    use crate::ui::screen::View;

    fn terminal() -> Surroundings {
        Surroundings {
            stdin_tty: true,
            stdout_tty: true,
            stderr_tty: true,
            ..Surroundings::default()
        }
    }

    #[track_caller]
    fn view(flags: &Flags, around: &Surroundings, expected: View, color: bool) {
        let settings = Settings::resolve(flags, around);
        assert_eq!(settings.look.view, expected);
        assert_eq!(settings.look.color, color);
    }

    #[test]
    fn json_wins_over_a_terminal_and_a_terminal_over_plain_lines() {
        let json = Flags {
            json: true,
            ..Flags::default()
        };
        view(&json, &terminal(), View::Json, false);
        view(&Flags::default(), &terminal(), View::Terminal, true);
        view(
            &Flags::default(),
            &Surroundings::default(),
            View::Plain,
            false,
        );
        let dumb = Surroundings {
            dumb: true,
            ..terminal()
        };
        view(&Flags::default(), &dumb, View::Plain, false);
    }

    #[test]
    fn colour_follows_the_flag_then_the_environment() {
        let color = |when| Flags {
            color: Some(when),
            ..Flags::default()
        };
        let mute = Surroundings {
            no_color: true,
            ..terminal()
        };
        view(&Flags::default(), &mute, View::Terminal, false);
        view(&color(ColorWhen::Always), &mute, View::Terminal, true);
        view(&color(ColorWhen::Never), &terminal(), View::Terminal, false);
    }

    #[test]
    fn the_configuration_file_is_the_flag_s_then_the_environment_s_then_config_yaml() {
        let mut flags = Flags::default();
        let mut around = Surroundings::default();
        let path = |flags: &Flags, around: &Surroundings| Settings::resolve(flags, around).config;
        assert_eq!(path(&flags, &around), Path::new("config.yaml"));
        around.config = Some(PathBuf::from("/etc/ptero.yaml"));
        assert_eq!(path(&flags, &around), Path::new("/etc/ptero.yaml"));
        flags.config = Some(PathBuf::from("mine.yaml"));
        assert_eq!(path(&flags, &around), Path::new("mine.yaml"));
    }

    #[test]
    fn nobody_is_asked_without_a_terminal_or_with_yes() {
        let yes = Flags {
            yes: true,
            ..Flags::default()
        };
        assert!(Settings::resolve(&Flags::default(), &terminal()).ask);
        assert!(!Settings::resolve(&yes, &terminal()).ask);
        assert!(!Settings::resolve(&Flags::default(), &Surroundings::default()).ask);
    }
}
