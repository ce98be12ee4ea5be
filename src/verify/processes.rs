//! Every process answers: the Celery nodes that a service's own
//! `server-info` lists, against those it should have.

use std::collections::BTreeSet;

use crate::verify::finding::{Finding, Verdict};
use crate::verify::http::Answer;
use crate::verify::target::{ServiceTarget, short_node};

/// Judges the `server-info` of one service.
pub fn verdict(service: &ServiceTarget, answer: &Answer) -> Verdict {
    let count = service.celery_nodes.len();
    let expected = format!("{count} processes of {}", service.name);
    // PTero answers 500 when no process answered it.
    if answer.status != 200 {
        return Err(Finding::new(expected, answer.excerpt()));
    }
    let alive = nodes(answer);
    let missing: Vec<&str> = service
        .celery_nodes
        .iter()
        .filter(|node| !alive.contains(&short_node(node)))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Ok(format!("{}: {count} answer", service.name));
    }
    let seen = format!(
        "{} of them; no answer from {}",
        count - missing.len(),
        missing.join(", ")
    );
    Err(Finding::new(expected, seen))
}

/// One verdict of several: a finding that names all of theirs, or their words.
pub fn all(verdicts: Vec<Verdict>) -> Verdict {
    let (mut fine, mut expected, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for verdict in verdicts {
        match verdict {
            Ok(detail) => fine.push(detail),
            Err(finding) => {
                expected.push(finding.expected);
                seen.push(finding.seen);
            }
        }
    }
    if seen.is_empty() {
        Ok(fine.join("; "))
    } else {
        Err(Finding::new(expected.join(" and "), seen.join("; ")))
    }
}

/// The nodes that are fine, from lines like `worker@host: OK`; other lines
/// are counts and blanks.
fn nodes(answer: &Answer) -> BTreeSet<String> {
    let info = answer.json();
    let lines = info["celeryStatus"].as_array().into_iter().flatten();
    lines
        .filter_map(|line| line.as_str()?.trim().strip_suffix(": OK"))
        .map(short_node)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{all, verdict};
    use crate::verify::finding::Finding;
    use crate::verify::http::Answer;
    use crate::verify::target::ServiceTarget;

    #[track_caller]
    fn case(status: u16, lines: &[&str], expected: Result<&str, &str>) {
        let service = ServiceTarget {
            name: "workflow".into(),
            web_members: Vec::new(),
            celery_nodes: vec!["worker@a".into(), "http_worker@b".into()],
        };
        let answer = Answer {
            status,
            location: None,
            body: json!({"celeryStatus": lines}).to_string(),
        };
        let seen = verdict(&service, &answer).map_err(|finding| finding.to_string());
        assert_eq!(seen, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn every_declared_node_has_to_answer() {
        case(
            200,
            &[
                "worker@a: OK",
                "http_worker@b.novalocal: OK",
                "old@c: OK",
                "3 nodes online.",
            ],
            Ok("workflow: 2 answer"),
        );
        case(
            200,
            &["worker@a: OK", "http_worker@c: OK"],
            Err("expected 2 processes of workflow, saw 1 of them; no answer from http_worker@b"),
        );
        case(
            200,
            &["worker@a: ERROR", "http_worker@b: OK"],
            Err("expected 2 processes of workflow, saw 1 of them; no answer from worker@a"),
        );
        case(
            500,
            &[],
            Err("expected 2 processes of workflow, saw 500: {\"celeryStatus\":[]}"),
        );
    }

    #[test]
    fn findings_of_several_services_are_told_together() {
        let fine = || Ok("a: 2 answer".to_owned());
        let finding = |name| {
            Err(Finding::new(
                format!("2 of {name}"),
                format!("none of {name}"),
            ))
        };
        assert_eq!(
            all(vec![fine(), fine()]),
            Ok("a: 2 answer; a: 2 answer".to_owned())
        );
        assert_eq!(
            all(vec![finding("b"), fine(), finding("c")]),
            Err(Finding::new("2 of b and 2 of c", "none of b; none of c"))
        );
    }
}
