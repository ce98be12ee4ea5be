//! What is asked for: `NAME`, `build [--rounds N]` or
//! `update [--rounds N] [--only ours|heat]`.

use anyhow::{Context, Result, bail, ensure};

use crate::update::Side;

/// Rounds of `update` unless said otherwise; each is two updates on either side.
const ROUNDS: u32 = 10;

/// Rounds of `build`; each is two builds on either side, of minutes, and three are the
/// fewest that have a middle.
const ROUNDS_OF_BUILD: u32 = 3;

/// More than this would take days, and more runs than a gateway's ledger keeps.
const ROUNDS_MAX: u32 = 90;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// The benchmark, or `all`.
    pub(crate) name: String,
    /// Rounds of `build` and of `update`.
    pub(crate) rounds: u32,
    /// The only side of `update` to be measured.
    pub(crate) only: Option<Side>,
}

impl Options {
    /// Reads the words after the program's name.
    pub(crate) fn read(words: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut words = words.into_iter();
        let name = words.next().unwrap_or_default();
        let rounds_usual = match name.as_str() {
            "build" => ROUNDS_OF_BUILD,
            _ => ROUNDS,
        };
        let mut options = Self {
            name,
            rounds: rounds_usual,
            only: None,
        };
        while let Some(word) = words.next() {
            let known: &[&str] = match options.name.as_str() {
                "build" => &["--rounds"],
                "update" => &["--rounds", "--only"],
                _ => bail!("`{word}`: only `build` and `update` take options"),
            };
            ensure!(
                known.contains(&word.as_str()),
                "no option `{word}`: there are {}",
                known.join(", ")
            );
            let value = words.next().with_context(|| format!("`{word}` of what?"))?;
            match word.as_str() {
                "--only" => options.only = Some(Side::named(&value)?),
                _ => options.rounds = rounds(&value)?,
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
    fn options_are_for_the_long_ones() {
        assert_eq!(read("update"), Ok((10, None)));
        assert_eq!(read("all"), Ok((10, None)));
        assert_eq!(read("build"), Ok((3, None)));
        assert_eq!(read("build --rounds 1"), Ok((1, None)));
        assert_eq!(
            read("update --rounds 2 --only heat"),
            Ok((2, Some(Side::Heat)))
        );
        let cases = [
            ("update --rounds", "`--rounds` of what?"),
            ("update --rounds 0", "`0`: rounds are 1 to 90"),
            (
                "update --round 2",
                "no option `--round`: there are --rounds, --only",
            ),
            (
                "build --only ours",
                "no option `--only`: there are --rounds",
            ),
            (
                "update --only nobody",
                "no side `nobody`: there are ours, heat",
            ),
            (
                "lag --rounds 2",
                "`--rounds`: only `build` and `update` take options",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), Err(expected.to_owned()), "{line}");
        }
    }
}
