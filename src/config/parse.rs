//! YAML text in, a tree out. Duplicate keys are reported here, because nobody who
//! looks at the tree could tell any more.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::problem::{Problem, Problems};
use super::tree::{At, Key, Node, Scalar, Value};

/// Nodes in one file. Aliases multiply, and a few lines of them fill any memory.
const NODES_MAX: usize = 50_000;

/// Reads the one document in `text`. A syntax error is the only problem then; an
/// unusable key is reported and its entry left out, so that checking can go on.
pub(crate) fn parse(text: &str, origin: &Path) -> Result<(Option<Node>, Vec<Problem>), Problems> {
    let mut builder = Builder {
        origin,
        parser: Parser::new_from_str(text.trim_start_matches('\u{feff}')),
        anchors: HashMap::new(),
        problems: Vec::new(),
        nodes: 0,
        keys: Vec::new(),
    };
    let node = builder.document()?;
    Ok((node, builder.problems))
}

struct Builder<'a, P> {
    origin: &'a Path,
    parser: P,
    anchors: HashMap<usize, Node>,
    problems: Vec<Problem>,
    nodes: usize,
    keys: Vec<String>,
}

impl<'a, P> Builder<'_, P>
where
    P: Iterator<Item = Result<(Event<'a>, Span), ScanError>>,
{
    fn document(&mut self) -> Result<Option<Node>, Problems> {
        let mut root = None;
        while let Some((event, at)) = self.next()? {
            match event {
                Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(..)
                | Event::DocumentEnd => {}
                event if root.is_none() => root = Some(self.node(event, at)?),
                _ => {
                    return Err(self
                        .problem(at, "", "a second document: one is expected")
                        .into());
                }
            }
        }
        // A document without content is one empty scalar.
        Ok(root.filter(|node| !matches!(&node.value, Value::Scalar(s) if s.is_null())))
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, At)>, Problems> {
        loop {
            match self.parser.next() {
                None => return Ok(None),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => {
                    let at = At {
                        line: span.start.line(),
                        column: span.start.col() + 1,
                    };
                    return Ok(Some((event, at)));
                }
                Some(Err(error)) => {
                    let at = At {
                        line: error.marker().line(),
                        column: error.marker().col() + 1,
                    };
                    let message = format!("not YAML: {}", lower_first(&error.info()));
                    return Err(self.problem(at, "", &message).into());
                }
            }
        }
    }

    fn node(&mut self, event: Event<'a>, at: At) -> Result<Node, Problems> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(self.problem(at, "", "too large, or its aliases are").into());
        }
        let (anchor, value) = match event {
            Event::Alias(id) => {
                let Some(target) = self.anchors.get(&id).cloned() else {
                    return Err(self
                        .problem(at, "", "an alias inside its own anchor")
                        .into());
                };
                self.nodes += size(&target);
                return Ok(Node { at, ..target });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain && tag.is_none(),
                };
                (anchor, Value::Scalar(scalar))
            }
            Event::SequenceStart(_, anchor, _) => (anchor, Value::List(self.list()?)),
            Event::MappingStart(_, anchor, _) => (anchor, Value::Map(self.map()?)),
            _ => return Err(self.problem(at, "", "not YAML: a value is missing").into()),
        };
        let node = Node { at, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Vec<Node>, Problems> {
        let mut items = Vec::new();
        while let Some((event, at)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            self.keys.push(items.len().to_string());
            items.push(self.node(event, at)?);
            self.keys.pop();
        }
        Ok(items)
    }

    fn map(&mut self) -> Result<Vec<(Key, Node)>, Problems> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        while let Some((event, at)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, at)?;
            let text = match key.value {
                Value::Scalar(scalar) => Some(scalar.text),
                Value::List(_) | Value::Map(_) => None,
            };
            self.keys.push(text.clone().unwrap_or_default());
            let Some((event, value_at)) = self.next()? else {
                break;
            };
            let value = self.node(event, value_at)?;
            match text {
                None => {
                    let problem = self.problem(at, "", "a key has to be a name");
                    self.problems.push(problem);
                }
                Some(text) if !seen.insert(text.clone()) => {
                    let first = entries.iter().find(|(key, _)| key.text == text);
                    let line = first.map_or(0, |(key, _)| key.at.line);
                    let message =
                        format!("duplicate key `{text}`: it stands in line {line} already");
                    let problem = self.problem(at, &text, &message);
                    self.problems.push(problem);
                }
                Some(text) => entries.push((Key { at, text }, value)),
            }
            self.keys.pop();
        }
        Ok(entries)
    }

    fn problem(&self, at: At, text: &str, message: &str) -> Problem {
        Problem {
            path: self.origin.to_owned(),
            line: at.line,
            column: at.column,
            key: self.keys.join("."),
            text: text.to_owned(),
            message: message.to_owned(),
            nearest: None,
        }
    }
}

/// The nodes below and including `node`.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}
