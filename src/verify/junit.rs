//! The report as `JUnit` XML, for continuous integration servers.

use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::verify::finding::Verdict;

/// One thing that was tested.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// A statement that holds when it passes.
    pub name: String,
    /// What was found.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// The whole document; `suite` names the deployment, `time` is RFC 3339.
#[expect(clippy::missing_panics_doc, reason = "memory takes every write")]
pub fn xml(cases: &[Case], suite: &str, time: &str) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut writer, cases, suite, time).expect("memory takes every write");
    let mut text = String::from_utf8_lossy(writer.get_ref()).into_owned();
    text.push('\n');
    text
}

fn write(
    writer: &mut Writer<Vec<u8>>,
    cases: &[Case],
    suite: &str,
    time: &str,
) -> std::io::Result<()> {
    let total: Duration = cases.iter().map(|one| one.took).sum();
    let tests = cases.len().to_string();
    let failed = cases.iter().filter(|one| one.verdict.is_err());
    let failures = failed.count().to_string();
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let attributes = [
        ("name", suite),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", "0"),
        ("time", &seconds(total)),
        ("timestamp", time),
    ];
    writer
        .create_element("testsuites")
        .write_inner_content(|writer| {
            writer
                .create_element("testsuite")
                .with_attributes(attributes)
                .write_inner_content(|writer| {
                    let mut cases = cases.iter();
                    cases.try_for_each(|one| case(writer, suite, one))
                })?;
            Ok(())
        })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, suite: &str, one: &Case) -> std::io::Result<()> {
    let time = seconds(one.took);
    let attributes = [("classname", suite), ("name", &one.name), ("time", &time)];
    let element = writer
        .create_element("testcase")
        .with_attributes(attributes);
    let detail = match &one.verdict {
        Ok(detail) => printable(detail),
        Err(finding) => printable(&finding.to_string()),
    };
    match &one.verdict {
        Ok(_) => element.write_inner_content(|writer| {
            let text = BytesText::new(&detail);
            writer
                .create_element("system-out")
                .write_text_content(text)?;
            Ok(())
        })?,
        Err(finding) => {
            let message = printable(&format!("saw {}", finding.seen));
            element.write_inner_content(|writer| {
                writer
                    .create_element("failure")
                    .with_attributes([("message", message.as_str())])
                    .write_text_content(BytesText::new(&detail))?;
                Ok(())
            })?
        }
    };
    Ok(())
}

/// XML 1.0 has no way to write most control characters.
fn printable(text: &str) -> String {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars()
        .map(|c| {
            if allowed(c) && !matches!(c, '\u{fffe}' | '\u{ffff}') {
                c
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Case, xml};
    use crate::verify::finding::Finding;

    #[test]
    fn the_report_is_junit_xml() {
        let cases = [
            Case {
                name: "every web server is up".into(),
                verdict: Ok("2 up".into()),
                took: Duration::from_millis(1200),
            },
            Case {
                name: "a workflow with a job succeeds".into(),
                verdict: Err(Finding::new("`a`", "<b> & \"c\" \u{1b}[0m")),
                took: Duration::from_millis(30_500),
            },
        ];
        insta::assert_snapshot!(xml(&cases, "staging", "2026-01-02T03:04:05Z"));
    }
}
