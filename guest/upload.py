#!/usr/bin/env python3
"""Sends one image file to Glance: a line of JSON on stdin, events as JSON lines on stdout.

The file is hashed as it goes out; whether the image in Glance has the same hash
is for the caller to ask. Exit code: 0 sent, 1 not sent.

Whatever proxy downloads go through, Glance is reached directly: it belongs to the cloud
that this machine stands in, and neither the login nor gigabytes of images are for a
proxy that leads out of it. `http.client` asks no environment for one.
"""

import hashlib
import http.client
import json
import os
import ssl
import sys
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 20
REPORT_BYTES = 16 << 20
# For one read or write, not for the whole: Glance may think for a while after the last byte.
TIMEOUT_S = 300


class Failed(Exception):
    def __init__(self, reason, status=None):
        super().__init__(reason)
        self.status = status


def main():
    job = json.loads(sys.stdin.readline())
    try:
        emit("uploaded", sha512=upload(job, log_in(job)))
        return 0
    except Failed as problem:
        emit("failed", reason=str(problem), status=problem.status)
    except (OSError, http.client.HTTPException, KeyError, ValueError) as problem:
        emit("failed", reason=repr(problem), status=None)
    return 1


def log_in(job):
    """A token for an application credential, which lets nobody do more than upload."""
    if job.get("token"):
        return job["token"]
    credential = job["application_credential"]
    url = job["auth_url"].rstrip("/")
    url += "/auth/tokens" if url.endswith("/v3") else "/v3/auth/tokens"
    identity = {"methods": ["application_credential"],
                "application_credential": {"id": credential["id"], "secret": credential["secret"]}}
    connection, path = connect(url, job.get("ca"))
    connection.request("POST", path, json.dumps({"auth": {"identity": identity}}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 201:
        raise Failed(f"login: {answer.status} {answer.reason}", answer.status)
    return answer.headers["X-Subject-Token"]


def upload(job, token):
    total = os.path.getsize(job["path"])
    connection, path = connect(job["url"], job.get("ca"))
    connection.putrequest("PUT", path)
    for name, value in (("X-Auth-Token", token), ("Content-Type", "application/octet-stream"),
                        ("Content-Length", str(total))):
        connection.putheader(name, value)
    connection.endheaders()
    digest = hashlib.sha512()
    broken = None
    try:
        send(connection, job["path"], total, digest)
    except OSError as problem:
        # A server that refuses answers before it has read all, and then closes: its answer says more than the reset.
        broken = problem
    try:
        answer = connection.getresponse()
        reason = answer.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        raise Failed(f"connection lost: {broken or problem!r}") from None
    if answer.status not in (200, 201, 204):
        raise Failed(f"{answer.status} {answer.reason}: {reason}", answer.status)
    if broken:
        raise Failed(f"connection lost: {broken!r}", answer.status)
    return digest.hexdigest()


def send(connection, path, total, digest):
    sent = reported = 0
    with open(path, "rb") as image:
        for chunk in iter(lambda: image.read(CHUNK_BYTES), b""):
            connection.send(chunk)
            digest.update(chunk)
            sent += len(chunk)
            if sent - reported >= REPORT_BYTES or sent == total:
                reported = sent
                emit("progress", bytes=sent, total=total)


def connect(url, ca):
    """`ca` are certificates (PEM) to trust besides those of the system, or None."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(cadata=ca)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context), path
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S), path


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
