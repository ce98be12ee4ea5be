"""The end of a unit's log: the evidence that travels with a failed deployment."""

import subprocess

# Heat keeps what is signalled in its database and shows it in events.
TAIL_BYTES = 8192


def tail(unit):
    done = subprocess.run(["journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=200", f"--unit={unit}"],
                          capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def cut(text, size=TAIL_BYTES):
    """The last `size` bytes, from the beginning of a line where there is one."""
    data = text.encode()
    if len(data) <= size:
        return text
    data = data[-size:]
    _, newline, rest = data.partition(b"\n")
    return (rest if newline else data).decode(errors="replace")
