//! Data on standard output: rows or one object, as a table with
//! openstackclient's borders, JSON, YAML or bare values.

use comfy_table::Table;
use serde_json::{Map, Value};

/// The formats of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Bordered text.
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Bare values, one row per line.
    Value,
}

/// What of the data is printed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The format.
    pub format: Format,
    /// Indices of the wanted columns, in the order of printing.
    pub columns: Vec<usize>,
}

/// The border of openstackclient's tables.
const BORDER: &str = "||--+-++|    ++++++";

/// Many things of one kind: a row each, in the columns that `names` lists.
pub fn rows(names: &[&str], rows: &[Vec<Value>], shape: &Shape) -> String {
    let pick = |row: &[Value]| -> Vec<Value> {
        let wanted = shape.columns.iter();
        wanted
            .map(|at| row.get(*at).cloned().unwrap_or_default())
            .collect()
    };
    let names: Vec<&str> = shape.columns.iter().map(|at| names[*at]).collect();
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| pick(row)).collect();
    match shape.format {
        Format::Table => {
            let mut table = bordered(&names);
            for row in &rows {
                table.add_row(row.iter().map(plain));
            }
            format!("{table}\n")
        }
        Format::Value => rows
            .iter()
            .map(|row| row.iter().map(plain).collect::<Vec<_>>().join(" ") + "\n")
            .collect(),
        Format::Json | Format::Yaml => {
            let objects = rows.into_iter().map(|row| object(&names, row)).collect();
            document(&Value::Array(objects), shape.format)
        }
    }
}

/// One thing: a field per line.
pub fn fields(names: &[&str], values: &[Value], shape: &Shape) -> String {
    let pairs = || {
        let wanted = shape.columns.iter();
        wanted.map(|at| (names[*at], values.get(*at).cloned().unwrap_or_default()))
    };
    match shape.format {
        Format::Table => {
            let mut table = bordered(&["Field", "Value"]);
            for (name, value) in pairs() {
                table.add_row([name.to_owned(), plain(&value)]);
            }
            format!("{table}\n")
        }
        Format::Value => pairs().map(|(_, value)| plain(&value) + "\n").collect(),
        Format::Json | Format::Yaml => {
            let (names, values): (Vec<&str>, Vec<Value>) = pairs().unzip();
            document(&object(&names, values), shape.format)
        }
    }
}

/// A whole document as JSON, or as YAML for every other format.
#[expect(
    clippy::missing_panics_doc,
    reason = "every JSON value is a YAML value"
)]
pub fn document(value: &Value, format: Format) -> String {
    if format == Format::Json {
        return format!("{value:#}\n");
    }
    serde_saphyr::to_string(value).expect("a JSON value has no keys but strings")
}

fn object(names: &[&str], values: Vec<Value>) -> Value {
    let pairs = names.iter().map(|name| (*name).to_owned()).zip(values);
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn plain(value: &Value) -> String {
    match value {
        // As openstackclient writes it: an empty word would shift the columns
        // of whoever reads values by their place.
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn bordered(names: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(BORDER).set_header(names.to_vec());
    table
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Format, Shape, fields, rows};

    fn data() -> Vec<Vec<Value>> {
        vec![
            vec![json!("web"), json!(2), Value::Null],
            vec![json!("a: b"), json!(10), json!(["x", "y"])],
        ]
    }

    #[track_caller]
    fn case(format: Format, columns: &[usize], expected: &str) {
        let columns = columns.to_vec();
        let names = ["Name", "Count", "Tags"];
        assert_eq!(rows(&names, &data(), &Shape { format, columns }), expected);
    }

    #[test]
    fn a_table_has_openstackclient_s_borders() {
        case(
            Format::Table,
            &[0, 1],
            "\
+------+-------+
| Name | Count |
+------+-------+
| web  | 2     |
| a: b | 10    |
+------+-------+
",
        );
    }

    #[test]
    fn values_stand_alone() {
        case(Format::Value, &[0, 2], "web None\na: b [\"x\",\"y\"]\n");
        case(Format::Value, &[1], "2\n10\n");
    }

    #[test]
    fn json_and_yaml_keep_types_and_order() {
        let json = "[\n  {\n    \"Name\": \"web\",\n    \"Tags\": null\n  },\n  {\n    \"Name\": \"a: b\",\n    \"Tags\": [\n      \"x\",\n      \"y\"\n    ]\n  }\n]\n";
        case(Format::Json, &[0, 2], json);
        case(
            Format::Yaml,
            &[0, 1],
            "- Name: web\n  Count: 2\n- Name: \"a: b\"\n  Count: 10\n",
        );
    }

    #[test]
    fn one_thing_is_a_field_per_line() {
        let names = ["Name", "Count"];
        let print = |format| {
            let columns = vec![0, 1];
            fields(
                &names,
                &[json!("web"), json!(2)],
                &Shape { format, columns },
            )
        };
        assert_eq!(print(Format::Value), "web\n2\n");
        assert_eq!(print(Format::Yaml), "Name: web\nCount: 2\n");
        assert!(print(Format::Table).contains("| Count | 2     |"));
    }
}
