"""The boot of the servers under the services: settings to Puppet, then proof that clients can use them."""

import csv
import io
import json
import logging
import socket
import time

from . import command, environment, journal, probe
from .errors import OutOfTime
from .worker import Unit

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
# HAProxy's own account of its servers, which its next process begins with.
ADMIN_SOCKET = "/run/haproxy/admin.sock"
SERVER_STATES = "/var/lib/haproxy/server-state"
# HAProxy ends a process that was replaced after 90 s at the latest (`hard-stop-after`).
LEAVE_LONGEST_S = 120
log = logging.getLogger("ptero-agent")


def boot(kind, document, deadline):
    checks = {"postgresql": databases, "rabbitmq": vhosts, "redis": redis, "gateway": gateway}
    if kind not in checks:
        raise ValueError("kind")
    settings = document.get("settings") or {}
    apply(kind, settings, deadline)
    wait(kind, lambda: checks[kind](settings, deadline), deadline)
    return f"{kind} ready"


def backends(document, deadline):
    """Other servers behind the gateway: the same class with the servers in its data; HAProxy reloads, cuts nothing.

    HAProxy takes a server it does not know for up until it has looked, so new ones are looked at from here before.
    And a process that was replaced goes on asking the servers it knew, for clients that keep their connection: only
    when it is gone may those servers go that were taken away.
    """
    frontends = document["frontends"]
    known, wanted = listed(), names(frontends)
    for frontend in frontends:
        for server in frontend.get("servers") or []:
            if known is None or (backend(frontend), server["name"]) not in known:
                wait("gateway", lambda f=frontend, s=server: answers(f, s), deadline)
    haproxy = Unit("haproxy.service")
    replaced = haproxy.pool(haproxy.main_pid())
    save_states()
    apply("gateway", {"frontends": frontends}, deadline)
    wait("gateway", lambda: taken_over(wanted) or healthy(frontends), deadline)
    if known is not None and known - wanted:
        leave(haproxy, replaced)
    return f"{len(wanted)} servers; a healthy one behind every frontend that has any"


def backend(frontend):
    return f"web-{frontend['service']}"


def names(frontends):
    return {(backend(one), server["name"]) for one in frontends for server in one.get("servers") or []}


def listed():
    """The servers that HAProxy has; None where it does not say."""
    try:
        status, text = probe.http_get("127.0.0.1", STATUS_PORT, "/status;csv")
    except (OSError, probe.http.client.HTTPException):
        return None
    if status != 200:
        return None
    return {(row["pxname"], row["svname"]) for row in server_rows(text) if row["pxname"].startswith("web-")}


def answers(frontend, server):
    check = frontend.get("check")
    if check:
        state = probe.web(server["address"], int(frontend["port"]), check["path"], int(check["status"]))
    else:
        state = probe.port(server["address"], int(frontend["port"]))
    return f"{server['name']}: {state}" if state else None


def taken_over(wanted):
    """The reload is done by systemd's order only: until the new process answers, the old one does."""
    return None if listed() == wanted else "haproxy has not taken the servers over"


def save_states():
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(probe.TIMEOUT_S)
            connection.connect(ADMIN_SOCKET)
            connection.sendall(b"show servers state\n")
            environment.write_private(SERVER_STATES, connection.makefile("rb").read().decode())
    except (OSError, ValueError) as problem:
        log.warning("haproxy: states of the servers: %r", problem)


def leave(haproxy, replaced):
    begun = time.monotonic()
    while left := replaced & haproxy.pool(haproxy.main_pid()):
        if time.monotonic() - begun > LEAVE_LONGEST_S:
            log.warning("haproxy: %d replaced processes do not end", len(left))
            return
        time.sleep(0.5)


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


def server_rows(text):
    rows = csv.DictReader(io.StringIO(text.lstrip("# ")))
    return [row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")]


def healthy_backends(text):
    # After a reload HAProxy takes every server for up until it has looked; a star marks a look that is under way.
    return {row["pxname"] for row in server_rows(text)
            if row["status"].startswith("UP") and row["check_status"].lstrip("* ") in PASSED}


