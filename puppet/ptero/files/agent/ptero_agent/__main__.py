"""Polls Heat for ever. Nothing that goes wrong in a deployment, or on the way to Heat, ends this loop."""

import logging
import signal
import sys
import threading
import time

from . import cloud, deployments, firewall, lost, newer, revisions, stale, tasks, watch
from .errors import Unreachable
from .watch import Watch

# A boot is waited for by somebody. After it, every drain and every change behind the gateway waits for half of this
# on average, several times in an update. Heat's own agent asks every 30 s; an answer costs Heat some 30 ms, and
# every member asks for as long as it lives: a hundred of them keep a third of a processor busy.
POLL_FIRST_S = 2
POLL_LATER_S = 10
POLL_SLOWEST_S = 60

log = logging.getLogger("ptero-agent")


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    firewall.protect()
    records = deployments.Records()
    heat = cloud.Heat()
    watches = [
        Watch(newer.look, revisions.LOOK_EVERY_S),
        Watch(stale.look, stale.LOOK_EVERY_S),
        # A job is lost that two looks find, so the first is of no use while the members still come up.
        Watch(lost.Jobs().look, lost.LOOK_EVERY_S, lost.LOOK_EVERY_S),
    ]
    failures, wanted = 0, []
    while True:
        try:
            wanted = heat.deployments()
            perform(wanted, heat, records)
            failures = 0
        except Unreachable as problem:
            failures += 1
            log.warning("heat: %s", problem)
        # With what was wanted last: a database may be back from an outage before Heat is.
        watch.turn(watches, wanted)
        pause = POLL_LATER_S if records.any_finished() else POLL_FIRST_S
        time.sleep(min(pause * 2 ** min(failures, 5), POLL_SLOWEST_S))


def perform(wanted, heat, records):
    """Does what of `wanted` was not done before."""
    # A member that goes does nothing else any more.
    for deployment in [one for one in wanted if tasks.is_drain(one)] or wanted:
        record = records.of(deployment)
        if record.signalled:
            continue
        if record.result is None:
            if record.started and not tasks.is_drain(deployment):
                record.finish(deployments.interrupted())
            else:
                record.start()
                log.info("%s: begins", deployment.name)
                given_up, result = carry_out(deployment, heat)
                record.finish(result)
                if given_up:
                    # Its deployment goes with the member, and a signal nobody takes is tried for minutes.
                    log.info("%s: given up for a drain", deployment.name)
                    record.signal_sent()
                    return
        log.info("%s: ended with code %s", deployment.name, record.result["deploy_status_code"])
        heat.signal(deployment, record.result)
        record.signal_sent()


def carry_out(deployment, heat):
    """Whether it was given up, and its result. In a thread of its own, as a drain must not wait for a boot."""
    given_up, results = threading.Event(), []
    thread = threading.Thread(target=lambda: results.append(tasks.perform(deployment, given_up)), daemon=True)
    thread.start()
    while True:
        thread.join(POLL_LATER_S)
        if not thread.is_alive():
            return given_up.is_set(), results[0]
        if not tasks.is_drain(deployment) and not given_up.is_set() and drain_is_wanted(heat):
            given_up.set()


def drain_is_wanted(heat):
    try:
        return any(tasks.is_drain(one) for one in heat.deployments())
    except Unreachable:
        return False


if __name__ == "__main__":
    main()
