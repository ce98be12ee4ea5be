"""Bakes all recipes of a job, side by side, each from a copy of its base's seed."""

import concurrent.futures
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import threading
import time

from . import chroot, clean, disk, events, puppet, seed

# A bake of an earlier run of the caller may still be ending.
LOCK_WAIT_S = 60


class Busy(Exception):
    pass


class Paths:
    """Where things lie in the work folder; everything under `scratch` is worthless after a run."""

    def __init__(self, work_dir):
        self.work = work_dir
        self.bases, self.seeds, self.images = f"{work_dir}/bases", f"{work_dir}/seeds", f"{work_dir}/images"
        self.logs, self.scratch, self.mounts = f"{work_dir}/logs", f"{work_dir}/scratch", f"{work_dir}/scratch/mnt"
        self.apt, self.pip = f"{work_dir}/cache/apt", f"{work_dir}/cache/pip"

    def prepare(self):
        shutil.rmtree(self.scratch, ignore_errors=True)
        for folder in vars(self).values():
            os.makedirs(folder, exist_ok=True)

    @contextlib.contextmanager
    def caches(self, name):
        """Caches for one chroot. apt locks its archive folder, so each gets one of its own, filled by hard links."""
        own = f"{self.scratch}/apt-{name}"
        os.makedirs(f"{own}/partial")
        share(self.apt, own)
        try:
            yield {"apt": own, "pip": self.pip}
        finally:
            share(own, self.apt)
            shutil.rmtree(own, ignore_errors=True)


def share(source, target):
    for name in os.listdir(source):
        if name.endswith(".deb"):
            with contextlib.suppress(FileExistsError):
                os.link(f"{source}/{name}", f"{target}/{name}")


def bake(job, stream):
    paths = Paths(job.work_dir)
    os.makedirs(job.work_dir, exist_ok=True)
    with locked(f"{job.work_dir}/lock"):
        undo_leftovers(job.work_dir)
        paths.prepare()
        seeds = Seeds(job, paths, stream)
        with concurrent.futures.ThreadPoolExecutor(job.parallel) as pool:
            done = list(pool.map(lambda recipe: bake_one(recipe, job, paths, seeds, stream), job.recipes))
        shutil.rmtree(paths.scratch, ignore_errors=True)
    stream.emit("done", built=done.count(True), failed=done.count(False))
    return 0 if all(done) else 1


class Seeds:
    """One seed per base, made by the first recipe that asks; the others wait for it and share its failure."""

    def __init__(self, job, paths, stream):
        self.job, self.paths, self.stream = job, paths, stream
        self.locks = {digest: threading.Lock() for digest in job.bases}
        self.results = {}

    def get(self, digest):
        with self.locks[digest]:
            if digest not in self.results:
                self.results[digest] = self.make(self.job.bases[digest])
            path, problem = self.results[digest]
        if problem:
            raise SeedFailed(*problem)
        return path

    def make(self, base):
        def report(state, count, total):
            self.stream.emit("base", base=base.digest, state=state, bytes=count, total=total)

        log = events.Log(self.stream, f"base-{base.digest[:12]}", f"{self.paths.logs}/base-{base.digest[:12]}.log")
        try:
            path = seed.make(base, self.paths, self.job, log, report)
            report("ready", os.path.getsize(path), os.path.getsize(path))
            return path, None
        except Exception as problem:  # One base's trouble, whatever it is, must leave the other bases' recipes running.
            return None, (str(problem), log.path, log.tail())
        finally:
            log.close()


class SeedFailed(Exception):
    def __init__(self, reason, path, tail):
        super().__init__(f"base image: {reason}")
        self.path, self.tail = path, tail


def bake_one(recipe, job, paths, seeds, stream):
    """Bakes one recipe; tells of its end by an event, and never raises."""
    phase = ["copy"]
    log = events.Log(stream, recipe.name, f"{paths.logs}/{recipe.name}.log")

    def enter(name):
        phase[0] = name
        stream.emit("recipe", name=recipe.name, phase=name)

    try:
        known = finished(paths, recipe)
        if not known:
            base = seeds.get(recipe.base)
            known = make(recipe, base, job, paths, log, enter)
        stream.emit("built", name=recipe.name, digest=recipe.digest, **known)
        return True
    except Exception as problem:  # The others go on, whatever it was.
        resource = getattr(problem, "resource", None)
        path, tail = getattr(problem, "path", log.path), getattr(problem, "tail", log.tail())
        stream.emit("failed", name=recipe.name, digest=recipe.digest, phase=phase[0], resource=resource,
                    reason=str(problem) or repr(problem), log=path, tail=tail)
        return False
    finally:
        log.close()


def make(recipe, base, job, paths, log, enter):
    part = f"{paths.scratch}/{recipe.file_name}"
    enter("copy")
    disk.to_raw(base, part)
    disk.grow(part, recipe.size_gib)
    with paths.caches(recipe.name) as caches:
        with chroot.entered(part, f"{paths.mounts}/{recipe.name}", log, caches, job.downloads) as inside:
            enter("packages")
            seed.refresh_lists(base, inside)
            added = add_build_packages(inside, recipe.build_packages)
            enter("puppet")
            puppet.install_modules(inside, job.payload_dir)
            puppet.apply(inside, recipe, job.payload_dir)
            schema = read_schema(inside, recipe)
            enter("clean")
            remove_packages(inside, added)
            clean.clean(inside)
            # What was deleted becomes holes in the file; not every kernel can, and then the file is only larger.
            subprocess.run(["fstrim", inside.root], capture_output=True, check=False)
    enter("shrink")
    disk.shrink(part)
    enter("hash")
    known = {"path": f"{paths.images}/{recipe.file_name}", "bytes": os.path.getsize(part),
             "sha512": disk.digest(part), "schema": schema}
    os.rename(part, known["path"])
    # Written last: an image without it was not finished.
    chroot.write(f"{known['path']}.json.part", json.dumps(known))
    os.rename(f"{known['path']}.json.part", f"{known['path']}.json")
    return known


def finished(paths, recipe):
    """What an earlier run, killed later on, had already built of this very recipe."""
    try:
        with open(f"{paths.images}/{recipe.file_name}.json", encoding="utf-8") as record:
            known = json.load(record)
        return known if os.path.getsize(known["path"]) == known["bytes"] else None
    except (OSError, ValueError, KeyError):
        return None


def add_build_packages(inside, names):
    """Compilers and headers: marked as automatic, so that taking them out again takes what they brought along."""
    if not names:
        return set()
    before = installed(inside)
    inside.run(["apt-get", "-q", "-y", "install", *names])
    added = installed(inside) - before
    inside.run(["apt-mark", "auto", *sorted(added)])
    return added


def remove_packages(inside, added):
    """Only what the bake added, and of that only what nothing in the image needs now."""
    if not added:
        return
    plan = inside.output(["apt-get", "-s", "autoremove"])
    unneeded = {line.split()[1] for line in plan.splitlines() if line.startswith("Remv ")}
    if unneeded & added:
        inside.run(["apt-get", "-q", "-y", "purge", *sorted(unneeded & added)])


def installed(inside):
    return set(inside.output(["dpkg-query", "-W", "-f", "${Package}\\n"]).split())


def read_schema(inside, recipe):
    service = recipe.data.get("service")
    try:
        with open(inside.path(f"opt/ptero/{service}/schema"), encoding="utf-8") as text:
            return text.read().strip() or None
    except FileNotFoundError:
        return None


def undo_leftovers(work_dir):
    """Mounts and devices of a run that was killed normally went with its namespaces; this is for when they did not."""
    with open("/proc/self/mounts", encoding="utf-8") as table:
        points = [line.split()[1] for line in table]
    for point in reversed([point for point in points if point.startswith(f"{work_dir}/")]):
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="ascii") as handle:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(f"another bake works in {os.path.dirname(path)}") from None
                time.sleep(1)
        yield
