"""How to download. Programs are told by their environment and by files on a tmpfs, so that an image keeps nothing of it."""

from dataclasses import dataclass
from typing import Optional

# Facter asks for the metadata of clouds, which are a machine's own: a proxy would give its own or let it wait.
DIRECT = ("localhost", "127.0.0.1", "169.254.169.254")


@dataclass(frozen=True)
class Downloads:
    ca_bundle: Optional[str] = None
    http_proxy: Optional[str] = None
    no_proxy: tuple = ()

    def proxies(self):
        """Variables in both spellings: curl wants small letters, others look for capitals."""
        if not self.http_proxy:
            return {}
        known = {"http_proxy": self.http_proxy, "https_proxy": self.http_proxy,
                 "no_proxy": ",".join([*DIRECT, *self.no_proxy])}
        return {**known, **{name.upper(): value for name, value in known.items()}}
