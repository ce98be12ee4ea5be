"""Whether the message broker of a worker can be reached, and since when it cannot."""

import time
from urllib.parse import urlsplit

from . import probe

# Each look is a connection that RabbitMQ's log tells of.
LOOK_EVERY_S = 15
SCHEMES = ("amqp", "pyamqp", "librabbitmq")
PORT = 5672


class Broker:
    def __init__(self, variables):
        """Its place is in whichever variable of the worker is an address of a broker."""
        parts = [urlsplit(str(value)) for value in variables.values() if str(value).partition("://")[0] in SCHEMES]
        self.places = sorted({(part.hostname, part.port or PORT) for part in parts if part.hostname})
        self.next, self.gone_since = 0.0, None

    def gone_s(self):
        """Seconds for which none of its places answered; 0 where one does, and where none is known."""
        now = time.monotonic()
        if now >= self.next and self.places:
            self.next = now + LOOK_EVERY_S
            gone = all(probe.port(host, port) for host, port in self.places)
            self.gone_since = (self.gone_since or now) if gone else None
        return 0.0 if self.gone_since is None else now - self.gone_since
