"""What may be asked: pure, and as strict as the gateway before it."""

import re
from dataclasses import dataclass

READ = re.compile(r"/-/ledger/([0-9a-f]{32})")
WRITE = re.compile(r"/-/ledger/([0-9a-f]{32})/([a-z0-9-]{1,64})/(submit|start|end)/([0-9a-f]{32})")
HOST = re.compile(r"[A-Za-z0-9.-]{0,253}")


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a job."""

    run: str
    job: str
    event: str
    attempt: str

    @property
    def key(self):
        """Two entries with the same key are one, sent again."""
        return self.job, self.event, self.attempt


def read(path):
    """The run that is asked for, or None where nothing of ours is."""
    found = READ.fullmatch(path)
    return found and found.group(1)


def write(path):
    """The entry that is told, or None where nothing of ours is."""
    found = WRITE.fullmatch(path)
    return found and Entry(*found.groups())


def host(body):
    """The name of the machine that tells, as a body has it; None where it is no name."""
    text = body.decode("ascii", errors="replace").strip()
    return text if HOST.fullmatch(text) else None
