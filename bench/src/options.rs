//! What is asked for: `NAME [--rounds N] [--only ours|heat]`.

use anyhow::{Context, Result, bail, ensure};

use crate::update::Side;

/// Rounds of `update` unless said otherwise; each is two updates on either side.
const ROUNDS: u32 = 10;

/// More than this would take days, and more runs than a gateway's ledger keeps.
const ROUNDS_MAX: u32 = 90;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// The benchmark, or `all`.
    pub(crate) name: String,
    /// Rounds of `update`.
    pub(crate) rounds: u32,
    /// The only side of `update` to be measured.
    pub(crate) only: Option<Side>,
}

impl Options {
    /// Reads the words after the program's name.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        let mut options = Self {
            name,
            rounds: ROUNDS,
            only: None,
        };
        while let Some(word) = words.next() {
            ensure!(
                options.name == "update",
                "`{word}`: only `update` takes options"
            );
            let value = words.next().with_context(|| format!("`{word}` of what?"))?;
            match word.as_str() {
                "--rounds" => options.rounds = rounds(&value)?,
                "--only" => options.only = Some(Side::named(&value)?),
                _ => bail!("no option `{word}`: there are --rounds N, --only ours|heat"),
            }
        }
        Ok(options)
    }
}

fn rounds(text: &str) -> Result<u32> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=ROUNDS_MAX).contains(number))
        .with_context(|| format!("`{text}`: rounds are 1 to {ROUNDS_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::{Options, Side};

    fn read(line: &str) -> Result<(u32, Option<Side>), String> {
        let options = Options::read(line.split_whitespace().map(str::to_owned));
        let options = options.map_err(|error| error.to_string())?;
        Ok((options.rounds, options.only))
    }

    #[test]
    fn rounds_and_sides_are_for_update_only() {
        assert_eq!(read("update"), Ok((10, None)));
        assert_eq!(read("all"), Ok((10, None)));
        assert_eq!(
            read("update --rounds 2 --only heat"),
            Ok((2, Some(Side::Heat)))
        );
        let cases = [
            ("update --rounds", "`--rounds` of what?"),
            ("update --rounds 0", "`0`: rounds are 1 to 90"),
            (
                "update --round 2",
                "no option `--round`: there are --rounds N, --only ours|heat",
            ),
            (
                "update --only nobody",
                "no side `nobody`: there are ours, heat",
            ),
            ("lag --rounds 2", "`--rounds`: only `update` takes options"),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), Err(expected.to_owned()), "{line}");
        }
    }
}
