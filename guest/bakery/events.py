"""Events for the program that started the bake: JSON lines on stdout, from several threads."""

import json
import os
import threading
from collections import deque

# How much of a log goes into a `failed` event: enough to read the cause without opening the file.
TAIL_LINES = 40


class Events:
    def __init__(self, stream):
        self.stream = stream
        self.lock = threading.Lock()

    def emit(self, event, **fields):
        line = json.dumps({"event": event, **fields})
        try:
            with self.lock:
                self.stream.write(line + "\n")
                self.stream.flush()
        except BrokenPipeError:
            # Nobody listens any more: the one who would take the images is gone. Ending this process
            # (the first of its PID namespace) ends all work at once.
            os._exit(1)


class Log:
    """One recipe's log: every line goes to a file and out as an event."""

    def __init__(self, events, recipe, path):
        self.events, self.recipe, self.path = events, recipe, path
        self.recent = deque(maxlen=TAIL_LINES)
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()

    def line(self, text):
        with self.lock:
            self.recent.append(text)
            self.file.write(text + "\n")
            self.file.flush()
        self.events.emit("log", recipe=self.recipe, line=text)

    def tail(self):
        with self.lock:
            return list(self.recent)

    def close(self):
        self.file.close()
