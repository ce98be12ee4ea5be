"""The files: one a run, one line an entry."""

import json
import os
import re
import threading
import time

# A test of a day with thousands of jobs has its place in one run, and all runs together a small part of a small disk.
RUN_BYTES_MAX = 4 << 20
TOTAL_BYTES_MAX = 64 << 20
RUNS_MAX = 200

# Long enough to look at the run of last week.
KEEP_S = 14 * 24 * 3600

NAME = re.compile("[0-9a-f]{32}")


class Full(Exception):
    """There is no room for one more line."""


class Store:
    """All runs below one folder. One process has it for itself."""

    def __init__(self, folder, clock=time.time):
        self.folder = folder
        self.clock = clock
        self.lock = threading.Lock()
        self.runs = {}
        os.makedirs(folder, exist_ok=True)
        for name in filter(NAME.fullmatch, os.listdir(folder)):
            self.runs[name] = Run(os.path.join(folder, name))

    def add(self, entry, host):
        """Write the entry down, once; when this returns it is on the disk."""
        with self.lock:
            run = self.runs.get(entry.run) or self._new(entry.run)
            if entry.key in run.keys():
                return
            line = json.dumps({
                "at_ms": int(self.clock() * 1000),
                "job": entry.job,
                "event": entry.event,
                "attempt": entry.attempt,
                "host": host,
            }).encode() + b"\n"
            if run.size + len(line) > RUN_BYTES_MAX:
                raise Full(f"a run has at most {RUN_BYTES_MAX} bytes")
            if sum(one.size for one in self.runs.values()) + len(line) > TOTAL_BYTES_MAX:
                raise Full(f"all runs together have at most {TOTAL_BYTES_MAX} bytes")
            run.append(entry.key, line)

    def lines(self, name):
        """All lines of a run; none of one that nobody told of."""
        with self.lock:
            run = self.runs.get(name)
            return run.read() if run else b""

    def _new(self, name):
        self._forget_old()
        if len(self.runs) >= RUNS_MAX:
            raise Full(f"there are {RUNS_MAX} runs")
        run = Run(os.path.join(self.folder, name))
        # The file's name has to outlive a power cut as well as its lines.
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.runs[name] = run
        return run

    def _forget_old(self):
        for name, run in list(self.runs.items()):
            if self.clock() - run.changed_at() > KEEP_S:
                os.remove(run.path)
                del self.runs[name]


class Run:
    """One file."""

    def __init__(self, path):
        self.path = path
        self._keys = None
        with open(path, "ab") as file:
            self.size = file.tell()

    def keys(self):
        """What is written already; read from the file when first asked for."""
        if self._keys is None:
            self._repair()
            entries = [json.loads(line) for line in self.read().splitlines()]
            self._keys = {(entry["job"], entry["event"], entry["attempt"]) for entry in entries}
        return self._keys

    def append(self, key, line):
        try:
            with open(self.path, "ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            # Part of the line may be there: look before the next one.
            self._keys = None
            raise
        self.size += len(line)
        self._keys.add(key)

    def read(self):
        with open(self.path, "rb") as file:
            text = file.read()
        return text[:text.rfind(b"\n") + 1]

    def changed_at(self):
        return os.stat(self.path).st_mtime

    def _repair(self):
        """A power cut may leave part of a line, which nobody was told is written."""
        self.size = len(self.read())
        with open(self.path, "r+b") as file:
            file.truncate(self.size)
            # A line that was written but failed to reach the disk is about to count as written.
            os.fsync(file.fileno())
