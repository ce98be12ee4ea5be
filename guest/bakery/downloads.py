"""How to download. Programs are told by their environment and by files on a tmpfs, so that an image keeps nothing of it."""

from dataclasses import dataclass
from typing import Optional
from urllib.parse import urlsplit

# Facter asks for the metadata of clouds, which are a machine's own: a proxy would give its own or let it wait.
DIRECT = ("localhost", "127.0.0.1", "169.254.169.254")


class Problem(Exception):
    pass


@dataclass(frozen=True)
class Downloads:
    ca_bundle: Optional[str] = None
    http_proxy: Optional[str] = None
    no_proxy: tuple = ()
    apt_mirror: Optional[str] = None
    pypi_index: Optional[str] = None

    def proxies(self):
        """Variables in both spellings: curl wants small letters, others look for capitals."""
        if not self.http_proxy:
            return {}
        known = {"http_proxy": self.http_proxy, "https_proxy": self.http_proxy,
                 "no_proxy": ",".join([*DIRECT, *self.no_proxy])}
        return {**known, **{name.upper(): value for name, value in known.items()}}

    def pip(self):
        """Variables of pip, which also a virtualenv with `--download` reads."""
        if not self.pypi_index:
            return {}
        known = {"PIP_INDEX_URL": self.pypi_index}
        index = urlsplit(self.pypi_index)
        if index.scheme == "http":
            # Otherwise it leaves out what comes unencrypted; whoever wrote `http:` accepts that.
            known["PIP_TRUSTED_HOST"] = index.hostname
        return known

    def apt(self, lent):
        """Lines of apt.conf, for an image with copies of its sources in the folder `lent`."""
        if not self.apt_mirror:
            return ""
        lines = [f'Dir::Etc::SourceList "{lent}/sources.list";', f'Dir::Etc::SourceParts "{lent}/sources.list.d";']
        if self.ca_bundle and self.apt_mirror.startswith("https:"):
            lines.append(f'Acquire::https::CaInfo "{lent}/ca.pem";')
        return "\n".join(lines) + "\n"
