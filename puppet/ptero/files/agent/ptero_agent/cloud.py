"""The two calls of Heat the agent needs: what is to be done here, and how it went."""

import hashlib
import http.client
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import quote

from .errors import Unreachable

# Written by cloud-init from the user data Heat makes; may not be there yet when the agent starts.
CREDENTIALS = "/var/lib/heat-cfntools/cfn-init-data"
# Written by cloud-init where the deployer was given the authority of the cloud's certificates.
CLOUD_CA = "/etc/ptero/cloud-ca.pem"
TIMEOUT_S = 30
# What a call may end with besides an answer: no connection, one that is cut (which is no OSError), or something that
# is no JSON of the shape that is read.
UNREADABLE = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError)
SIGNAL_ATTEMPTS = 12
# Inputs that Heat adds for the agent; they hold a password, and are not what was asked to be done.
HEAT_INPUTS = ("deploy_signal_id", "deploy_auth_url", "deploy_username", "deploy_user_id", "deploy_password",
               "deploy_project_id", "deploy_domain_id", "deploy_region_name")


@dataclass(frozen=True)
class Deployment:
    id: str
    name: str
    inputs: dict

    @property
    def digest(self):
        wanted = {key: value for key, value in self.inputs.items() if key not in HEAT_INPUTS}
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


class Session:
    """A token of one user and the address of Heat for it, renewed when refused."""

    def __init__(self, auth_url, user_id, password, project_id, region):
        self.auth_url, self.user_id, self.password = auth_url, user_id, password
        self.project_id, self.region = project_id, region
        self.token = self.endpoint = None

    @classmethod
    def of(cls, access):
        """From what a handle has as its `signal`: a mapping, or the text of one."""
        access = json.loads(access) if isinstance(access, str) else access
        return cls(access["auth_url"], access["user_id"], access["password"], access["project_id"],
                   access.get("region_name"))

    def call(self, method, path, body=None):
        if self.token is None:
            self.log_in()
        status, answer = request(method, self.endpoint + path, body, self.token)
        if status == 401:
            self.log_in()
            status, answer = request(method, self.endpoint + path, body, self.token)
        return status, answer

    def log_in(self):
        identity = {"methods": ["password"], "password": {"user": {"id": self.user_id, "password": self.password}}}
        scope = {"project": {"id": self.project_id}}
        url = self.auth_url.rstrip("/")
        if not url.endswith("/v3"):
            url = (url[: -len("/v2.0")] if url.endswith("/v2.0") else url) + "/v3"
        try:
            answer = open_url("POST", f"{url}/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
            with answer:
                self.token = answer.headers["X-Subject-Token"]
                self.endpoint = orchestration(json.load(answer)["token"]["catalog"], self.region)
        except urllib.error.HTTPError as problem:
            raise Unreachable(f"login: status {problem.code}") from None
        except UNREADABLE as problem:
            raise Unreachable(f"login: {problem!r}") from None


def orchestration(catalogue, region):
    found = [
        endpoint
        for service in catalogue
        if service["type"] == "orchestration"
        for endpoint in service["endpoints"]
        if endpoint["interface"] == "public"
    ]
    if not found:
        raise Unreachable("the service catalogue has no orchestration endpoint")
    here = [endpoint for endpoint in found if region in (None, "", endpoint.get("region"))]
    return (here or found)[0]["url"].rstrip("/")


class Heat:
    def __init__(self, credentials=CREDENTIALS):
        self.credentials = credentials
        self.session = self.path = None

    def deployments(self):
        """What Heat wants done here, oldest first."""
        if self.session is None and not self.read_credentials():
            return []
        status, answer = self.session.call("GET", f"{self.path}/metadata")
        if status != 200:
            raise Unreachable(f"metadata: status {status}")
        try:
            return [parse(entry) for entry in answer.get("metadata", {}).get("deployments") or []]
        except UNREADABLE as problem:
            raise Unreachable(f"metadata: {problem!r}") from None

    def read_credentials(self):
        try:
            with open(self.credentials, encoding="utf-8") as data:
                heat = json.load(data)["os-collect-config"]["heat"]
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError) as problem:
            raise Unreachable(f"{self.credentials}: {problem!r}") from None
        self.session = Session(heat["auth_url"], heat["user_id"], heat["password"], heat["project_id"],
                               heat.get("region_name"))
        self.path = f"/stacks/{quote(heat['stack_id'])}/resources/{quote(heat['resource_name'], safe='')}"
        return True

    def signal(self, deployment, result):
        """Tells the deployment's own resource, as the deployment's own user: it may lie in another stack."""
        inputs = deployment.inputs
        session = Session(inputs["deploy_auth_url"], inputs["deploy_user_id"], inputs["deploy_password"],
                          inputs["deploy_project_id"], inputs.get("deploy_region_name"))
        path = (f"/stacks/{quote(inputs['deploy_stack_id'])}"
                f"/resources/{quote(inputs['deploy_resource_name'], safe='')}/signal")
        for attempt in range(SIGNAL_ATTEMPTS):
            try:
                status, _ = session.call("POST", path, result)
            except Unreachable:
                status = None
            # 400 and 404: it is signalled already, or gone, so nobody waits for this any more.
            if status in (200, 201, 204, 400, 404):
                return
            time.sleep(min(2**attempt, 30))
        raise Unreachable(f"signal: status {status}")


def parse(entry):
    return Deployment(entry["id"], entry.get("name") or entry["id"],
                      {item["name"]: item.get("value") for item in entry.get("inputs", [])})


def request(method, url, body, token):
    """Status and JSON of an answer, whatever the status is."""
    try:
        with open_url(method, url, body, token) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text.strip() else {}
    except urllib.error.HTTPError as problem:
        return problem.code, {}
    except UNREADABLE as problem:
        raise Unreachable(f"{method}: {problem!r}") from None


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to wherever it points."""

    def redirect_request(self, *_):
        return None


def trust():
    """What the system trusts, and the cloud's own authority."""
    context = ssl.create_default_context()
    if os.path.exists(CLOUD_CA):
        context.load_verify_locations(CLOUD_CA)
    return context


def open_url(method, url, body=None, token=None):
    headers = {"Accept": "application/json", "User-Agent": "ptero-agent"}
    if token:
        headers["X-Auth-Token"] = token
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    opener = urllib.request.build_opener(NoRedirect, urllib.request.HTTPSHandler(context=trust()))
    try:
        return opener.open(urllib.request.Request(url, data, headers, method=method), timeout=TIMEOUT_S)
    except socket.timeout as problem:
        raise OSError(str(problem)) from None


def credentials_folder():
    return os.path.dirname(CREDENTIALS)
