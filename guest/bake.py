#!/usr/bin/env python3
"""Makes images: one line of JSON on stdin, events as JSON lines on stdout.

Stdin stays open as long as whoever wants the images lives: its end is the end
of the work (exit code 3).

The work itself is done by a child in mount and PID namespaces of its own, so
that however this program ends, no process, mount or loop device outlives it.
Exit code: 0 all recipes built, 1 some failed, 2 the job could not be started.
"""

import json
import os
import sys
import threading

from bakery import events, job, oven, sandbox


def main():
    if sys.argv[1:] == ["--inside"]:
        return inside()
    return sandbox.run([sys.executable, __file__, "--inside"])


def inside():
    try:
        todo = job.parse(json.loads(sys.stdin.readline()))
    except (ValueError, KeyError, TypeError) as problem:
        print(f"bake: bad job: {problem!r}", file=sys.stderr)
        return 2
    # For the base images; what runs inside an image gets an environment of its own.
    os.environ.update(todo.downloads.proxies())
    threading.Thread(target=stop_at_end_of_input, daemon=True).start()
    try:
        return oven.bake(todo, events.Events(sys.stdout))
    except oven.Busy as problem:
        print(f"bake: {problem}", file=sys.stderr)
        return 2


def stop_at_end_of_input():
    """Ends this process, the first of its PID namespace, and so all others."""
    while sys.stdin.read(1):
        pass
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
