//! One task in Fabric's spelling into the ordinary arguments that mean the
//! same, by the task's own table of parameters.

use clap::{Arg, Command};

use crate::cli::fabric::{Argument, Call};
use crate::cli::listing::{Listed, tasks};
use crate::cli::options::takes_value;
use crate::cli::unreadable::{Unreadable, unknown_task};
use crate::config::nearest;

/// The keys with which Fabric chooses where a task runs.
const HOST_KEYS: [&str; 5] = ["host", "hosts", "role", "roles", "exclude_hosts"];

/// The ordinary arguments of `call`; `options` are those of the whole line.
pub fn translate(
    call: &Call,
    options: &[String],
    root: &Command,
) -> Result<Vec<String>, Unreadable> {
    let all = tasks(root);
    let Some(task) = all.iter().find(|task| task.name() == call.name) else {
        let members: Vec<String> = all
            .iter()
            .filter(|task| {
                task.group
                    .is_some_and(|group| group.get_name() == call.name)
            })
            .map(Listed::name)
            .collect();
        if members.is_empty() {
            return Err(unknown_task(&call.name, root, str::to_owned));
        }
        let group = call.name.clone();
        return Err(Unreadable::Group { group, members });
    };
    let values = assign(task, &call.arguments)?;
    let mut list: Vec<String> = task.path().into_iter().map(str::to_owned).collect();
    list.extend(options.iter().cloned());
    list.extend(spelled(task, &values)?);
    Ok(list)
}

/// Pairs each argument with its parameter.
fn assign<'a>(
    task: &Listed<'a>,
    arguments: &'a [Argument],
) -> Result<Vec<(&'a Arg, &'a str)>, Unreadable> {
    let parameters = task.parameters();
    // Options under a heading of their own, as those of the output, are no
    // parameters of the task's work: they are given by name or not at all.
    let slots: Vec<&Arg> = parameters
        .iter()
        .copied()
        .filter(|one| takes_value(one) && one.get_help_heading().is_none())
        .collect();
    let mut values: Vec<(&Arg, &str)> = Vec::new();
    let mut places = slots.iter();
    for argument in arguments {
        let parameter = match &argument.key {
            Some(key) => keyed(task, &parameters, key)?,
            None if argument.value.is_empty() => {
                return Err(Unreadable::Empty { task: task.name() });
            }
            None => places.next().ok_or_else(|| Unreadable::TooMany {
                task: task.name(),
                most: slots.len(),
                value: argument.value.clone(),
            })?,
        };
        if values
            .iter()
            .any(|(known, _)| known.get_id() == parameter.get_id())
        {
            return Err(Unreadable::Twice {
                task: task.name(),
                key: parameter.get_id().to_string(),
            });
        }
        values.push((parameter, &argument.value));
    }
    Ok(values)
}

fn keyed<'a>(task: &Listed, parameters: &[&'a Arg], key: &str) -> Result<&'a Arg, Unreadable> {
    let wanted = key.replace('-', "_");
    if let Some(found) = parameters
        .iter()
        .find(|one| one.get_id() == wanted.as_str())
    {
        return Ok(found);
    }
    let (task, key) = (task.name(), key.to_owned());
    if HOST_KEYS.contains(&key.as_str()) {
        return Err(Unreadable::Hosts { task, key });
    }
    let known = parameters.iter().map(|one| one.get_id().as_str());
    let nearest = nearest(&key, known);
    Err(Unreadable::UnknownKey { task, key, nearest })
}

fn spelled(task: &Listed, values: &[(&Arg, &str)]) -> Result<Vec<String>, Unreadable> {
    let mut options = Vec::new();
    let mut positional = Vec::new();
    let mut skipped = None;
    for parameter in task.parameters() {
        let given = values
            .iter()
            .find(|(one, _)| one.get_id() == parameter.get_id());
        let key = parameter.get_id().to_string();
        match (parameter.get_long(), given) {
            (None, Some(_)) if skipped.is_some() => {
                let key = skipped.unwrap_or_default();
                return Err(Unreadable::Missing {
                    task: task.name(),
                    key,
                });
            }
            (None, Some((_, value))) => positional.push((*value).to_owned()),
            (None, None) => skipped = skipped.or(Some(key)),
            (Some(_), None) => {}
            (Some(long), Some((_, value))) if takes_value(parameter) => {
                options.push(format!("--{long}={value}"));
            }
            (Some(long), Some((_, value))) => match *value {
                "true" | "yes" | "1" | "on" => options.push(format!("--{long}")),
                "false" | "no" | "0" | "off" => {}
                other => {
                    return Err(Unreadable::NotASwitch {
                        task: task.name(),
                        key,
                        value: other.to_owned(),
                    });
                }
            },
        }
    }
    if positional.iter().any(|value| value.starts_with('-')) {
        options.push("--".to_owned());
    }
    options.extend(positional);
    Ok(options)
}
