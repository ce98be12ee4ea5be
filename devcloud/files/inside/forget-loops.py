"""Removes the loop devices whose numbers are given as arguments: losetup can detach one, but not remove its node."""
import fcntl
import sys

LOOP_CTL_REMOVE = 0x4C81

with open("/dev/loop-control", "rb") as control:
    for number in sys.argv[1:]:
        try:
            fcntl.ioctl(control, LOOP_CTL_REMOVE, int(number))
        except OSError as error:
            print(f"loop{number}: {error}", file=sys.stderr)
