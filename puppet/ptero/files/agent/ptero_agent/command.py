"""Runs programs under a deadline; keeps the end of what they said; secrets travel in the environment only."""

import os
import selectors
import signal
import subprocess

from .errors import OutOfTime, TaskFailed
from .journal import TAIL_BYTES


def run(command, deadline, doing, environment=None, cwd="/"):
    """Runs to the end and returns the output; a failure carries its tail."""
    child = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, start_new_session=True)
    output = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not deadline.left():
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise OutOfTime(f"not done within {deadline.seconds} s: {doing}", text(output))
            if not ready.select(min(deadline.left(), 1)):
                continue
            chunk = os.read(child.stdout.fileno(), 65536)
            if not chunk:
                break
            output += chunk
            del output[: -4 * TAIL_BYTES]
    child.stdout.close()
    code = child.wait()
    if code != 0:
        raise TaskFailed(f"{doing}: exit code {code}", text(output))
    return text(output)


def text(output):
    return bytes(output).decode(errors="replace")
