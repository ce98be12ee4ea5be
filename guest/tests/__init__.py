"""Tests of the pure parts; run from guest/ with `python3 -m unittest`."""

import pathlib
import sys

GUEST = pathlib.Path(__file__).resolve().parent.parent
FILES = GUEST.parent / "puppet/ptero/files"
sys.path[:0] = [str(GUEST), str(FILES / "agent"), str(FILES / "ledger")]
