//! `-f` and `-c` of the tasks that print data, as openstackclient has them:
//! parsed, then resolved against the columns that the task has.

use clap::{Args, ValueEnum};

use crate::config::nearest;
use crate::error::{Failure, Kind};
use crate::ui::data::{Format, Shape};

/// How data is printed, as parsed.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output options")]
pub struct OutputArgs {
    /// Format of the data on stdout [default: table, or json with --json].
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// Only this column; may be given several times.
    #[arg(short, long, value_name = "COLUMN")]
    pub column: Vec<String>,
}

/// The formats by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Bordered text.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Bare values, one row per line.
    Value,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Table => Self::Table,
            FormatName::Json => Self::Json,
            FormatName::Yaml => Self::Yaml,
            FormatName::Value => Self::Value,
        }
    }
}

impl OutputArgs {
    /// Compares the wanted columns with `known`, before any work is done.
    pub fn resolve(&self, known: &[&str], json: bool) -> Result<Shape, Failure> {
        let default = if json { Format::Json } else { Format::Table };
        let mut columns = Vec::new();
        for wanted in &self.column {
            let place = known
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted));
            columns.push(place.ok_or_else(|| {
                let offer = nearest(wanted, known.iter().copied())
                    .map_or_else(String::new, |name| format!(": did you mean `{name}`?"));
                Failure::new(Kind::Usage, format!("no column `{wanted}`{offer}"))
                    .hint(format!("the columns are {}", known.join(", ")))
            })?);
        }
        // In the table's own order, as openstackclient prints them.
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            columns.extend(0..known.len());
        }
        let format = self.format.map_or(default, Format::from);
        Ok(Shape { format, columns })
    }
}

#[cfg(test)]
mod tests {
    use super::{FormatName, OutputArgs};
    use crate::ui::data::Format;

    #[track_caller]
    fn case(wanted: &[&str], expected: Result<Vec<usize>, &str>) {
        let args = OutputArgs {
            column: wanted.iter().map(ToString::to_string).collect(),
            ..OutputArgs::default()
        };
        let seen = args
            .resolve(&["Name", "Status", "Tag"], false)
            .map(|shape| shape.columns)
            .map_err(|failure| failure.to_string());
        assert_eq!(seen, expected.map_err(str::to_owned), "{wanted:?}");
    }

    #[test]
    fn columns_are_named_in_any_order_and_printed_in_the_table_s() {
        case(&[], Ok(vec![0, 1, 2]));
        case(&["Tag", "name"], Ok(vec![0, 2]));
        case(&["Tag", "Tag"], Ok(vec![2]));
        case(&["Sttus"], Err("no column `Sttus`: did you mean `Status`?"));
        case(&["Digest"], Err("no column `Digest`"));
    }

    #[test]
    fn machines_get_json_unless_another_format_is_named() {
        let format = |args: &OutputArgs, json| args.resolve(&["A"], json).map(|one| one.format);
        let mut args = OutputArgs::default();
        assert_eq!(format(&args, false).ok(), Some(Format::Table));
        assert_eq!(format(&args, true).ok(), Some(Format::Json));
        args.format = Some(FormatName::Value);
        assert_eq!(format(&args, true).ok(), Some(Format::Value));
    }
}
