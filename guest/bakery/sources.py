"""The package archives of an image with a mirror in Debian's place: lent copies, the image's own files stay as they are."""

import os
import re

from .downloads import Problem

# By URL, or by the file of URLs that Debian's cloud images name. By host and not by path, as many others end in `/debian`.
ARCHIVE = re.compile(r"https?://(?:[\w-]+\.)*debian\.org(?:/\S*)?|mirror\+file:/+etc/apt/mirrors/debian(?:-security)?\.list")
SECURITY = re.compile(r"//security\.debian\.org|debian-security")


def mirrored(text, mirror):
    """`text`, a sources.list or deb822, with `mirror`; and how often. Security updates lie beside it, as everywhere."""
    return ARCHIVE.subn(lambda found: f"{mirror}-security" if SECURITY.search(found[0]) else mirror, text)


def lend(root, lent, mirror):
    """Writes copies below `lent`, for apt to read in place of those below `root`."""
    parts = f"{root}/etc/apt/sources.list.d"
    names = sorted(os.listdir(parts)) if os.path.isdir(parts) else []
    os.mkdir(f"{lent}/sources.list.d")
    replaced = 0
    for name in ["sources.list", *(f"sources.list.d/{name}" for name in names)]:
        text, count = mirrored(read(f"{root}/etc/apt/{name}"), mirror)
        replaced += count
        with open(f"{lent}/{name}", "w", encoding="utf-8") as target:
            target.write(text)
    if not replaced:
        raise Problem("`apt_mirror` has no place: this base image has no packages from debian.org")


def read(path):
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as source:
        return source.read()
