"""The boot of the servers under the services: settings to Puppet, then proof that clients can use them."""

import csv
import io
import json

from . import command, environment, journal, probe
from .errors import OutOfTime

# The passwords of the environment, as Puppet's data; they stay, so that the same can be applied again by hand.
SETTINGS = "/etc/ptero/settings.json"
PUPPET = [
    "puppet",
    "apply",
    "--color=false",
    "--detailed-exitcodes",
    "--hiera_config=/opt/ptero/agent/hiera.yaml",
    "--modulepath=/opt/ptero/puppet/modules:/usr/share/puppet/modules",
    "--execute",
]
UNITS = {"postgresql": "postgresql@*", "rabbitmq": "rabbitmq-server", "redis": "redis-server", "gateway": "haproxy"}
STATUS_PORT = 8404
PASSED = ("L4OK", "L7OK", "L7OKC")


def boot(kind, document, deadline):
    checks = {"postgresql": databases, "rabbitmq": vhosts, "redis": redis, "gateway": gateway}
    if kind not in checks:
        raise ValueError("kind")
    settings = document.get("settings") or {}
    apply(kind, settings, deadline)
    wait(kind, lambda: checks[kind](settings, deadline), deadline)
    return f"{kind} ready"


def backends(document, deadline):
    """Other servers behind the gateway: the same class with the servers in its data; HAProxy reloads, cuts nothing."""
    apply("gateway", {"frontends": document["frontends"]}, deadline)
    wait("gateway", lambda: healthy(document["frontends"]), deadline)
    return "a healthy server behind every frontend that has any"


def apply(kind, settings, deadline):
    data = {f"ptero::boot::{kind}::{name}": value for name, value in settings.items()}
    environment.write_private(SETTINGS, json.dumps(data))
    known = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
             "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    # 0 and 2 are both success to Puppet, so the shell turns one into the other.
    words = " ".join([*PUPPET, f"'include ptero::boot::{kind}'"])
    command.run(["/bin/sh", "-c", f"{words}; code=$?; test $code -eq 2 || exit $code"], deadline,
                f"puppet apply of ptero::boot::{kind}", known)


def wait(kind, check, deadline):
    while True:
        state = check()
        if state is None:
            return
        try:
            deadline.pause(0.5, state)
        except OutOfTime as problem:
            raise OutOfTime(str(problem), journal.tail(UNITS[kind])) from None


def databases(settings, deadline):
    for name, database in settings["databases"].items():
        access = {"PATH": "/usr/bin:/bin", "PGHOST": "127.0.0.1", "PGUSER": name, "PGDATABASE": name,
                  "PGPASSWORD": database["password"], "PGCONNECT_TIMEOUT": "5"}
        try:
            command.run(["psql", "--no-psqlrc", "--command", "select 1"], deadline, "login", access)
        except OutOfTime:
            raise
        except Exception as problem:  # Any failure means "not yet"; the deadline decides how long.
            return f"{problem} as {name}"
    return None


def vhosts(settings, _deadline):
    for vhost, access in settings["vhosts"].items():
        state = probe.amqp("127.0.0.1", 5672, access["user"], access["password"], vhost)
        if state:
            return state
    return None


def redis(settings, _deadline):
    return probe.redis("127.0.0.1", 6379, settings["password"])


def gateway(settings, _deadline):
    return probe.web("127.0.0.1", STATUS_PORT, "/status;csv", 200)


def healthy(frontends):
    """What is missing until each frontend with servers has at least one that passed its probe."""
    try:
        status, text = probe.http_get("127.0.0.1", STATUS_PORT, "/status;csv")
    except (OSError, probe.http.client.HTTPException) as problem:
        return f"haproxy: {problem!r}"
    if status != 200:
        return f"haproxy answers {status}"
    up = healthy_backends(text)
    missing = [entry["service"] for entry in frontends if entry.get("servers") and f"web-{entry['service']}" not in up]
    return f"no healthy server of {', '.join(missing)}" if missing else None


def healthy_backends(text):
    rows = csv.DictReader(io.StringIO(text.lstrip("# ")))
    servers = (row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND"))
    # After a reload HAProxy takes every server for up until it has looked; a star marks a look that is under way.
    return {row["pxname"] for row in servers
            if row["status"].startswith("UP") and row["check_status"].lstrip("* ") in PASSED}


