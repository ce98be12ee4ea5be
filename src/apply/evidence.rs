//! What the server behind a failed resource told: the lines that explain it.

use std::fmt;

use crate::apply::first_failure::FirstFailure;
use crate::openstack::client::Cloud;
use crate::openstack::stack::Resource;

/// Lines enough for a traceback; the whole log stays on the server.
const LINES_MAX: usize = 40;
/// A whole boot: what went wrong at its start is far above the login prompt it ends with.
const CONSOLE_LINES: u32 = 600;
/// Complaints from further up; a service that fails in a loop says the same for ever.
const COMPLAINTS_MAX: usize = 15;
/// What systemd, cloud-init, Python and Puppet put into a line that complains.
const COMPLAINTS: [&str; 6] = ["WARN", "ERROR", "Error:", "CRITICAL", "FAILED", "Traceback"];

/// The last lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Whose lines, e.g. ``console of server `a` ``.
    pub source: String,
    /// The lines, oldest first.
    pub lines: Vec<String>,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source)?;
        self.lines
            .iter()
            .try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl std::error::Error for Evidence {}

/// The last lines of `text` that say anything, after the complaints from further up;
/// none where nothing does.
fn tail(source: String, text: &str) -> Option<Evidence> {
    let mut before: Vec<String> = text
        .lines()
        .map(printable)
        .filter(|line| !line.is_empty())
        .collect();
    let last = before.split_off(before.len().saturating_sub(LINES_MAX));
    before.retain(|line| COMPLAINTS.iter().any(|word| line.contains(word)));
    before.truncate(COMPLAINTS_MAX);
    if !before.is_empty() {
        before.push("...".to_owned());
    }
    before.extend(last);
    (!before.is_empty()).then_some(Evidence {
        source,
        lines: before,
    })
}

/// A line without what would colour or move the reader's terminal. Nova hands out a
/// console without its escape characters, so what followed them is known by its form.
fn printable(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = past_sequence(rest).unwrap_or(after);
        if rest.len() == after.len() && (!c.is_control() || c == '\t') {
            plain.push(c);
        }
    }
    plain.trim_end().to_owned()
}

/// What comes after a control sequence, where `text` begins with one: a whole one, or
/// a colour that lost its escape character.
fn past_sequence(text: &str) -> Option<&str> {
    if let Some(sequence) = text.strip_prefix("\u{1b}[") {
        let end = sequence.find(|c| ('@'..='~').contains(&c))?;
        return sequence.get(end + 1..);
    }
    let numbers = text.strip_prefix('[')?;
    let end = numbers.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    end.strip_prefix('m').filter(|_| end.len() < numbers.len())
}

/// Looks for evidence: what the deployment signalled, or else the console of the
/// server in the same stack. Finding none is no further failure.
pub async fn find(
    cloud: &Cloud,
    failure: &FirstFailure,
    resources: &[Resource],
) -> Option<Evidence> {
    let mut server = server_beside(failure, resources);
    if failure.kind.starts_with("OS::Heat::SoftwareDeployment") {
        let told = cloud
            .heat()
            .software_deployment(&failure.physical_id)
            .await
            .ok();
        if let Some(told) = told {
            for (output, name) in [("deploy_stderr", "log"), ("deploy_stdout", "output")] {
                let source = format!("{name} that `{}` sent", failure.path);
                if let Some(evidence) = tail(source, told.output(output)) {
                    return Some(evidence);
                }
            }
            server = server.or(Some(told.server_id).filter(|id| !id.is_empty()));
        }
    }
    let id = server?;
    let text = cloud.nova().console_log(&id, CONSOLE_LINES).await.ok()?;
    tail(format!("console of server `{id}`"), &text)
}

fn server_beside(failure: &FirstFailure, resources: &[Resource]) -> Option<String> {
    const SERVER: &str = "OS::Nova::Server";
    if failure.kind == SERVER {
        return Some(failure.physical_id.clone()).filter(|id| !id.is_empty());
    }
    let mut servers = resources.iter().filter(|resource| {
        resource.kind == SERVER
            && !resource.physical_id.is_empty()
            && resource
                .stack()
                .is_some_and(|stack| stack.id == failure.stack.id)
    });
    // With several beside it, none is known to be the one.
    servers
        .next()
        .filter(|_| servers.next().is_none())
        .map(|server| server.physical_id.clone())
}

#[cfg(test)]
mod tests {
    use super::{COMPLAINTS_MAX, LINES_MAX, printable, tail};

    #[test]
    fn only_the_last_telling_lines_are_kept_and_no_control_characters() {
        let text = format!("{}\u{1b}[31mbad\u{7}\n", "line\r\n\n".repeat(100));
        let evidence = tail("log".to_owned(), &text).expect("lines");
        assert_eq!(evidence.lines.len(), LINES_MAX);
        assert_eq!(evidence.lines.last().map(String::as_str), Some("bad"));
        assert_eq!(tail("log".to_owned(), "\n \n"), None);
    }

    #[test]
    fn what_went_wrong_further_up_is_told_before() {
        let complaint = "url_helper.py[WARNING]: no answer";
        let text = format!("{complaint}\n{}", "line\n".repeat(100));
        let evidence = tail("log".to_owned(), &text).expect("lines");
        assert_eq!(evidence.lines[..2], [complaint, "..."]);
        assert_eq!(evidence.lines.len(), LINES_MAX + 2);
        let looping = format!("{complaint}\n").repeat(100);
        let evidence = tail("log".to_owned(), &looping).expect("lines");
        assert_eq!(evidence.lines.len(), COMPLAINTS_MAX + 1 + LINES_MAX);
    }

    #[test]
    fn a_colour_that_lost_its_escape_character_goes_too() {
        let line = "[[0;32m  OK  [0m] a[0] [main] [5] \u{1b}[2Jend\u{1b}";
        assert_eq!(printable(line), "[  OK  ] a[0] [main] [5] end");
    }
}
