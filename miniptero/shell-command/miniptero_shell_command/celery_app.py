"""The Celery application of the service."""

from miniptero_common import broker

app = broker.make_celery("SHELL_COMMAND", ["fork", "http"])
