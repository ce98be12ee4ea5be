//! How wide the options of a command line are: which words belong to an
//! option, so that the others are known to be tasks and their arguments.

use std::collections::HashSet;

use clap::{Arg, Command};

/// The words of a command line, told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Options with their values, in order.
    pub options: Vec<String>,
    /// Everything else, in order.
    pub plain: Vec<String>,
}

/// The options of a whole command tree that are followed by a value.
pub struct Options {
    longs: HashSet<String>,
    shorts: HashSet<char>,
}

impl Options {
    /// Collects the options of `root` and of every command below it.
    pub fn of(root: &Command) -> Self {
        let mut options = Self {
            longs: HashSet::new(),
            shorts: HashSet::new(),
        };
        options.collect(root);
        options
    }

    fn collect(&mut self, command: &Command) {
        for argument in command.get_arguments().filter(|one| takes_value(one)) {
            self.longs.extend(argument.get_long().map(str::to_owned));
            self.shorts.extend(argument.get_short());
        }
        for below in command.get_subcommands() {
            self.collect(below);
        }
    }

    /// Tells options and plain words apart; after `--` every word is plain.
    pub fn split(&self, args: &[String]) -> Words {
        let mut words = Words {
            options: Vec::new(),
            plain: Vec::new(),
        };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            if arg == "--" {
                words.plain.extend(rest.cloned());
                break;
            }
            if !arg.starts_with('-') || arg == "-" {
                words.plain.push(arg.clone());
                continue;
            }
            words.options.push(arg.clone());
            if self.value_follows(arg) {
                words.options.extend(rest.next().cloned());
            }
        }
        words
    }

    fn value_follows(&self, arg: &str) -> bool {
        if let Some(long) = arg.strip_prefix("--") {
            return self.longs.contains(long);
        }
        // In `-qf json` the value belongs to the last letter; in `-fjson` it is attached.
        let mut letters = arg.chars().skip(1);
        letters
            .find(|letter| self.shorts.contains(letter))
            .is_some()
            && letters.next().is_none()
    }
}

/// Whether `argument` is an option or a parameter with a value, not a switch.
pub fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction, Command};

    use super::Options;

    #[track_caller]
    fn case(line: &str, options: &str, plain: &str) {
        let root = Command::new("p")
            .arg(Arg::new("config").long("config"))
            .arg(
                Arg::new("yes")
                    .short('y')
                    .long("yes")
                    .action(ArgAction::SetTrue),
            )
            .subcommand(Command::new("list").arg(Arg::new("format").short('f').long("format")));
        let args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let words = Options::of(&root).split(&args);
        assert_eq!(words.options.join(" "), options, "{line:?}");
        assert_eq!(words.plain.join(" "), plain, "{line:?}");
    }

    #[test]
    fn values_stay_with_their_options() {
        case("list a", "", "list a");
        case("--config x list", "--config x", "list");
        case("--config=x list", "--config=x", "list");
        case("list -f json a", "-f json", "list a");
        case("list -fjson a", "-fjson", "list a");
        case("list -yf json a", "-yf json", "list a");
        case("--yes list", "--yes", "list");
        case("--unknown list", "--unknown", "list");
        case("list -- -f a", "", "list -f a");
        case("list --config", "--config", "list");
    }
}
