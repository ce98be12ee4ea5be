"""Throw-away servers for the tests: PostgreSQL, RabbitMQ and the services.

Everything lives in one temporary directory and listens on free ports of the
loopback interface; every process is a child of the tests and ends with them.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

MINIPTERO = Path(__file__).resolve().parent.parent
CATALOGUE = MINIPTERO.parent / "catalog" / "miniptero.yaml"
SERVICES = ("workflow", "shell-command")
RELEASES = ("v1", "v2", "v3-broken")

# Only for reading the catalogue.
_YAML = "pyyaml>=6,<7"

# The first start of RabbitMQ on a busy two-core machine takes half of it.
_START_S = 60


def wait(what, probe, seconds=_START_S):
    """The probe's first true result."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = probe()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def free_port():
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(port):
    """Whether somebody accepts connections on the port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def call(method, url, body=None, headers=None):
    """Status, document and headers of an HTTP request."""
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as answer:
        return answer.code, json.loads(answer.read()), answer.headers


class Child:
    """A process with a log file."""

    def __init__(self, name, command, directory, log, environment=None, user=None):
        self.name, self.log = name, log
        identity = {}
        if user and os.geteuid() == 0:
            account = pwd.getpwnam(user)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=directory,
                env={"PATH": "/usr/lib/erlang/bin:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **identity,
            )

    def running(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=30):
        """Signal the main process only, as systemd does; kill it when it is deaf."""
        if self.running():
            self.send(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop, see {self.log}") from None


class Bench:
    """PostgreSQL, RabbitMQ, and both services in one release."""

    def __init__(self):
        self.root = Path(tempfile.mkdtemp(prefix="miniptero-"))
        self.root.chmod(0o755)
        self.backing, self.processes = [], {}
        self.ports = {service: free_port() for service in SERVICES}
        self.postgres_port, self.rabbit_port = free_port(), free_port()
        try:
            self._make_sources()
            self._start_postgres()
            self._start_rabbit()
        except BaseException:
            self.close()
            raise

    def close(self):
        """End everything and leave nothing behind, unless asked to keep it."""
        for child in [*self.processes.values(), *reversed(self.backing)]:
            try:
                child.stop(signal.SIGINT if child.name == "postgres" else signal.SIGTERM)
            except AssertionError as problem:
                print(problem, file=sys.stderr)
        if os.environ.get("MINIPTERO_KEEP"):
            print(f"kept: {self.root}", file=sys.stderr)
        else:
            shutil.rmtree(self.root)

    def url(self, service, path):
        return f"http://127.0.0.1:{self.ports[service]}/v1{path}"

    def source(self, service, release):
        return self.root / "source" / service / release

    def install(self, release, services=SERVICES):
        """Install the release as an image gets it."""
        for service in services:
            venv = self.root / "venv" / service
            pins = self.root / f"{service}.constraints"
            pins.write_text("\n".join(self.catalogue["services"][service]["runtime"]["constraints"]))
            if not venv.exists():
                _run([_python(), "-m", "venv", str(venv)])
            source = self.source(service, release)
            _run([str(venv / "bin/pip"), "install", "--quiet", "--constraint", str(pins), str(source)], source)

    def migrate(self, release, *arguments):
        """Run alembic as the catalogue says, or with other arguments."""
        for service in SERVICES:
            command = self.catalogue["services"][service]["migrate"]["command"]
            if arguments:
                command = [command[0], *arguments]
            environment = self._environment(service, {})
            _run([self._program(service, command[0]), *command[1:]], self.source(service, release), environment)

    def give_revisions(self, newer, older):
        """Give the code of an older release the newer one's revisions, as the agent of its member does."""
        for service in SERVICES:
            folder = self.catalogue["services"][service]["migrate"]["revisions"]
            source, target = (self.source(service, release) / folder for release in (newer, older))
            shutil.copytree(source, target, dirs_exist_ok=True)

    def start(self, release, only=None):
        """Start the catalogue's processes, or the one `only` names."""
        for service in SERVICES:
            for role in self.catalogue["services"][service]["roles"].values():
                for name, process in role["processes"].items():
                    if only in (None, (service, name)):
                        self._start(service, name, process, release)

    def stop(self):
        for child in self.processes.values():
            child.send(signal.SIGTERM)
        for child in self.processes.values():
            child.stop()
        self.processes = {}

    def wait_ready(self):
        """Wait until each web answers its probe and lists all its workers."""
        for service in SERVICES:
            entry = self.catalogue["services"][service]
            probe = entry["roles"]["web"]["ready"]
            base = f"http://127.0.0.1:{self.ports[service]}"
            wait(f"web of {service}", lambda: listens(self.ports[service]))
            assert call("GET", base + probe["path"])[0] == probe["status"]
            workers = sum("celery" in role["ready"] for role in entry["roles"].values())
            wait(f"workers of {service}", lambda: len(self.server_info(service)[1]["celeryStatus"]) == workers)

    def server_info(self, service):
        return call("GET", self.url(service, "/server-info"))[:2]

    def restart_postgres(self):
        postgres = self.backing[0]
        postgres.stop(signal.SIGINT)
        self.backing[0] = self._postgres()

    def restart_rabbit(self):
        self.backing[2].stop()
        self.backing[2] = self._rabbit()
        wait("RabbitMQ", lambda: listens(self.rabbit_port))

    def _make_sources(self):
        tools = self.root / "tools"
        _run([_python(), "-m", "venv", str(tools)])
        _run([str(tools / "bin/pip"), "install", "--quiet", _YAML])
        read = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
        self.catalogue = json.loads(_run([str(tools / "bin/python"), "-c", read, str(CATALOGUE)]))
        repositories = self.root / "repositories"
        _run([sys.executable, str(MINIPTERO / "make_repos.py"), str(repositories)])
        for service in SERVICES:
            for release in RELEASES:
                source = self.source(service, release)
                origin = str(repositories / f"{service}.git")
                _run(["git", "clone", "--quiet", "--branch", release, origin, str(source)])

    def _start_postgres(self):
        data = self.root / "postgres"
        data.mkdir()
        shutil.chown(data, "postgres")
        initdb = [str(_postgres_bin() / "initdb"), "--pgdata", str(data), "--auth", "trust", "--no-sync"]
        made = Child("initdb", initdb, data, self.root / "initdb.log", user="postgres")
        assert made.process.wait() == 0, (self.root / "initdb.log").read_text()
        self.backing.append(self._postgres())
        psql = ["psql", "--quiet", "--host", "127.0.0.1", "--port", str(self.postgres_port), "--username", "postgres"]
        wait("PostgreSQL", lambda: listens(self.postgres_port))
        for service in SERVICES:
            name = self.catalogue["services"][service]["database"]
            wait(
                f"database {name}",
                lambda: subprocess.run([*psql, "-c", f"CREATE DATABASE {name}"], capture_output=True).returncode == 0,
            )

    def _postgres(self):
        data = self.root / "postgres"
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(data), "fsync": "off"}
        command = [str(_postgres_bin() / "postgres"), "-D", str(data), "-p", str(self.postgres_port)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return Child("postgres", command, data, self.root / "postgres.log", user="postgres")

    def _start_rabbit(self):
        home = self.root / "rabbit"
        home.mkdir()
        vhosts = [self.catalogue["services"][service]["vhost"] for service in SERVICES]
        permissions = {"user": "tester", "configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "users": [{"name": "tester", "password": "tester", "tags": ""}],
            "vhosts": [{"name": name} for name in vhosts],
            "permissions": [{**permissions, "vhost": name} for name in vhosts],
        }
        (home / "definitions.json").write_text(json.dumps(definitions))
        (home / "rabbitmq.conf").write_text(f"load_definitions = {home}/definitions.json\n")
        (home / "enabled_plugins").write_text("[].\n")
        for path in [home, *home.iterdir()]:
            shutil.chown(path, "rabbitmq")
        # Our own port mapper: RabbitMQ would leave a shared one running.
        self.epmd_port, self.dist_port = free_port(), free_port()
        epmd = ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"]
        self.backing.append(Child("epmd", epmd, home, self.root / "epmd.log"))
        wait("epmd", lambda: listens(self.epmd_port))
        self.backing.append(self._rabbit())
        wait("RabbitMQ", lambda: listens(self.rabbit_port))

    def _rabbit(self):
        home = self.root / "rabbit"
        environment = {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"miniptero{os.getpid()}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.rabbit_port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        }
        # Not the one on PATH, which changes to the user and paths of the system's own server.
        command = [str(next(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server")))]
        return Child("rabbitmq", command, home, self.root / "rabbitmq.log", environment, user="rabbitmq")

    def _start(self, service, name, process, release):
        command = [word.replace("0.0.0.0:", "127.0.0.1:") for word in process["command"]]
        port = self.catalogue["services"][service]["port"]
        command = [word.replace(f":{port}", f":{self.ports[service]}") for word in command]
        log = self.root / f"{service}-{name}.log"
        environment = self._environment(service, process.get("environment", {}))
        command[0] = self._program(service, command[0])
        child = Child(f"{service} {name}", command, self.source(service, release), log, environment)
        self.processes[service, name] = child

    def _environment(self, service, more):
        """The catalogue's environment with its placeholders filled."""
        entry = self.catalogue["services"][service]
        values = {
            "database_url": f"postgresql://postgres@127.0.0.1:{self.postgres_port}/{entry['database']}",
            "broker_url": f"amqp://tester:tester@127.0.0.1:{self.rabbit_port}/{entry['vhost']}",
            "advertised_host": "127.0.0.1",
            "gateway_host": "127.0.0.1",
            "commit": "0" * 40,
        }
        for other, port in self.ports.items():
            values[f"port.{other}"] = str(port)
        named = {**entry["environment"], **more}
        return {key: _Placeholders(text).substitute(values) for key, text in named.items()}

    def _program(self, service, name):
        return str(self.root / "venv" / service / "bin" / name)


class _Placeholders(string.Template):
    """`${port.shell-command}` is one placeholder, too."""

    braceidpattern = r"[a-z_.\-]+"


def _run(command, directory=None, environment=None):
    environment = None if environment is None else {"PATH": os.defpath, **environment}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _python():
    """Debian's own Python, as in an image, where there is one."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable


def _postgres_bin():
    return max(Path("/usr/lib/postgresql").glob("*/bin"))
