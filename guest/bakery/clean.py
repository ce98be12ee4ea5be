"""Takes out of an image what must differ between machines or is of no use in one."""

import contextlib
import glob
import os
import shutil

EMPTIED = [
    "root/.cache",
    "var/cache/apt",
    "var/cache/debconf",
    "var/lib/apt/lists",
    "var/lib/cloud",
    "var/lib/dhcp",
    "var/log",
    "var/tmp",
]
REMOVED = [
    "etc/ssh/ssh_host_*",
    "var/lib/dbus/machine-id",
    "root/.bash_history",
    "root/.wget-hsts",
    # One cookie for all brokers of all environments would be a shared secret.
    "var/lib/rabbitmq/.erlang.cookie",
    # The same holds for the key that the first package to want one makes.
    "etc/ssl/private/ssl-cert-snakeoil.key",
    "etc/ssl/certs/ssl-cert-snakeoil.pem",
    "var/lib/systemd/random-seed",
]


def clean(inside):
    """Runs last, while the image is still mounted; log folders stay, as daemons do not make their own."""
    for folder in EMPTIED:
        empty(inside.path(folder))
    for pattern in REMOVED:
        for path in glob.glob(inside.path(pattern)):
            remove(path)
    # Empty, not absent: systemd then makes a new identity at the first boot without asking for a "first boot" set-up.
    with open(inside.path("etc/machine-id"), "w", encoding="ascii"):
        pass


def empty(folder):
    """Removes all files below `folder`; keeps folders owned by somebody, such as /var/log/postgresql."""
    keep_folders = folder.endswith("var/log")
    if not os.path.isdir(folder) or os.path.islink(folder):
        return
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if keep_folders:
                for below, _, files in os.walk(entry.path):
                    for name in files:
                        remove(os.path.join(below, name))
            elif entry.name != "partial":
                shutil.rmtree(entry.path, ignore_errors=True)
        else:
            remove(entry.path)


def remove(path):
    with contextlib.suppress(FileNotFoundError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.remove(path)
