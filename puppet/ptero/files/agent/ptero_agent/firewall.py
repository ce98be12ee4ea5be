"""Only root may reach what names this machine's credentials: the jobs of other users run on workers."""

import logging
import os
import subprocess

from . import cloud

RULES = """\
table inet ptero
delete table inet ptero
table inet ptero {
  chain output {
    type filter hook output priority 0; policy accept;
    ip daddr 169.254.169.254 meta skuid != 0 counter reject
    ip6 daddr fe80::a9fe:a9fe meta skuid != 0 counter reject
  }
}
"""
log = logging.getLogger("ptero-agent")


def protect():
    """At every start of the agent, as the rules do not survive a reboot. `closed` says whether it worked."""
    close_folder(cloud.credentials_folder())
    done = subprocess.run(["nft", "-f", "-"], input=RULES, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log.error("nft: %s", done.stderr.strip())


def closed():
    return subprocess.run(["nft", "list", "table", "inet", "ptero"], capture_output=True, check=False).returncode == 0


def close_folder(folder):
    # cloud-init makes it open to all, and may do so after the agent has started: made here first, it stays closed.
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chmod(folder, 0o700)
