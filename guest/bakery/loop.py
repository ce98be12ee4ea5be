"""Loop devices without udev or losetup: any free node that exists is taken.

A build machine that is a container has only the nodes made for it, and shares
the kernel's numbering with everybody else: what `losetup -f` proposes may have
no node there. Each device is set to clear itself when its last user is gone, so
unmounting, or dying, is all the clean-up there is.
"""

import errno
import fcntl
import glob
import os
import re
import struct
import time

LOOP_SET_FD = 0x4C00
LOOP_CLR_FD = 0x4C01
LOOP_SET_STATUS64 = 0x4C04
LOOP_CTL_GET_FREE = 0x4C82
AUTOCLEAR = 4
# Other recipes and other machines on this kernel give devices back within seconds of shrinking an image.
WAIT_S = 120


class Loop:
    """A device on `path`; while the object is open the device is held even when not mounted."""

    def __init__(self, path, offset=0, size=0):
        self.handle, self.device = attach(path, offset, size)

    def __enter__(self):
        return self.device

    def __exit__(self, *_):
        os.close(self.handle)


def attach(path, offset, size):
    backing = os.open(path, os.O_RDWR)
    try:
        deadline = time.monotonic() + WAIT_S
        while True:
            for device in nodes():
                handle = take(device, backing, offset, size)
                if handle is not None:
                    return handle, device
            if not ask_for_node() and time.monotonic() > deadline:
                raise OSError(errno.EBUSY, "no free loop device", path)
            time.sleep(0.5)
    finally:
        os.close(backing)


def nodes():
    return sorted(glob.glob("/dev/loop[0-9]*"), key=lambda name: int(re.sub(r"\D", "", name) or 0))


def take(device, backing, offset, size):
    try:
        handle = os.open(device, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.ioctl(handle, LOOP_SET_FD, backing)
    except OSError:
        # In use, by somebody who may be outside this machine.
        os.close(handle)
        return None
    # struct loop_info64: device, inode, rdevice, offset, sizelimit, number, encryption, key size, flags, ...
    info = struct.pack("<QQQQQIIII", 0, 0, 0, offset, size, 0, 0, 0, AUTOCLEAR).ljust(232, b"\0")
    for _attempt in range(50):
        try:
            fcntl.ioctl(handle, LOOP_SET_STATUS64, info)
            return handle
        except OSError as problem:
            if problem.errno != errno.EAGAIN:
                break
            time.sleep(0.05)
    fcntl.ioctl(handle, LOOP_CLR_FD)
    os.close(handle)
    return None


def ask_for_node():
    """Lets the kernel make one more device, where this machine may do so. Its node appears by itself or never."""
    try:
        control = os.open("/dev/loop-control", os.O_RDWR)
    except OSError:
        return False
    try:
        number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
    except OSError:
        return False
    finally:
        os.close(control)
    return number >= 0 and os.path.exists(f"/dev/loop{number}")
