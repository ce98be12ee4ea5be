"""From a deployment to a result: the one place where a document is read and every failure becomes a signal."""

import json
import logging
import traceback

from . import application, drain, firewall, journal, progress, secrets, servers
from .deadline import Deadline
from .errors import TaskFailed

VERSION = 1
DEFAULT_DEADLINE_S = 600
log = logging.getLogger("ptero-agent")


def is_drain(deployment):
    """A drain comes before all else, and may be begun again; nothing else may."""
    try:
        return parse(deployment.inputs.get("document")).get("task") == "drain"
    except (TaskFailed, ValueError):
        return False


def boot_of(deployment):
    """Its document where it is a boot; else None."""
    try:
        document = parse(deployment.inputs.get("document"))
        return document if document.get("task") == "boot" else None
    except (TaskFailed, ValueError):
        return None


def perform(deployment, given_up=None):
    """Never raises: whatever happens, somebody waits for the signal."""
    hide = str
    try:
        document = parse(deployment.inputs.get("document"))
        hide = secrets.hider(document)
        said = run(document, deployment.inputs, given_up)
        return result(0, hide(said or ""))
    except TaskFailed as problem:
        log.error("%s: %s", deployment.name, hide(str(problem)))
        return result(problem.code, "", hide(f"{problem}\n{problem.tail}"))
    except Exception as problem:  # A mistake in the agent must not look like a machine that never came up.
        # Not the exception's own text, which may show a piece of the document.
        where = traceback.extract_tb(problem.__traceback__)[-1]
        said = f"agent: {type(problem).__name__} at {where.filename}:{where.lineno}"
        log.error("%s: %s", deployment.name, said)
        return result(1, "", said)


def result(code, stdout, stderr=""):
    first, _, rest = stderr.partition("\n")
    room = journal.TAIL_BYTES - len(first.encode()) - 1
    return {
        "deploy_stdout": journal.cut(stdout),
        "deploy_stderr": f"{first}\n{journal.cut(rest, room)}".strip() if room > 0 else journal.cut(first),
        "deploy_status_code": code,
    }


def parse(document):
    if isinstance(document, str):
        document = json.loads(document)
    if not isinstance(document, dict):
        raise TaskFailed("the deployment has no document")
    if document.get("version") != VERSION:
        raise TaskFailed(f"document of version {document.get('version')!r}; this image knows {VERSION}")
    return document


def run(document, inputs, given_up):
    task = document.get("task")
    if task == "drain":
        return drain.drain(document, progress.of(inputs))
    deadline = Deadline(document.get("deadline_s") or DEFAULT_DEADLINE_S, given_up)
    if task == "boot":
        if not firewall.closed():
            raise TaskFailed("the metadata service could not be closed to users other than root")
        kind = document.get("kind")
        if kind == "application":
            return application.boot(document, deadline)
        return servers.boot(kind, document, deadline)
    if task == "backends":
        return servers.backends(document, deadline)
    raise TaskFailed(f"unknown task `{task}`")
