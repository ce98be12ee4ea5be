//! The one way to git: a tag into a commit, and a commit into a tar file. The
//! operator's own git does it, so that private repositories work with the
//! credentials the operator already has.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::name::{Tag, is_commit};

/// A repository that does not answer at all must not hold the program: git
/// itself waits for ever on a host that drops packets.
const LS_REMOTE_DEADLINE: Duration = Duration::from_secs(60);

/// A first fetch of a large history over a slow line; beyond this it hangs.
const FETCH_DEADLINE: Duration = Duration::from_secs(900);

/// What git could not do, in its own words.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be started.
    #[error("`git` could not be started (is it installed?)")]
    Start(#[source] std::io::Error),
    /// git ended with an error.
    #[error("git {action} of `{repo}` failed: {stderr}")]
    Failed {
        /// What was asked, e.g. `ls-remote`.
        action: &'static str,
        /// The repository's URL or path.
        repo: String,
        /// What git said.
        stderr: String,
    },
    /// git did not end in time.
    #[error("git {action} of `{repo}` did not answer within {seconds} s")]
    TimedOut {
        /// What was asked.
        action: &'static str,
        /// The repository's URL or path.
        repo: String,
        /// The deadline.
        seconds: u64,
    },
    /// The repository has no such branch or tag.
    #[error("`{repo}` has no tag or branch `{tag}`")]
    UnknownTag {
        /// The repository's URL or path.
        repo: String,
        /// What was asked for.
        tag: String,
    },
    /// The cache of clones cannot be written.
    #[error("cannot write `{path}`")]
    Cache {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A git command with everything fixed that could surprise: no prompt, no
/// hooks, no `ext::` transport (it runs commands), the C locale.
fn git() -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(["-c", "protocol.ext.allow=never"])
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run(
    mut command: Command,
    action: &'static str,
    repo: &str,
    deadline: Duration,
) -> Result<String, GitError> {
    let output = timeout(deadline, command.output())
        .await
        .map_err(|_| GitError::TimedOut {
            action,
            repo: repo.to_owned(),
            seconds: deadline.as_secs(),
        })?
        .map_err(GitError::Start)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(GitError::Failed {
        action,
        repo: repo.to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The commit that `tag` (a tag, else a branch) names in `repo` right now. A
/// full commit id names itself.
pub async fn resolve(repo: &str, tag: &Tag) -> Result<String, GitError> {
    if is_commit(tag.as_str()) {
        return Ok(tag.as_str().to_owned());
    }
    let mut command = git();
    command.args(["ls-remote", "--", repo]);
    command.args(candidates(tag));
    let listing = run(command, "ls-remote", repo, LS_REMOTE_DEADLINE).await?;
    pick(&listing, tag).ok_or_else(|| GitError::UnknownTag {
        repo: repo.to_owned(),
        tag: tag.to_string(),
    })
}

/// The refs that `tag` may mean, the one to prefer first: an annotated tag's
/// commit, a plain tag, a branch.
fn candidates(tag: &Tag) -> [String; 3] {
    [
        format!("refs/tags/{tag}^{{}}"),
        format!("refs/tags/{tag}"),
        format!("refs/heads/{tag}"),
    ]
}

fn pick(listing: &str, tag: &Tag) -> Option<String> {
    let refs: Vec<(&str, &str)> = listing
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    candidates(tag).iter().find_map(|wanted| {
        refs.iter()
            .find(|(_, name)| name == wanted)
            .map(|(commit, _)| (*commit).to_owned())
    })
}

/// Writes the tree of `commit` of `repo`, or its `folder`, as a plain tar file to
/// `to`, through a bare clone kept below `cache`, which later calls only bring up
/// to date.
pub async fn archive(
    repo: &str,
    commit: &str,
    folder: Option<&str>,
    cache: &Path,
    to: &Path,
) -> Result<(), GitError> {
    let clone = cache.join(&blake3::hash(repo.as_bytes()).to_hex()[..16]);
    if !has_commit(&clone, commit).await {
        fetch(repo, commit, &clone).await?;
    }
    let tree = folder.map_or_else(|| commit.to_owned(), |folder| format!("{commit}:{folder}"));
    let mut command = git();
    command.arg("--git-dir").arg(&clone);
    command
        .args(["archive", "--format=tar", "-o"])
        .arg(to)
        .arg(tree);
    run(command, "archive", repo, FETCH_DEADLINE)
        .await
        .map(drop)
}

async fn has_commit(clone: &Path, commit: &str) -> bool {
    let mut command = git();
    command.arg("--git-dir").arg(clone);
    command.args(["cat-file", "-e", &format!("{commit}^{{commit}}")]);
    run(command, "cat-file", "", LS_REMOTE_DEADLINE)
        .await
        .is_ok()
}

async fn init(repo: &str, clone: &Path) -> Result<(), GitError> {
    std::fs::create_dir_all(clone).map_err(|source| unwritable(clone, source))?;
    let mut init = git();
    init.args(["init", "--quiet", "--bare", "--"]).arg(clone);
    run(init, "init", repo, LS_REMOTE_DEADLINE).await.map(drop)
}

fn unwritable(path: &Path, source: std::io::Error) -> GitError {
    GitError::Cache {
        path: path.to_owned(),
        source,
    }
}

/// Fetches into `clone`. Many servers refuse to serve a bare commit id, so all
/// branches and tags are fetched, and the commit is among them or gone.
async fn fetch(repo: &str, commit: &str, clone: &Path) -> Result<(), GitError> {
    if init(repo, clone).await.is_err() {
        // A git that was killed leaves lock files behind; a clone can be had anew.
        std::fs::remove_dir_all(clone).map_err(|source| unwritable(clone, source))?;
        init(repo, clone).await?;
    }
    let mut fetch = git();
    fetch.arg("--git-dir").arg(clone);
    fetch.args(["fetch", "--quiet", "--force", "--prune", "--", repo]);
    fetch.args(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
    run(fetch, "fetch", repo, FETCH_DEADLINE).await?;
    if has_commit(clone, commit).await {
        return Ok(());
    }
    Err(GitError::UnknownTag {
        repo: repo.to_owned(),
        tag: commit.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{is_commit, pick};
    use crate::name::Tag;

    const LISTING: &str =
        "aaa\trefs/heads/v1\nbbb\trefs/tags/v1\nccc\trefs/tags/v1^{}\nddd\trefs/heads/main\n";

    #[track_caller]
    fn case(tag: &str, expected: Option<&str>) {
        let tag = Tag::new(tag).unwrap();
        assert_eq!(pick(LISTING, &tag).as_deref(), expected, "{tag}");
    }

    #[test]
    fn an_annotated_tag_wins_over_its_object_and_over_a_branch() {
        case("v1", Some("ccc"));
        case("main", Some("ddd"));
        case("v", None);
    }

    #[tokio::test]
    async fn a_clone_that_a_killed_git_left_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let clone = folder.path().join("clone");
        std::fs::create_dir(&clone).unwrap();
        std::fs::write(clone.join("config.lock"), "").unwrap();
        let fetched = super::fetch("/no/such/repository", &"0".repeat(40), &clone).await;
        let said = fetched.unwrap_err().to_string();
        assert!(said.starts_with("git fetch of"), "{said}");
        assert!(!clone.join("config.lock").exists());
    }

    #[test]
    fn only_a_full_id_names_itself() {
        assert!(is_commit("0123456789abcdef0123456789abcdef01234567"));
        assert!(!is_commit("0123456"));
        assert!(!is_commit("v1"));
    }
}
