"""Asks for this server's metadata again where cloud-init found none.

cloud-init gives a source up at the first error of the cloud's metadata service (a 502 or 504 of a busy proxy), or when
DHCP is late, and then boots the server without a name or credentials. Such a server is never ready, and takes the whole
change of the stack back with it.
"""

import logging
import subprocess
import sys
import time

# cloud-init's own note of where its data comes from, by the name of its class.
SOURCE = "/var/lib/cloud/instance/datasource"
NONE = "DataSourceNone"
# Leaves of the 900 s that a server has by default the time to be configured.
TRY_FOR_S = 600
# A service that refuses at once is not asked in a loop.
PAUSE_S = 10
# One try asks for as long as the base image's `max_wait` says, 120 s in the embedded cloud's. None may hang for good.
TRY_S = 240
log = logging.getLogger("ptero-metadata")


def found():
    try:
        with open(SOURCE, encoding="utf-8") as note:
            return not note.read().startswith(NONE)
    except OSError:
        return False


def run(*words):
    try:
        return subprocess.run(["cloud-init", *words], timeout=TRY_S, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        log.warning("cloud-init %s took more than %s s", words[0], TRY_S)
        return False


def insist():
    """Whether there is metadata in the end."""
    end = time.monotonic() + TRY_FOR_S
    while not found():
        if time.monotonic() > end:
            log.error("this server got no metadata from the cloud in %s s", TRY_FOR_S)
            return False
        log.warning("cloud-init found no metadata; asking again")
        time.sleep(PAUSE_S)
        # Without the first, it trusts what it kept: that there is none.
        run("clean")
        run("init")
    return True


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    sys.exit(0 if insist() else 1)
