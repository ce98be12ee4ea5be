#!/usr/bin/env python3
"""Makes the git repositories of miniptero's services.

    make_repos.py DIR

DIR/workflow.git and DIR/shell-command.git get one commit and one tag per
release: v1, then the releases named by `versions/`. The same tree gives the
same commit ids on every machine. A second run changes nothing; a DIR that
holds anything else is refused.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ("workflow", "shell-command")
PATCHED_RELEASES = ("v2", "v3-broken")

# A release per day from a fixed one on: dates are part of a commit's id.
_FIRST_DAY_S = 1_700_000_000
_DAY_S = 86_400

_GENERATED = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "*.pyc")


class Refused(Exception):
    """The repositories cannot be made there."""


def main(arguments):
    """Make the repositories and print each tag with its commit."""
    if len(arguments) != 1:
        print("usage: make_repos.py DIR", file=sys.stderr)
        return 2
    try:
        for line in make(Path(arguments[0])):
            print(line)
    except (Refused, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as problem:
        print(f"error: {' '.join(problem.cmd)} failed: {problem.stderr.strip()}", file=sys.stderr)
        return 1
    return 0


def make(directory):
    """Make what is missing in the directory; a line per service and tag."""
    directory = directory.absolute()  # git runs in other directories
    wanted = {f"{service}.git" for service in SERVICES}
    if directory.is_dir():
        # A run that was killed leaves its temporary directory behind.
        for left in directory.glob(".making-*"):
            shutil.rmtree(left)
        others = {entry.name for entry in directory.iterdir()} - wanted
        if others:
            raise Refused(f"{directory} holds something else: {', '.join(sorted(others))}")
    directory.mkdir(parents=True, exist_ok=True)
    lines = []
    with tempfile.TemporaryDirectory(prefix=".making-", dir=directory) as scratch:
        for service in SERVICES:
            new = _repository(service, Path(scratch))
            refs = _refs(new)
            target = directory / f"{service}.git"
            if not target.exists():
                new.rename(target)
            elif _refs(target) != refs:
                raise Refused(f"{target} is another repository, or of another version; remove it first")
            lines += [f"{service} {line}" for line in refs]
    return lines


def _repository(service, scratch):
    """A bare repository of the service with all releases."""
    work = scratch / service
    shutil.copytree(HERE / service, work, ignore=_GENERATED)
    shutil.copytree(HERE / "common", work, ignore=_GENERATED, dirs_exist_ok=True)
    for path in [work, *work.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    _git(work, "init", "--quiet", "--initial-branch=main", "--template=")
    for day, release in enumerate(("v1", *PATCHED_RELEASES)):
        if release != "v1":
            _git(work, "apply", str(HERE / "versions" / release / f"{service}.patch"))
        _git(work, "add", "--all", "--force")
        _git(work, "commit", "--quiet", "--message", f"miniptero {service} {release}", day=day)
        _git(work, "tag", release)
    bare = scratch / f"{service}.git"
    _git(scratch, "clone", "--quiet", "--bare", "--no-hardlinks", "--template=", str(work), str(bare))
    # A path of this machine says nothing to whoever clones it.
    _git(bare, "remote", "remove", "origin")
    return bare


def _refs(repository):
    """The tags with their commits, e.g. `v1 0123…`; nothing if it is no repository."""
    try:
        listing = _git(repository, "--git-dir=.", "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/tags")
    except subprocess.CalledProcessError:
        return []
    return listing.split("\n")


def _git(directory, *arguments, day=0):
    """Run git without the user's or the system's configuration."""
    when = f"{_FIRST_DAY_S + day * _DAY_S} +0000"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.autocrlf",
        "GIT_CONFIG_VALUE_0": "false",
        "GIT_CONFIG_KEY_1": "core.excludesFile",
        "GIT_CONFIG_VALUE_1": "/dev/null",
        "GIT_AUTHOR_NAME": "miniptero",
        "GIT_AUTHOR_EMAIL": "miniptero@example.org",
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": "miniptero",
        "GIT_COMMITTER_EMAIL": "miniptero@example.org",
        "GIT_COMMITTER_DATE": when,
    }
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
