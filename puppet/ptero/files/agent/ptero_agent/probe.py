"""Questions to servers, each answered by None (as it should be) or by what is wrong in a few words."""

import http.client
import os
import socket
import struct
import subprocess

TIMEOUT_S = 5
CELERY_TIMEOUT_S = 30


def wait_for_port(host, port, deadline):
    while True:
        try:
            socket.create_connection((host, port), timeout=TIMEOUT_S).close()
            return
        except OSError as problem:
            deadline.pause(1, f"connection to {host}:{port}: {problem}")


def port(host, number):
    try:
        socket.create_connection((host, number), timeout=TIMEOUT_S).close()
    except OSError as problem:
        return f"connection: {problem!r}"
    return None


def http_get(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def web(host, port, path, status):
    try:
        found, _ = http_get(host, port, path)
    except (OSError, http.client.HTTPException) as problem:
        return f"http: {problem!r}"
    return None if found == status else f"GET {path} answers {found}, want {status}"


def celery(home, app, node, variables, deadline):
    """Whether a worker answers its broker's questions; by the service's own celery, whatever version that is."""
    binary = os.path.join(home, "venv", "bin", "celery")
    environment = {"PATH": f"{home}/venv/bin:/usr/bin:/bin", "HOME": "/", "LANG": "C.UTF-8", **variables}
    try:
        done = subprocess.run([binary, "-A", app, "inspect", "ping", "--timeout", "5", "-d", node],
                              cwd=os.path.join(home, "source"), env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, user="ptero", group="ptero",
                              timeout=min(CELERY_TIMEOUT_S, deadline.left() + 0.1))
    except subprocess.TimeoutExpired:
        return f"celery inspect ping of {node} took too long"
    return None if done.returncode == 0 and node in done.stdout else f"{node} does not answer to celery inspect ping"


def redis(host, port, password):
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection:
            secret = password.encode()
            connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n*1\r\n$4\r\nPING\r\n" % (len(secret), secret))
            stream = connection.makefile("rb")
            answers = [stream.readline().strip(), stream.readline().strip()]
    except OSError as problem:
        return f"redis: {problem!r}"
    return None if answers == [b"+OK", b"+PONG"] else "redis does not answer to PING"


def amqp(host, port, user, password, vhost):
    """Logs in to RabbitMQ as a client does (AMQP 0-9-1): rabbitmqctl would need seconds, and say less."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection:
            stream = connection.makefile("rb")
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            expect(stream, 10)
            login = b"\x00" + user.encode() + b"\x00" + password.encode()
            connection.sendall(method(11, struct.pack(">I", 0) + short(b"PLAIN") + long(login) + short(b"en_US")))
            tune = expect(stream, 30)
            connection.sendall(method(31, tune[:6] + struct.pack(">H", 0)))
            connection.sendall(method(40, short(vhost.encode()) + short(b"") + b"\x00"))
            expect(stream, 41)
            connection.sendall(method(50, struct.pack(">H", 200) + short(b"") + struct.pack(">HH", 0, 0)))
    except (OSError, EOFError, ValueError, struct.error) as problem:
        return f"login of {user} to virtual host {vhost}: {problem}"
    return None


def expect(stream, wanted):
    """The arguments of the next method, which must be `wanted` of the class `connection` (10)."""
    head = stream.read(7)
    if len(head) < 7:
        # How RabbitMQ refuses a login of an old client, and a virtual host that is not there.
        raise EOFError("refused")
    _, _, size = struct.unpack(">BHI", head)
    frame = stream.read(size + 1)
    group, number = struct.unpack(">HH", frame[:4])
    if (group, number) != (10, wanted):
        raise ValueError("refused")
    return frame[4:-1]


def method(number, arguments):
    payload = struct.pack(">HH", 10, number) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


def short(text):
    return bytes([len(text)]) + text


def long(text):
    return struct.pack(">I", len(text)) + text
