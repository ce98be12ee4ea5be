//! Every web server is up: what the gateway itself says of the servers
//! behind it.

use std::collections::HashMap;

use crate::verify::finding::{Finding, Verdict};
use crate::verify::http::Answer;
use crate::verify::target::{ServiceTarget, short_host};

/// Judges the gateway's `/-/status`, `HAProxy`'s statistics as CSV.
pub fn verdict(services: &[ServiceTarget], answer: &Answer) -> Verdict {
    let wanted: Vec<(&str, &str)> = services
        .iter()
        .flat_map(|service| {
            let members = service.web_members.iter();
            members.map(|member| (service.name.as_str(), short_host(member)))
        })
        .collect();
    let expected = format!("{} web servers up", wanted.len());
    if answer.status != 200 {
        return Err(Finding::new(expected, answer.excerpt()));
    }
    let Some(states) = states(&answer.body) else {
        let seen = format!("no table of servers: {}", answer.excerpt());
        return Err(Finding::new(expected, seen));
    };
    let down: Vec<String> = wanted
        .iter()
        .filter_map(|(service, member)| {
            let state = states.get(&(format!("web-{service}"), (*member).to_owned()));
            let state = state.map_or("unknown to the gateway", String::as_str);
            (!is_up(state)).then(|| format!("{service} on {member} {state}"))
        })
        .collect();
    if down.is_empty() {
        Ok(format!("{} up", wanted.len()))
    } else {
        Err(Finding::new(expected, down.join(", ")))
    }
}

/// `UP`, or `UP 1/2` on its way down after one failed look.
fn is_up(state: &str) -> bool {
    state == "UP" || state.starts_with("UP ")
}

/// State by backend and server, or nothing where the text is no such table.
fn states(csv: &str) -> Option<HashMap<(String, String), String>> {
    let mut lines = csv.lines();
    let names: Vec<&str> = lines.next()?.trim_start_matches("# ").split(',').collect();
    let place = |wanted: &str| names.iter().position(|name| *name == wanted);
    let (backend, server, status) = (place("pxname")?, place("svname")?, place("status")?);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |at: usize| cells.get(at).map(|text| (*text).to_owned());
        let host = cell(server).map(|name| short_host(&name).to_owned());
        Some(((cell(backend)?, host?), cell(status)?))
    };
    Some(lines.filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::verify::http::Answer;
    use crate::verify::target::ServiceTarget;

    fn csv(rows: &[(&str, &str, &str)]) -> String {
        let mut text = String::from("# pxname,svname,qcur,status,weight\n");
        for (backend, server, status) in rows {
            text.push_str(&[*backend, *server, "0", *status, "1\n"].join(","));
        }
        text
    }

    #[track_caller]
    fn case(status: u16, body: &str, expected: Result<&str, &str>) {
        let services = [ServiceTarget {
            name: "workflow".into(),
            web_members: vec!["web-0".into(), "web-1".into()],
            celery_nodes: Vec::new(),
        }];
        let answer = Answer {
            status,
            location: None,
            body: body.to_owned(),
        };
        let seen = verdict(&services, &answer).map_err(|finding| finding.seen);
        assert_eq!(seen, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn each_web_member_has_to_be_up() {
        let both = |second| {
            csv(&[
                ("workflow", "FRONTEND", "OPEN"),
                ("web-workflow", "web-0", "UP"),
                ("web-workflow", "web-1", second),
                ("info-workflow", "web-1", "UP"),
                ("web-workflow", "BACKEND", "UP"),
            ])
        };
        case(200, &both("UP"), Ok("2 up"));
        case(200, &both("UP 1/2"), Ok("2 up"));
        case(200, &both("DOWN"), Err("workflow on web-1 DOWN"));
        case(200, &both("MAINT"), Err("workflow on web-1 MAINT"));
        case(200, &both("UPSIDE"), Err("workflow on web-1 UPSIDE"));
    }

    #[test]
    fn a_server_that_the_gateway_does_not_know_is_not_up() {
        case(
            200,
            &csv(&[
                ("web-workflow", "web-0", "UP"),
                ("info-workflow", "web-1", "UP"),
            ]),
            Err("workflow on web-1 unknown to the gateway"),
        );
    }

    #[test]
    fn anything_but_the_table_is_a_finding() {
        case(503, "down", Err("503: down"));
        case(200, "<html>", Err("no table of servers: 200: <html>"));
        case(200, "", Err("no table of servers: 200 with an empty body"));
    }
}
