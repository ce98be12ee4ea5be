//! Documents that make no sense are refused, with the status that says so.

use crate::verify::document;
use crate::verify::finding::{Finding, Verdict};
use crate::verify::http::Answer;
use crate::verify::workflow::Workflows;

/// Every bad document is answered with 400.
pub async fn refused(workflows: &Workflows<'_>) -> Verdict {
    let documents = document::bad();
    for (what, body) in &documents {
        verdict(what, &workflows.post(body).await?)?;
    }
    Ok(format!("{} refused", documents.len()))
}

fn verdict(what: &str, answer: &Answer) -> Result<(), Finding> {
    if answer.status == 400 {
        return Ok(());
    }
    Err(Finding::new(format!("400 for {what}"), answer.excerpt()))
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::verify::http::Answer;

    #[track_caller]
    fn case(status: u16, refused: bool) {
        let answer = Answer {
            status,
            location: None,
            body: String::new(),
        };
        assert_eq!(verdict("no links", &answer).is_ok(), refused, "{status}");
    }

    #[test]
    fn only_400_is_a_refusal() {
        case(400, true);
        case(201, false);
        case(500, false);
        case(404, false);
    }
}
