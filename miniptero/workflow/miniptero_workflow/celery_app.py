"""The Celery application of the service."""

from miniptero_common import broker

app = broker.make_celery("WORKFLOW", ["submit", "http"])
