//! One entry into the text of a clouds.yaml, line by line, so that comments and order of everything else survive.

/// The text with the entry `name` added or replaced. The error tells why it cannot be done line by line.
pub(crate) fn merge(text: &str, name: &str, entry: &[String]) -> Result<String, String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let start = clouds_line(&mut lines)?;
    let end = block_end(&lines, start, 0);
    let indent = (start + 1..end)
        .find(|at| is_content(&lines[*at]))
        .map_or(2, |at| indent_of(&lines[at]));
    let pad = " ".repeat(indent);
    let mut block = vec![format!("{pad}{name}:")];
    block.extend(entry.iter().map(|line| format!("{pad}  {line}")));
    let same = |line: &str| {
        line.trim()
            .split_once(':')
            .is_some_and(|(key, _)| key.trim().trim_matches(['"', '\'']) == name)
    };
    let found = (start + 1..end).find(|at| {
        is_content(&lines[*at]) && indent_of(&lines[*at]) == indent && same(&lines[*at])
    });
    match found {
        Some(at) => {
            let until = block_end(&lines, at, indent);
            lines.splice(at..until, block);
        }
        None => {
            lines.splice(end..end, block);
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// Index of the line `clouds:`, added at the end when there is none.
fn clouds_line(lines: &mut Vec<String>) -> Result<usize, String> {
    let Some(at) = lines.iter().position(|line| {
        line.starts_with("clouds:")
            || line.starts_with("\"clouds\":")
            || line.starts_with("'clouds':")
    }) else {
        if let Some(odd) = lines.iter().find(|line| line.starts_with(['{', '['])) {
            return Err(format!(
                "cannot add a cloud to `{odd}`: write the file in block style, one key per line"
            ));
        }
        lines.push("clouds:".to_owned());
        return Ok(lines.len() - 1);
    };
    let value = lines[at]
        .split_once(':')
        .map_or("", |(_, value)| value.trim());
    if value == "{}" {
        "clouds:".clone_into(&mut lines[at]);
    } else if !value.is_empty() && !value.starts_with('#') {
        return Err(format!(
            "cannot add a cloud to `{}`: write the file in block style, one key per line",
            lines[at]
        ));
    }
    Ok(at)
}

/// The first line after the block that starts at `start`, trailing blank lines and comments left out of it.
fn block_end(lines: &[String], start: usize, indent: usize) -> usize {
    let next = (start + 1..lines.len())
        .find(|at| is_content(&lines[*at]) && indent_of(&lines[*at]) <= indent);
    let mut end = next.unwrap_or(lines.len());
    while end > start + 1 && !is_content(&lines[end - 1]) {
        end -= 1;
    }
    end
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_content(line: &str) -> bool {
    let text = line.trim();
    !text.is_empty() && !text.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[track_caller]
    fn case(before: &str, after: &str) {
        let entry = ["auth:".to_owned(), "  password: x".to_owned()];
        let merged = merge(before, "devcloud", &entry).unwrap();
        assert_eq!(merged, after);
        assert_eq!(
            merge(&merged, "devcloud", &entry).unwrap(),
            after,
            "a second merge changes nothing"
        );
    }

    const ENTRY: &str = "  devcloud:\n    auth:\n      password: x\n";

    #[test]
    fn an_empty_file_gets_the_entry() {
        case("", &format!("clouds:\n{ENTRY}"));
        case("clouds: {}\n", &format!("clouds:\n{ENTRY}"));
        case(
            "# mine\ncache:\n  x: 1\n",
            &format!("# mine\ncache:\n  x: 1\nclouds:\n{ENTRY}"),
        );
    }

    #[test]
    fn other_entries_stay_as_they_are() {
        let others = "# top\nclouds:\n  # work\n  work:\n    auth: {a: b}   # odd  spacing\n";
        case(others, &format!("{others}{ENTRY}"));
        case(
            &format!("{others}\ncache:\n  y: 2\n"),
            &format!("{others}{ENTRY}\ncache:\n  y: 2\n"),
        );
    }

    #[test]
    fn an_old_entry_is_replaced_in_its_place() {
        case(
            "clouds:\n  \"devcloud\":\n    auth:\n      old: 1\n    # inner\n    more: 2\n\n  # of other\n  other:\n    a: 1\n",
            &format!("clouds:\n{ENTRY}\n  # of other\n  other:\n    a: 1\n"),
        );
    }

    #[test]
    fn the_indent_of_the_file_is_kept() {
        case(
            "clouds:\n    a:\n        b: 1\n",
            "clouds:\n    a:\n        b: 1\n    devcloud:\n      auth:\n        password: x\n",
        );
    }

    #[test]
    fn a_name_that_only_begins_alike_is_another() {
        let other = "clouds:\n  devcloud-admin:\n    auth: 1\n";
        case(other, &format!("{other}{ENTRY}"));
    }

    #[test]
    fn flow_style_is_refused() {
        assert!(
            merge("clouds: {a: {}}\n", "devcloud", &[])
                .unwrap_err()
                .contains("block style")
        );
        assert!(merge("{clouds: {}}\n", "devcloud", &[]).is_err());
    }
}
