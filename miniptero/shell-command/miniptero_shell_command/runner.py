"""Runs one command line as its user; knows nothing of databases and queues."""

import ctypes
import os
import pwd
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from miniptero_common import settings

_CHILD_POLLING_S = settings.number("PTERO_SHELL_COMMAND_CHILD_POLLING_INTERVAL", 0.1)
_KILL_S = settings.number("PTERO_SHELL_COMMAND_KILL_INTERVAL", 10)

# More than this travels badly through broker and database.
_OUTPUT_BYTES_MAX = 1 << 20

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Refused(Exception):
    """The job cannot be started as it was asked for."""


@dataclass
class Ended:
    """How the command ended; a signal is a negative exit code."""

    exit_code: int
    stdout: str
    stderr: str


def run(document, go_on, polling_s):
    """Run the job to its end; stop it when `go_on()` says no.

    Output goes to files, so a job can write any amount of it and leave
    children behind without blocking anybody.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(document.get("stdin", "").encode())
        stdin.seek(0)
        child = _start(document, stdin, stdout, stderr)
        try:
            _wait(child, go_on, polling_s)
        except BaseException:
            # An orphan would run on beside the next try of its job.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        return Ended(child.returncode, _text(stdout), _text(stderr))


def _start(document, stdin, stdout, stderr):
    account = _account(document["user"])
    directory = document["workingDirectory"]
    identity = {}
    if os.geteuid() == 0:
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}

    def prepare():
        # As the user: entering the directory is subject to his rights. A job
        # dies with its worker, so that it never runs beside its own repetition.
        os.chdir(directory)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    try:
        return subprocess.Popen(
            document["commandLine"],
            env=document.get("environment", {}),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            umask=int(document.get("umask", "-1"), 8),
            start_new_session=True,
            preexec_fn=prepare,
            **identity,
        )
    except subprocess.SubprocessError as problem:
        raise Refused(f"cannot enter the directory {directory} as {account.pw_name}") from problem
    except (OSError, ValueError) as problem:
        raise Refused(f"cannot run the command: {problem}") from problem


def _account(user):
    try:
        account = pwd.getpwnam(user)
    except KeyError as problem:
        raise Refused(f"no such user: {user}") from problem
    if account.pw_uid == 0:
        raise Refused("jobs do not run as root")
    if os.geteuid() not in (0, account.pw_uid):
        raise Refused(f"this worker cannot run jobs as {user}")
    return account


def _wait(child, go_on, polling_s):
    asked_at = time.monotonic()
    kill_at = None
    while True:
        try:
            child.wait(timeout=_CHILD_POLLING_S)
            return
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        if kill_at is not None:
            if now >= kill_at:
                os.killpg(child.pid, signal.SIGKILL)
        elif now - asked_at >= polling_s:
            asked_at = now
            if not go_on():
                os.killpg(child.pid, signal.SIGTERM)
                kill_at = now + _KILL_S


def _text(file):
    file.seek(0)
    data = file.read(_OUTPUT_BYTES_MAX + 1)
    if len(data) > _OUTPUT_BYTES_MAX:
        data = data[:_OUTPUT_BYTES_MAX] + b"\n[output cut here]\n"
    # PostgreSQL's text holds no NUL.
    return data.decode(errors="replace").replace("\0", "\ufffd")
