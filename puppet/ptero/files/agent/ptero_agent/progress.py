"""Tells Heat how far a drain is, at the handle `progress` beside the deployment. Nobody must depend on it."""

import json
import logging
import time
from urllib.parse import quote

from . import cloud
from .errors import Unreachable

# A sign of life this often; each costs Heat a write of the handle's metadata. A change is told sooner.
EVERY_S = 10
CHANGE_EVERY_S = 2
log = logging.getLogger("ptero-agent")


class Progress:
    def __init__(self, session, path):
        self.session, self.path = session, path
        # Told with each: the policy and the deadline, so that who watches knows when this ought to be over.
        self.always = {}
        self.sent_at, self.sent, self.complained = None, None, False

    def tell(self, jobs, oldest_s, phase):
        """At most every few seconds; a failure is logged once and forgotten."""
        now = time.monotonic()
        pause = EVERY_S if self.sent == (jobs, phase) else CHANGE_EVERY_S
        if self.session is None or (self.sent_at is not None and now - self.sent_at < pause):
            return
        self.sent_at, self.sent = now, (jobs, phase)
        # The same id each time: the handle keeps one entry, the last.
        # Another number each time: an agent that is silent shows by its staying the same.
        data = json.dumps({"jobs": jobs, "oldest_s": oldest_s, "phase": phase, "beat": int(now), **self.always})
        body = {"id": "drain", "status": "SUCCESS", "reason": f"{phase}: {jobs} jobs", "data": data}
        try:
            status, _ = self.session.call("POST", self.path, body)
        except Unreachable as problem:
            status = problem
        if status not in (200, 201, 204) and not self.complained:
            self.complained = True
            log.warning("progress: %s", status)


def of(inputs):
    """From the inputs of the deployment; one that tells nobody where something is missing."""
    try:
        session = cloud.Session.of(inputs.get("progress") or "{}")
        return Progress(session, f"/stacks/{quote(inputs['deploy_stack_id'])}/resources/progress/signal")
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("progress: no handle to tell it to")
        return Progress(None, None)
