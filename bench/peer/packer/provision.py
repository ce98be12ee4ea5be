"""Makes of the server it runs on what `bake.py` makes of an image: the same packages, the same
Puppet class told the same, the same cleaning, by the same functions. What it does not need is a
copy, a mount and a file system made small: Packer has Nova take the server's whole disk.
"""

import json
import os
import shutil
import sys

PAYLOAD = "/var/lib/ptero-bake/payload"
sys.path.insert(0, PAYLOAD)

from bakery import chroot, clean, job, oven, puppet, seed  # noqa: E402

LENT = f"/{chroot.LENT}"
POLICY = "/usr/sbin/policy-rc.d"


class Log:
    """Packer shows what is printed."""

    def line(self, text):
        print(text, flush=True)


def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        todo = job.parse(json.load(text))
    (recipe,) = todo.recipes
    lend(todo.downloads)
    inside = chroot.Chroot("/", Log(), chroot.environment(todo.downloads))
    inside.run(["apt-get", "-q", "update"])
    inside.run(["apt-get", "-q", "-y", "install", seed.puppet(inside), *seed.COMMON, *seed.MODULES])
    added = oven.add_build_packages(inside, recipe.build_packages)
    puppet.install_modules(inside, todo.payload_dir)
    puppet.apply(inside, recipe, todo.payload_dir)
    oven.remove_packages(inside, added)
    clean.clean(inside)
    os.remove(POLICY)


def lend(downloads):
    for name in ("apt/partial", "pip"):
        os.makedirs(f"{LENT}/{name}")
    chroot.write(f"{LENT}/apt.conf", chroot.APT + downloads.apt(LENT))
    chroot.write(POLICY, chroot.POLICY, 0o755)
    if downloads.ca_bundle:
        shutil.copyfile(downloads.ca_bundle, f"{LENT}/ca.pem")


if __name__ == "__main__":
    main()
