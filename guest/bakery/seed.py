"""A seed: a base image grown, updated and given what every recipe needs; made once per base."""

import hashlib
import os
import time

from . import chroot, disk, fetch

# Whoever changes what happens here changes this number, so that old seeds are not taken.
REVISION = 1
SIZE_GIB = 4
# An archive takes away packages that it replaces, and a list that still names them ends in 404. Security updates come any
# day. A build machine's seed is minutes old; one on this host may be as old as the work folder.
LISTS_FRESH_S = 24 * 3600
MODULES = [
    "puppet-module-puppetlabs-stdlib",
    "puppet-module-puppetlabs-concat",
    "puppet-module-puppetlabs-apt",
    "puppet-module-puppetlabs-inifile",
    "puppet-module-puppetlabs-postgresql",
    "puppet-module-puppetlabs-rabbitmq",
    "puppet-module-puppetlabs-haproxy",
    "puppet-module-arioch-redis",
]
COMMON = ["ca-certificates", "nftables", "postgresql-client", "python3", "python3-venv"]


def name(base, apt_mirror):
    """A seed has the lists of the archives that it was made from, and recipes install by them."""
    mirrors = [apt_mirror] if apt_mirror else []
    wanted = "\n".join([str(REVISION), str(SIZE_GIB), *MODULES, *COMMON, *mirrors])
    return f"{base.digest}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"


def make(base, paths, job, log, report):
    """Returns the path of the seed of `base`, making it if there is none."""
    seed = f"{paths.seeds}/{name(base, job.downloads.apt_mirror)}.raw"
    if os.path.exists(seed):
        report("cached", os.path.getsize(seed), os.path.getsize(seed))
        return seed
    original = f"{paths.bases}/{base.digest}"
    if not os.path.exists(original):
        fetch.base(base, original, job.downloads.ca_bundle, lambda done, total: report("download", done, total))
    part = f"{paths.scratch}/{os.path.basename(seed)}"
    disk.to_raw(original, part)
    disk.grow(part, SIZE_GIB)
    report("prepare", 0, None)
    with paths.caches(f"seed-{base.digest}") as caches:
        with chroot.entered(part, f"{paths.mounts}/seed-{base.digest}", log, caches, job.downloads) as inside:
            inside.run(["apt-get", "-q", "update"])
            inside.run(["apt-get", "-q", "-y", "install", puppet(inside), *COMMON, *MODULES])
    os.rename(part, seed)
    return seed


def refresh_lists(seed, inside):
    """In a copy of `seed`, where its lists are old. The seed stays: a run that is killed must not leave it half written."""
    if time.time() - os.path.getmtime(seed) > LISTS_FRESH_S:
        inside.run(["apt-get", "-q", "update"])


def puppet(inside):
    """Debian 12 calls it puppet-agent; in Debian 11 the package of that name does not exist."""
    known = inside.output(["apt-cache", "pkgnames", "puppet-agent"]).split()
    return "puppet-agent" if "puppet-agent" in known else "puppet"
