"""What a member looks at once in a while, for as long as it lives."""

import time

from . import tasks

# A drain waits for a look that is under way.
LOOK_LONGEST_S = 4


class Watch:
    """Gives the boot documents of this machine to `look`, every so many seconds."""

    def __init__(self, look, every_s, first_s=0):
        self.look, self.every_s = look, every_s
        self.next = time.monotonic() + first_s

    def turn(self, deployments):
        """Looks if it is time to."""
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + self.every_s
        for document in filter(None, map(tasks.boot_of, deployments)):
            self.look(document)


def turn(watches, deployments):
    """A member that goes does nothing else any more."""
    if not any(tasks.is_drain(one) for one in deployments):
        for watch in watches:
            watch.turn(deployments)
