//! The one line that a service's error body says, whatever its shape.

use serde_json::Value;

/// Longer texts (Heat quotes whole templates) drown the line that matters.
const MESSAGE_CHARS_MAX: usize = 600;

/// The message inside an error answer: JSON of any service, HTML or plain text.
pub(crate) fn from_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let message = serde_json::from_str::<Value>(&text)
        .ok()
        .and_then(|value| from_json(&value))
        .unwrap_or_else(|| without_tags(&text));
    one_line(&message)
}

/// Keystone and Heat: `error.message`; Nova: `badRequest.message` and the like;
/// Neutron: `NeutronError.message`; Heat before 1.0 and webob: `explanation`.
fn from_json(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    text(object.get("error").and_then(|error| error.get("message")))
        .or_else(|| object.values().find_map(|inner| text(inner.get("message"))))
        .or_else(|| text(object.get("message")))
        .or_else(|| text(object.get("explanation")))
        .or_else(|| object.values().find_map(Value::as_str).map(str::to_owned))
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    // The head of a page only repeats its first heading.
    if let Some(start) = text.find("<body") {
        rest = &text[start..];
    }
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        plain.push(' ');
        match rest[start..].find('>') {
            Some(end) => rest = &rest[start + end + 1..],
            None => return plain,
        }
    }
    plain.push_str(rest);
    plain
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= MESSAGE_CHARS_MAX {
        return line;
    }
    let cut: String = line.chars().take(MESSAGE_CHARS_MAX).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::from_body;

    #[track_caller]
    fn case(body: &str, expected: &str) {
        assert_eq!(from_body(body.as_bytes()), expected);
    }

    #[test]
    fn every_service_says_its_message_in_its_own_shape() {
        case(
            r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#,
            "The request you have made requires authentication.",
        );
        case(
            r#"{"badRequest":{"code":400,"message":"Invalid imageRef provided."}}"#,
            "Invalid imageRef provided.",
        );
        case(
            r#"{"NeutronError":{"type":"NetworkNotFound","message":"Network x could not be found.","detail":""}}"#,
            "Network x could not be found.",
        );
        case(
            r#"{"explanation":"The resource could not be found.","code":404,"error":{"message":"The Stack (x) could not be found.","traceback":null,"type":"EntityNotFound"},"title":"Not Found"}"#,
            "The Stack (x) could not be found.",
        );
        case(
            "<html>\n <head>\n  <title>409 Conflict</title>\n </head>\n <body>\n  <h1>409 Conflict</h1>\n  Image status transition from saving to saving is not allowed<br /><br />\n\n </body>\n</html>",
            "409 Conflict Image status transition from saving to saving is not allowed",
        );
        case("upstream connect error", "upstream connect error");
        case("<html><body bro", "");
        case("", "");
    }
}
