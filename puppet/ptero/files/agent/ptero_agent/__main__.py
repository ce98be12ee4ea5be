"""Polls Heat for ever. Nothing that goes wrong in a deployment, or on the way to Heat, ends this loop."""

import logging
import signal
import sys
import time

from . import cloud, deployments, firewall, tasks
from .errors import Unreachable

# A boot is waited for by somebody; after it, an update of the servers behind the gateway can wait some seconds.
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
    failures = 0
    while True:
        try:
            poll(heat, records)
            failures = 0
        except Unreachable as problem:
            failures += 1
            log.warning("heat: %s", problem)
        pause = POLL_LATER_S if records.any_finished() else POLL_FIRST_S
        time.sleep(min(pause * 2 ** min(failures, 5), POLL_SLOWEST_S))


def poll(heat, records):
    for deployment in heat.deployments():
        record = records.of(deployment)
        if record.signalled:
            continue
        if record.result is None:
            if record.started:
                record.finish(deployments.interrupted())
            else:
                record.start()
                log.info("%s: begins", deployment.name)
                record.finish(tasks.perform(deployment))
        log.info("%s: ended with code %s", deployment.name, record.result["deploy_status_code"])
        heat.signal(deployment, record.result)
        record.signal_sent()


if __name__ == "__main__":
    main()
