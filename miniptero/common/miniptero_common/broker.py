"""The Celery application, tasks that lose no message, and the HTTP task.

The one rule: messages are published before the transaction commits and every
receiver can stand a message twice. A crash in between repeats work; it never
forgets any.
"""

import functools
import logging
import os
import time

import requests
from amqp.exceptions import AMQPError
from celery import Celery
from celery.exceptions import MaxRetriesExceededError, Reject, Retry
from kombu import Queue
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import DBAPIError

from . import settings

log = logging.getLogger(__name__)

# Troubles of the surroundings (also a schema that is not migrated yet): the
# message goes back to its queue.
TRANSIENT = (DBAPIError, BrokerError, AMQPError, OSError)

# Without a pause a message would circle as fast as the broker can send it.
_REQUEUE_PAUSE_S = 1

# Short at first, as a web tier is away for seconds when it is replaced; the
# last one repeats, about a day in all.
_HTTP_PAUSES_S = (0.5, 1, 2, 5, 10, 30)
_HTTP_LAST_PAUSE_S = 60
_HTTP_TRIES = 1440
# An unknown entity may be one that is not committed yet, or one deleted since.
_HTTP_MISSING_TRIES = 20
_HTTP_TIMEOUT_S = 10
_HTTP_RETRIED = frozenset({404, 408, 429, 500, 502, 503, 504})


def make_celery(service, queues):
    """The service's Celery application; `service` is e.g. SHELL_COMMAND."""
    prefix = f"PTERO_{service}_CELERY"
    app = Celery(service.lower(), broker=os.environ.get(f"{prefix}_BROKER_URL"))
    app.conf.update(
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # A message lives until its work is done, also when the worker dies.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=int(settings.number(f"{prefix}D_PREFETCH_MULTIPLIER", 1)),
        # After a lost connection celery would lower the prefetch and stay low.
        worker_enable_prefetch_count_reduction=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_transport_options={"confirm_publish": True},
        broker_heartbeat=settings.number(f"{prefix}_BROKER_HEARTBEAT", 30),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_queues=[Queue(name) for name in queues],
        task_default_queue=queues[0],
    )
    return app


def durable(app, queue, name):
    """Make a task whose message is requeued while database or broker are away."""

    def decorate(function):
        @app.task(name=name, queue=queue, bind=True, max_retries=None)
        @functools.wraps(function)
        def task(self, *arguments):
            try:
                return function(self, *arguments)
            except (Retry, MaxRetriesExceededError):
                raise
            # Celery rejects for good when it could not publish a retry.
            except (Reject, *TRANSIENT) as problem:
                log.warning("%s%s goes back to its queue: %s", name, arguments, problem)
                time.sleep(_REQUEUE_PAUSE_S)
                raise Reject(problem, requeue=True) from problem

        return task

    return decorate


def make_http_task(app):
    """The task `http.send`: one request, retried until somebody takes it."""

    @durable(app, "http", "http.send")
    def send(self, method, url, body, refused=None):
        try:
            answer = requests.request(method, url, json=body, timeout=_HTTP_TIMEOUT_S)
            status, reason = answer.status_code, answer.text[:1000]
        except ValueError as problem:  # a malformed URL gets no better by waiting
            status, reason = 400, str(problem)
        except requests.RequestException as problem:
            status, reason = 503, str(problem)
        if status < 400:
            return
        tried = self.request.retries
        tries = _HTTP_MISSING_TRIES if status == 404 else _HTTP_TRIES
        if status in _HTTP_RETRIED and tried < tries:
            pauses = dict(enumerate(_HTTP_PAUSES_S))
            raise self.retry(countdown=pauses.get(tried, _HTTP_LAST_PAUSE_S))
        log.error("%s %s was refused: %s %s", method, url, status, reason)
        if refused:
            app.send_task(refused["task"], [*refused["arguments"], f"{status}: {reason}"], queue=refused["queue"])

    return send


def send_http(app, method, url, body, refused=None):
    """Queue a request; `refused` names the task told about a final refusal."""
    app.send_task("http.send", [method, url, body, refused], queue="http")


def live_nodes(app):
    """One line per worker node that answers, as `celery status` prints them."""
    # A pooled connection may be dead since the broker was restarted, and
    # inspecting, unlike publishing, is not tried again.
    with app.connection_for_write() as connection:
        answers = app.control.inspect(timeout=1.5, connection=connection).ping() or {}
    return [f"{node}: OK" for node in sorted(answers)]
