"""`python3 -m ptero_ledger FOLDER`."""

import logging
import signal
import sys

from .server import Server
from .store import Store

ADDRESS = ("127.0.0.1", 8405)


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(ADDRESS, Store(sys.argv[1])) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
