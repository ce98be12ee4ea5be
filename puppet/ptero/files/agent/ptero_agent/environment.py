"""Environment files as systemd reads them."""

import os
import re

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
FOLDER = "/etc/ptero"


def render(variables):
    """Every value in double quotes; in those, systemd knows a backslash before `"`, `\\`, `$` and a backquote."""
    lines = []
    for name, value in sorted(variables.items()):
        if not NAME.match(name):
            raise ValueError(f"`{name}` is no name of a variable")
        escaped = re.sub(r'(["\\$`])', r"\\\1", str(value))
        lines.append(f'{name}="{escaped}"\n')
    return "".join(lines)


def write(name, variables, folder=FOLDER):
    """Readable by root only: systemd reads it before it changes to the service's user."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, name)
    write_private(path, render(variables))
    return path


def read(name, folder=FOLDER):
    """What `write` wrote; nothing where it wrote nothing."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            pairs = re.findall(r'^(\w+)="((?:[^"\\]|\\.)*)"$', text.read(), re.MULTILINE | re.DOTALL)
    except FileNotFoundError:
        return {}
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in pairs}


def write_private(path, text):
    part = f"{path}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as target:
        os.fchmod(handle, 0o600)
        target.write(text)
        target.flush()
        os.fsync(handle)
    os.replace(part, path)
