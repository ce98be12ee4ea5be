"""Alembic's revision files travel with the database.

PTero opens its database with `upgrade head`, at the first request or task of each process, and that fails at a
revision that its code does not know. Once a newer release migrated, it would hit processes of the older one that had
nothing to do before or are started anew, and all of them after a way back. So a release leaves its files in the
database before it migrates, and members of an older one take those that they lack. Whether their code runs on the
newer schema is another question, which the catalogue answers (`older_code`).

What is taken runs with the rights of the service, which could write to that database anyway.
"""

import glob
import os
import re
import tempfile

from . import command, database

TABLE = "ptero_deploy_revision"
# Nothing in a name needs quoting, neither for SQL nor for the file system.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.py")
# Between two looks of a member at the database; each is a login there.
LOOK_EVERY_S = 10
# How long a migration waits for the older members to take its files: the agent's pause between two polls of Heat and
# that between two looks, and some more for a slow poll.
TAKEN_WITHIN_S = 30


def folders(home, entry):
    """Where the code's revisions are: in its tree, for alembic's command, and where they were installed."""
    below = (entry.get("migrate") or {}).get("revisions")
    if not below:
        return []
    installed = glob.glob(os.path.join(home, "venv", "lib", "python*", "site-packages", below))
    return [folder for folder in [os.path.join(home, "source", below), *sorted(installed)] if os.path.isdir(folder)]


def known(folder):
    return sorted(name for name in os.listdir(folder) if NAME.fullmatch(name))


def keep(places, access, deadline):
    """Leaves the files in the database; the names of those that it did not have.

    Others go: the code knows the revision that the database is at, so what it does not know was taken back, and
    would be a second head to whoever took it.
    """
    names = known(places[0])
    listed = ", ".join(f"'{name}'" for name in names)
    sql = [f"create table if not exists {TABLE} (name text primary key, content text not null);\n",
           f"delete from {TABLE} where name not in ({listed});\n" if names else ""]
    for name in names:
        with open(os.path.join(places[0], name), "rb") as file:
            content = f"convert_from(decode('{file.read().hex()}', 'hex'), 'UTF8')"
        sql.append(f"insert into {TABLE} values ('{name}', {content}) on conflict do nothing returning name;\n")
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="ascii") as file:
        file.writelines(sql)
        file.flush()
        # Its notice that the table is there already is of no use.
        quiet = {**access, "PGOPTIONS": "--client-min-messages=warning"}
        return command.run([*database.PSQL, "--file", file.name], deadline, "keep the revisions", quiet).split()


def take(places, access, deadline):
    """Writes those files of the database that the code lacks; their names."""
    query = f"select name from {TABLE}"
    names = command.run([*database.PSQL, "--command", query], deadline, "names of revisions", access).split()
    there = set(known(places[0]))
    missing = sorted(name for name in names if NAME.fullmatch(name) and name not in there)
    contents = contents_of(missing, access, deadline) if missing else {}
    # Its first place comes last: that one is looked at.
    for folder in reversed(places):
        write(folder, contents)
    return sorted(contents)


def contents_of(names, access, deadline):
    """All in one answer: alembic cannot use a revision whose parent is missing."""
    listed = ", ".join(f"'{name}'" for name in names)
    query = f"select name || ' ' || encode(convert_to(content, 'UTF8'), 'hex') from {TABLE} where name in ({listed})"
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as file:
        command.run([*database.PSQL, "--output", file.name, "--command", query], deadline, "new revisions", access)
        rows = (line.split() for line in file)
        return {row[0]: bytes.fromhex(row[1]) for row in rows if len(row) == 2}


def write(folder, contents):
    """All or none, as far as a process can see that reads the folder just now."""
    for name, content in contents.items():
        path = os.path.join(folder, f"{name}.new")
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o644)
    for name in contents:
        os.replace(os.path.join(folder, f"{name}.new"), os.path.join(folder, name))
