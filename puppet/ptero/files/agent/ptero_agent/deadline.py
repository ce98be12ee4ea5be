"""One time limit for all steps of a task, on a clock that nobody sets."""

import time

from .errors import OutOfTime


class Deadline:
    """`given_up`, once set, ends it early: what was asked for is not wanted any more."""

    def __init__(self, seconds, given_up=None):
        self.seconds, self.given_up = seconds, given_up
        self.end = time.monotonic() + seconds

    def left(self):
        if self.given_up is not None and self.given_up.is_set():
            return 0.0
        return max(0.0, self.end - time.monotonic())

    def check(self, doing):
        if not self.left():
            raise OutOfTime(f"not done within {self.seconds} s: {doing}")

    def pause(self, seconds, doing):
        self.check(doing)
        seconds = min(seconds, self.left())
        if self.given_up is None:
            time.sleep(seconds)
        else:
            self.given_up.wait(seconds)
