"""One time limit for all steps of a task, on a clock that nobody sets."""

import time

from .errors import OutOfTime


class Deadline:
    def __init__(self, seconds):
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self):
        return max(0.0, self.end - time.monotonic())

    def check(self, doing):
        if not self.left():
            raise OutOfTime(f"not done within {self.seconds} s: {doing}")

    def pause(self, seconds, doing):
        self.check(doing)
        time.sleep(min(seconds, self.left()))
