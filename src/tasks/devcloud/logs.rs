//! `devcloud.logs`: a daemon's log.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// What `devcloud.logs` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Daemon, as `devcloud status` names it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Only this many of its last lines.
    #[arg(long, value_name = "N")]
    pub lines: Option<usize>,
}

/// Carries `devcloud.logs` out.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let path = embedded::here()
        .log(&args.name)
        .map_err(embedded::failure)?;
    let bytes = std::fs::read(&path).map_err(|error| {
        let message = format!("cannot read the log `{}`", path.display());
        Failure::new(Kind::Failed, message)
            .caused_by(error)
            .hint("the embedded cloud keeps logs from its first `devcloud up` on")
    })?;
    let text = String::from_utf8_lossy(&bytes);
    context.output.write(last(&text, args.lines))
}

/// The last `lines` lines of `text`; all of it when no number is given.
fn last(text: &str, lines: Option<usize>) -> &str {
    let Some(lines) = lines else { return text };
    let from = text
        .trim_end_matches('\n')
        .rmatch_indices('\n')
        .nth(lines.saturating_sub(1))
        .map_or(0, |(at, _)| at + 1);
    if lines == 0 { "" } else { &text[from..] }
}

#[cfg(test)]
mod tests {
    use super::last;

    #[test]
    fn the_last_lines_are_counted_from_the_end() {
        assert_eq!(last("a\nb\nc\n", Some(2)), "b\nc\n");
        assert_eq!(last("a\nb\nc\n", Some(9)), "a\nb\nc\n");
        assert_eq!(last("a\nb\nc\n", Some(0)), "");
        assert_eq!(last("a\nb\n", None), "a\nb\n");
    }
}
