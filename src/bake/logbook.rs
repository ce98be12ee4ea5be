//! Logs of builds, kept on this host: a file per recipe, so that a failed build
//! can be read after its machine is gone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The logs of one run.
pub struct Logbook {
    folder: PathBuf,
    files: HashMap<String, File>,
}

impl Logbook {
    /// Opens the logs of a run below `folder`; what an earlier run for the same
    /// tag wrote is overwritten recipe by recipe.
    pub fn open(folder: &Path, tag: &str) -> io::Result<Self> {
        let folder = folder.join(tag.replace('/', "_"));
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            files: HashMap::new(),
        })
    }

    /// Adds a line to a recipe's log. A full disk must not end a build, so
    /// nothing is said about it.
    pub fn line(&mut self, recipe: &str, line: &str) {
        if !self.files.contains_key(recipe) {
            let Ok(file) = File::create(self.path(recipe)) else {
                return;
            };
            self.files.insert(recipe.to_owned(), file);
        }
        if let Some(file) = self.files.get_mut(recipe) {
            let _ = writeln!(file, "{line}");
        }
    }

    /// Where the log of a recipe is.
    pub fn path(&self, recipe: &str) -> PathBuf {
        self.folder.join(format!("{recipe}.log"))
    }
}

#[cfg(test)]
mod tests {
    use super::Logbook;

    #[test]
    fn each_recipe_has_its_file_and_a_new_run_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["old", "new"] {
            let mut book = Logbook::open(dir.path(), "feature/x").unwrap();
            book.line("workflow", text);
        }
        let text = std::fs::read_to_string(dir.path().join("feature_x/workflow.log")).unwrap();
        assert_eq!(text, "new\n");
    }
}
