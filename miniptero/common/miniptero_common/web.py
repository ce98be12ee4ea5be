"""The Flask application: JSON in, JSON out, also for every error."""

import gzip
import json
import logging
import os
import time
import zlib

from flask import Flask, jsonify, request
from jsonschema import Draft202012Validator
from werkzeug.exceptions import BadRequest, HTTPException

from . import broker, settings

log = logging.getLogger(__name__)


class NoSuchEntity(HTTPException):
    """The named thing does not exist, or does no longer."""

    def __init__(self, what):
        super().__init__(description=f"no such {what}")
        self.code = settings.no_such_entity_status()


def make_app(name, version, celery_app, database):
    """An application that answers /v1/server-info and turns errors into JSON."""
    app = Flask(name)
    started = time.monotonic()

    @app.errorhandler(HTTPException)
    def refuse(problem):
        return jsonify(error=problem.description), problem.code

    @app.errorhandler(Exception)
    def fail(problem):
        log.exception("request failed")
        return jsonify(error=f"{type(problem).__name__}: {problem}"), 500

    @app.get("/v1/server-info")
    def server_info():
        nodes = broker.live_nodes(celery_app)
        document = {
            "version": version,
            "commit": os.environ.get("GIT_SHA") or "Unknown",
            "celeryStatus": nodes,
            "databaseRevision": database.revision(),
            "uptime": round(time.monotonic() - started, 1),
        }
        return jsonify(document), 200 if nodes else 500

    return app


def document(schema):
    """The request's JSON body (gzip allowed), checked against the schema."""
    data = request.get_data()
    try:
        if request.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        body = json.loads(data)
    except (ValueError, OSError, EOFError, zlib.error) as problem:
        raise BadRequest(f"the body is not JSON: {problem}") from problem
    for problem in Draft202012Validator(schema).iter_errors(body):
        place = "/".join(str(step) for step in problem.absolute_path)
        raise BadRequest(f"{place or 'document'}: {problem.message}")
    return body
