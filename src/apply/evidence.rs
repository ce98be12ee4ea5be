//! What the server behind a failed resource told: the lines that explain it.

use std::fmt;

use crate::apply::first_failure::FirstFailure;
use crate::openstack::client::Cloud;
use crate::openstack::stack::Resource;

/// Lines enough for a traceback; the whole log stays on the server.
const LINES_MAX: usize = 40;
/// Nova is asked for more, because boot messages without news fill a console.
const CONSOLE_LINES: u32 = 60;

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

/// The last lines of `text` that say anything; none where nothing does.
fn tail(source: String, text: &str) -> Option<Evidence> {
    let mut lines: Vec<String> = text
        .lines()
        .map(printable)
        .filter(|line| !line.is_empty())
        .collect();
    let lines = lines.split_off(lines.len().saturating_sub(LINES_MAX));
    (!lines.is_empty()).then_some(Evidence { source, lines })
}

/// A line without what would colour or move the reader's terminal.
fn printable(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.as_str().starts_with('[') {
            // A control sequence ends with its first letter (or `@` to `~`).
            chars.by_ref().skip(1).find(|c| ('@'..='~').contains(c));
        } else if !c.is_control() || c == '\t' {
            plain.push(c);
        }
    }
    plain.trim_end().to_owned()
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
    use super::{LINES_MAX, tail};

    #[test]
    fn only_the_last_telling_lines_are_kept_and_no_control_characters() {
        let text = format!("{}\u{1b}[31mbad\u{7}\n", "line\r\n\n".repeat(100));
        let evidence = tail("log".to_owned(), &text).expect("lines");
        assert_eq!(evidence.lines.len(), LINES_MAX);
        assert_eq!(evidence.lines.last().map(String::as_str), Some("bad"));
        assert_eq!(tail("log".to_owned(), "\n \n"), None);
    }
}
