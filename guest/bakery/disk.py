"""Where the root file system lies inside a raw image, and its size: copy, grow, shrink, hash.

Two shapes are known: an ext4 file system that is the whole file (what becomes of
it can be shrunk), and a disk with a partition table (kept whole, as its boot
loader lives outside the partition).
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import threading

GIB = 1 << 30
SECTOR = 512
EXT_MAGIC_OFFSET = 1024 + 56
# Room left after shrinking: what is written at the first boot, before the file system grows to its disk.
SLACK_BYTES = 128 << 20
# Two bases may ask at once; and a machine that has just booted may be looking for updates by itself.
INSTALLING = threading.Lock()
PATIENCE = ("-o", "DPkg::Lock::Timeout=300")
LINUX_TYPES = {
    "83",
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
}


class Problem(Exception):
    pass


def is_qcow2(path):
    with open(path, "rb") as image:
        return image.read(4) == b"QFI\xfb"


def is_bare_ext(path):
    with open(path, "rb") as image:
        image.seek(EXT_MAGIC_OFFSET)
        return image.read(2) == b"\x53\xef"


def to_raw(source, target):
    """Copies `source` to `target` as a sparse raw file."""
    if is_qcow2(source):
        need("qemu-img", "qemu-utils")
        run(["qemu-img", "convert", "-O", "raw", source, target])
    else:
        run(["cp", "--reflink=auto", "--sparse=always", source, target])


def root_area(path):
    """Offset and size in bytes of the root file system; size 0 = to the end of the file."""
    if is_bare_ext(path):
        return 0, 0
    need("sfdisk", "fdisk")
    partition = root_partition(path)
    return partition["start"] * SECTOR, partition["size"] * SECTOR


def root_partition(path):
    table = json.loads(run(["sfdisk", "--json", path]))["partitiontable"]
    linux = [entry for entry in table.get("partitions", []) if entry["type"].upper() in LINUX_TYPES]
    if not linux:
        raise Problem("the base image has neither an ext4 file system nor a Linux partition")
    return max(linux, key=lambda entry: entry["size"])


def grow(path, gib):
    """Makes the root file system as large as the image is to be while it is worked on."""
    size = gib * GIB
    if os.path.getsize(path) >= size:
        return
    os.truncate(path, size)
    if is_bare_ext(path):
        check(path)
        run(["resize2fs", path])
        return
    need("sfdisk", "fdisk")
    partition = root_partition(path)
    number = re.search(r"(\d+)$", partition["node"]).group(1)
    if partition["start"] == max(entry["start"] for entry in
                                 json.loads(run(["sfdisk", "--json", path]))["partitiontable"]["partitions"]):
        # A GPT keeps a copy at the end of the disk, which has just moved; a DOS table has none.
        subprocess.run(["sfdisk", "--relocate", "gpt-bak-std", path], capture_output=True, check=False)
        run(["sfdisk", "--no-reread", "-N", number, path], stdin=", +\n")


def resize_to_device(device):
    check(device)
    run(["resize2fs", device])


def check(path):
    """e2fsck answers 1 when it repaired something, which is as good as 0."""
    done = subprocess.run(["e2fsck", "-f", "-y", path], capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise Problem(f"e2fsck: {done.stdout[-500:]}{done.stderr[-500:]}")


def shrink(path):
    """Only a file that is one file system can be made smaller; a disk stays as it is (it is sparse)."""
    if not is_bare_ext(path):
        return
    check(path)
    run(["resize2fs", "-M", path])
    run(["resize2fs", path, f"{(file_system_size(path) + SLACK_BYTES) // 1024}K"])
    os.truncate(path, file_system_size(path))


def file_system_size(path):
    with open(path, "rb") as image:
        image.seek(1024)
        superblock = image.read(1024)
    low, = struct.unpack_from("<I", superblock, 4)
    log_size, = struct.unpack_from("<I", superblock, 24)
    incompatible, = struct.unpack_from("<I", superblock, 96)
    high = struct.unpack_from("<I", superblock, 336)[0] if incompatible & 0x80 else 0
    return ((high << 32) | low) * (1024 << log_size)


def digest(path, algorithm="sha512"):
    total = hashlib.new(algorithm)
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(1 << 20), b""):
            total.update(chunk)
    return total.hexdigest()


def need(program, package):
    """A tool that only some base images ask for; installed by name where it is missing."""
    with INSTALLING:
        if shutil.which(program):
            return
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["-y", "--no-install-recommends", "install", package]):
            subprocess.run(["apt-get", "-q", *PATIENCE, *step], env=environment, stdin=subprocess.DEVNULL,
                           capture_output=True, check=False)
        if not shutil.which(program):
            raise Problem(f"this base image needs `{program}` on the build machine (package {package})")


def run(command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Problem(f"{' '.join(command)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout
