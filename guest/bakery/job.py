"""The job as plain values; refuses what it does not know before anything is touched."""

import os
import re
from dataclasses import dataclass, field
from typing import Optional

from .downloads import Downloads

VERSION = 1
CLASSES = {f"ptero::image::{kind}" for kind in ("application", "postgresql", "rabbitmq", "redis", "gateway")}
# Names become file names, and digests too.
SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


@dataclass(frozen=True)
class Base:
    digest: str
    url: str
    algorithm: Optional[str] = None
    checksum: Optional[str] = None


@dataclass(frozen=True)
class Recipe:
    name: str
    digest: str
    base: str
    puppet_class: str
    data: dict
    sources: dict
    size_gib: int

    @property
    def file_name(self):
        return f"{self.name}-{self.digest}.raw"

    @property
    def build_packages(self):
        return self.data.get("entry", {}).get("runtime", {}).get("build_packages") or []

    @property
    def puppet_classes(self):
        return self.data.get("entry", {}).get("puppet_classes") or []


@dataclass(frozen=True)
class Job:
    work_dir: str
    payload_dir: str
    downloads: Downloads
    parallel: int
    bases: dict = field(default_factory=dict)
    recipes: tuple = ()


def parse(raw):
    if raw.get("version") != VERSION:
        raise ValueError(f"version {raw.get('version')!r}, want {VERSION}")
    bases = {}
    for digest, base in raw["bases"].items():
        checksum = base.get("checksum") or {}
        bases[safe(digest)] = Base(digest, base["url"], checksum.get("algorithm"), checksum.get("value"))
    recipes = tuple(recipe(entry, bases, raw["payload_dir"]) for entry in raw["recipes"])
    if len({entry.file_name for entry in recipes}) != len(recipes):
        raise ValueError("two recipes of one name and digest")
    return Job(
        work_dir=os.path.abspath(raw["work_dir"]),
        payload_dir=os.path.abspath(raw["payload_dir"]),
        downloads=Downloads(raw.get("ca_bundle"), **(raw.get("downloads") or {})),
        parallel=max(1, int(raw.get("parallel", 1))),
        bases=bases,
        recipes=recipes,
    )


def recipe(raw, bases, payload_dir):
    if raw["class"] not in CLASSES:
        raise ValueError(f"recipe `{raw['name']}`: unknown class `{raw['class']}`")
    if raw["base"] not in bases:
        raise ValueError(f"recipe `{raw['name']}`: unknown base `{raw['base']}`")
    sources = {safe(name): os.path.join(payload_dir, path) for name, path in (raw.get("sources") or {}).items()}
    missing = [path for path in sources.values() if not os.path.isfile(path)]
    if missing:
        raise ValueError(f"recipe `{raw['name']}`: no such source {', '.join(missing)}")
    return Recipe(
        name=safe(raw["name"]),
        digest=safe(raw["digest"]),
        base=raw["base"],
        puppet_class=raw["class"],
        data=raw.get("data") or {},
        sources=sources,
        size_gib=int(raw.get("size_gib") or 4),
    )


def safe(name):
    if not SAFE.match(name):
        raise ValueError(f"`{name}` cannot be a file name")
    return name
