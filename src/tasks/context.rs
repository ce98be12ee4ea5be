//! What every task is handed: its way to the terminal and the settings of
//! the command line. It opens files; the cloud is opened by the tasks that
//! need one.

use serde_json::Value;

use crate::cli::output::OutputArgs;
use crate::cli::settings::Settings;
use crate::error::{Failure, Kind};
use crate::ui::ask::Ask;
use crate::ui::data::{self, Shape};
use crate::ui::interrupt::Interrupt;
use crate::ui::output::Output;
use crate::ui::reporter::Reporter;

/// What every task is handed.
#[derive(Clone)]
pub struct Context {
    /// The resolved global flags.
    pub settings: Settings,
    /// Where events go.
    pub reporter: Reporter,
    /// Where data goes.
    pub output: Output,
    /// Whom to ask before something is lost.
    pub ask: Ask,
    /// Whether the operator wants to stop.
    pub interrupt: Interrupt,
}

impl Context {
    /// Resolves `-f` and `-c`; to be called before any work is done.
    pub fn shape(&self, args: &OutputArgs, columns: &[&str]) -> Result<Shape, Failure> {
        args.resolve(columns, self.settings.is_for_machines())
    }

    /// Prints many things of one kind.
    pub fn print_rows(
        &self,
        columns: &[&str],
        rows: &[Vec<Value>],
        shape: &Shape,
    ) -> Result<(), Failure> {
        self.output.write(&data::rows(columns, rows, shape))
    }

    /// Prints one thing.
    pub fn print_fields(
        &self,
        fields: &[&str],
        values: &[Value],
        shape: &Shape,
    ) -> Result<(), Failure> {
        self.output.write(&data::fields(fields, values, shape))
    }

    /// The text of the configuration file.
    pub fn config_text(&self) -> Result<String, Failure> {
        let path = &self.settings.config;
        std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot read the configuration `{}`", path.display());
            Failure::new(Kind::Usage, message)
                .caused_by(error)
                .hint("`--config PATH` or PTERO_DEPLOY_CONFIG names another file")
        })
    }
}
