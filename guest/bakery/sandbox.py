"""Runs a command in new mount and PID namespaces that end with this process."""

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1


def run(command):
    """Runs `command`, passing stdin and stdout through, and returns its exit code."""
    if os.geteuid() != 0:
        print("bake: must be run as root", file=sys.stderr)
        return 2
    if not available():
        print("bake: this machine does not allow new mount and PID namespaces", file=sys.stderr)
        return 2
    # `--kill-child`: when `unshare` dies, the first process of the PID namespace dies, and with it all
    # others there; the mounts go with the namespace and the loop devices with the mounts.
    child = subprocess.Popen(unshare() + command, preexec_fn=die_with_parent)

    stopped = []

    def stop(signum, _frame):
        # Nothing of `child` but its number: this runs in the middle of its `wait`.
        stopped.append(signum)
        os.kill(child.pid, signal.SIGKILL)

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, stop)
    code = child.wait()
    if stopped:
        return 128 + stopped[0]
    return code if code >= 0 else 128 - code


def available():
    return subprocess.call(unshare() + ["true"], stderr=subprocess.DEVNULL) == 0


def unshare():
    return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]


def die_with_parent():
    """SIGKILL of the parent cannot be caught, so the kernel is asked to pass it on."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A Ctrl-C in a terminal goes to the parent only, which then ends the child in one way.
    os.setpgid(0, 0)
