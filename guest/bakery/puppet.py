"""Runs the `ptero` module inside an image and says which resource failed."""

import json
import os
import re
import shutil

from . import chroot

MODULES = "opt/ptero/puppet/modules"
HIERA = """\
version: 5
hierarchy:
  - name: bake
    data_hash: json_data
    path: bake.json
"""
# Puppet's own codes with --detailed-exitcodes: nothing to do, changed; 4 and 6 = some resource failed, 1 = no catalogue.
DONE = (0, 2)
FAILING = re.compile(r"^Error: (/Stage\[main\]/.*?\])(?:/[a-z_]+)?: ")
RESOURCE = re.compile(r"/([A-Z][\w:]*\[[^\]]*\])")
FIRST = re.compile(r"^Error: (?!Facter: )(.*)")
# Puppet puts the path of the resource before each line a program printed.
PRINTED = re.compile(r"^Notice: /Stage\[main\]/.*?/Exec\[.*?\]/returns: ")


class Failed(Exception):
    def __init__(self, resource, reason):
        super().__init__(reason)
        self.resource = resource


class Errors:
    """Reads Puppet's output as it comes; keeps the first failing resource and the first error."""

    def __init__(self):
        self.resource = None
        self.reason = None

    def line(self, text):
        if self.resource is None:
            found = FAILING.match(text)
            if found:
                # The path leads through classes and defined types; its end is what failed.
                self.resource = RESOURCE.findall(found.group(1))[-1]
        if self.reason is None:
            found = FIRST.match(text)
            if found:
                self.reason = found.group(1)


def install_modules(inside, payload_dir):
    """The module stays in the image: the boot phase of the backing servers applies it again."""
    target = inside.path(MODULES)
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    shutil.copytree(f"{payload_dir}/puppet/ptero", f"{target}/ptero")


def apply(inside, recipe, payload_dir):
    lent = inside.path(chroot.LENT)
    data = {f"{recipe.puppet_class}::{key}": value for key, value in recipe.data.items()}
    if recipe.sources:
        data[f"{recipe.puppet_class}::sources"] = lend_sources(inside, recipe)
    os.makedirs(f"{lent}/data", exist_ok=True)
    chroot.write(f"{lent}/hiera.yaml", HIERA)
    chroot.write(f"{lent}/data/bake.json", json.dumps(data))
    errors = Errors()
    code = inside.run(
        [
            "puppet",
            "apply",
            "--detailed-exitcodes",
            "--color=false",
            f"--vardir=/{chroot.LENT}/var",
            f"--hiera_config=/{chroot.LENT}/hiera.yaml",
            f"--modulepath={module_path(inside, recipe, payload_dir)}",
            "--execute",
            f"include {recipe.puppet_class}",
        ],
        accept=range(256),
        each_line=errors.line,
        shown=lambda line: PRINTED.sub("", line),
    )
    if code not in DONE:
        raise Failed(errors.resource, errors.reason or f"puppet ended with exit code {code}")
    return code


def module_path(inside, recipe, payload_dir):
    """The site's own modules are lent to whose classes come from them: what a site brings goes before Debian's."""
    folders = [f"/{MODULES}", "/usr/share/puppet/modules"]
    if recipe.puppet_classes:
        shutil.copytree(f"{payload_dir}/puppet/site", f"{inside.path(chroot.LENT)}/modules")
        folders.insert(1, f"/{chroot.LENT}/modules")
    return ":".join(folders)


def lend_sources(inside, recipe):
    folder = f"{inside.path(chroot.LENT)}/sources"
    os.makedirs(folder, exist_ok=True)
    for name, path in recipe.sources.items():
        shutil.copyfile(path, f"{folder}/{name}.tar")
    return {name: f"/{chroot.LENT}/sources/{name}.tar" for name in recipe.sources}
