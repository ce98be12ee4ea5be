"""The boot of a service's member: settings, migration, units, readiness."""

import json
import os
import socket

from . import environment, migration, probe, units

OPT = "/opt/ptero"


def boot(document, deadline):
    service = document["service"]
    home = os.path.join(OPT, service)
    entry = entry_of(home)
    write_environments(document)
    for target in document.get("wait_for") or []:
        probe.wait_for_port(target["host"], int(target["port"]), deadline)
    said = migration.migrate(home, entry, document["migrate"], variables(document), deadline) if document.get(
        "migrate") else "no migration"
    names = {process: units.name_of(service, process) for process in document["processes"]}
    units.start(list(names.values()), deadline)
    wait_until_ready(document, home, entry, names, deadline)
    return f"{said}; {', '.join(names)} ready"


def entry_of(home):
    """The catalogue's entry of the service, as it was when the image was built."""
    with open(os.path.join(home, "service.json"), encoding="utf-8") as text:
        return json.load(text)


def variables(document):
    """All of the service's variables, and those of its processes: a migration imports the code of any of them."""
    known = {}
    for process in document["processes"]:
        known.update((document.get("process_environment") or {}).get(process) or {})
    known.update(document.get("environment") or {})
    return known


def write_environments(document):
    environment.write("environment", document.get("environment") or {})
    for process, own in (document.get("process_environment") or {}).items():
        environment.write(f"{process}.environment", own)


def wait_until_ready(document, home, entry, names, deadline):
    """Asks until the answer is right, and gives up early on a unit that keeps dying."""
    ready = document.get("ready") or {}
    watch = units.Watch(list(names.values()))
    http, node = ready.get("http"), ready.get("celery")
    while True:
        watch.check()
        if http:
            state = probe.web("127.0.0.1", int(http["port"]), http["path"], int(http["status"]))
        elif node:
            state = ping(home, entry, names, node, document, deadline)
        else:
            state = watch.settled()
        if state is None:
            watch.check()
            return
        watch.pause(deadline, f"not ready: {state}")


def ping(home, entry, names, node, document, deadline):
    """None once the worker answers. Asked only when its unit runs, as each question takes seconds of a processor."""
    if not units.active(list(names.values())):
        return "its unit is not active"
    node = node.replace("%h", socket.gethostname())
    return probe.celery(home, celery_app(entry), node, variables(document), deadline)


def celery_app(entry):
    """What follows `-A` in the commands of the service: all its workers share it."""
    for role in (entry.get("roles") or {}).values():
        for process in (role.get("processes") or {}).values():
            app = option(process["command"], "-A", "--app")
            if app:
                return app
    raise KeyError("-A")


def option(command, *flags):
    """What follows any of `flags` in a command."""
    for flag in flags:
        if flag in command[:-1]:
            return command[command.index(flag) + 1]
    return None
