"""What has been done here, on disk, so that a reboot or a restart of the agent does nothing twice."""

import json
import os

FOLDER = "/var/lib/ptero/deployments"


def interrupted():
    return {
        "deploy_stdout": "",
        "deploy_stderr": "the agent or the machine was stopped while this deployment ran",
        "deploy_status_code": 1,
    }


class Records:
    def __init__(self, folder=FOLDER):
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def of(self, deployment):
        return Record(os.path.join(self.folder, f"{deployment.id}-{deployment.digest[:16]}.json"))

    def any_finished(self):
        return any(name.endswith(".json") and Record(os.path.join(self.folder, name)).signalled
                   for name in os.listdir(self.folder))


class Record:
    """One deployment: unknown, started, finished with a result, signalled. Each step is on disk before the next."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, encoding="utf-8") as text:
                self.state = json.load(text)
        except FileNotFoundError:
            self.state = {"state": None}
        except ValueError:
            # Cut by a crash while it was written for the first time.
            self.state = {"state": "started"}

    @property
    def started(self):
        return self.state["state"] is not None

    @property
    def result(self):
        return self.state.get("result")

    @property
    def signalled(self):
        return self.state["state"] == "signalled"

    def start(self):
        self.write({"state": "started"})

    def finish(self, result):
        self.write({"state": "finished", "result": result})

    def signal_sent(self):
        self.write({"state": "signalled", "result": self.result})

    def write(self, state):
        self.state = state
        part = f"{self.path}.part"
        with open(part, "w", encoding="utf-8") as text:
            json.dump(state, text)
            text.flush()
            os.fsync(text.fileno())
        os.replace(part, self.path)
