"""An image mounted and entered: what is lent to it during the bake lies on tmpfs or in bind mounts, never in it."""

import contextlib
import os
import shutil
import subprocess

from . import disk, loop, sources

# What the bake lends to the image; on a tmpfs, so it cannot stay behind.
LENT = "run/ptero-bake"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# Exit code 101 = "this action is not allowed": maintainer scripts then go on without a started service.
POLICY = "#!/bin/sh\nexit 101\n"
APT = f"""\
Dir::Cache::Archives "/{LENT}/apt";
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "5";
Acquire::http::Timeout "30";
Dpkg::Use-Pty "false";
DPkg::Options {{
  "--force-unsafe-io";
  "--path-exclude=/usr/share/doc/*";
  "--path-include=/usr/share/doc/*/copyright";
  "--path-exclude=/usr/share/man/*";
  "--path-exclude=/usr/share/info/*";
}};
"""


class CommandFailed(Exception):
    def __init__(self, command, code):
        super().__init__(f"`{command[0]}` ended with exit code {code}")
        self.code = code


class Chroot:
    def __init__(self, root, log, environment):
        self.root, self.log, self.environment = root, log, environment

    def path(self, inside):
        return os.path.join(self.root, inside.lstrip("/"))

    def run(self, command, accept=(0,), each_line=None, shown=str):
        """Runs `command` inside; every line of its output goes to the log. Returns the exit code."""
        child = subprocess.Popen(
            ["chroot", self.root] + command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd="/",
            text=True,
            errors="replace",
        )
        for line in child.stdout:
            line = line.rstrip("\n")
            self.log.line(shown(line))
            if each_line:
                each_line(line)
        code = child.wait()
        if code not in accept:
            raise CommandFailed(command, code)
        return code

    def output(self, command):
        return subprocess.run(
            ["chroot", self.root] + command, env=self.environment, cwd="/", capture_output=True, text=True, check=True
        ).stdout


@contextlib.contextmanager
def entered(image, mount_point, log, caches, downloads):
    """Mounts `image` at `mount_point` with all it needs to run package managers in it; undoes it all."""
    os.makedirs(mount_point, exist_ok=True)
    offset, size = disk.root_area(image)
    with contextlib.ExitStack() as stack:
        with loop.Loop(image, offset, size) as device:
            if size:
                disk.resize_to_device(device)
            mount("-o", "discard", device, mount_point)
        stack.callback(os.rmdir, mount_point)
        stack.callback(unmount, mount_point)
        mounted(stack, mount_point, "run", "-t", "tmpfs", "-o", "mode=755", "tmpfs")
        devices(stack, mount_point)
        mounted(stack, mount_point, "proc", "--bind", "/proc")
        mounted(stack, mount_point, "sys", "--rbind", "/sys")
        # A tmpfs keeps what builds leave in /tmp out of the image; pip needs some room there.
        mounted(stack, mount_point, "tmp", "-t", "tmpfs", "-o", "mode=1777,size=2g", "tmpfs")
        lend(stack, mount_point, caches, downloads)
        yield Chroot(mount_point, log, environment(downloads))
        remove(f"{mount_point}/usr/sbin/policy-rc.d")


def devices(stack, root):
    """Bind mounts of single nodes: a container may not make nodes, and /dev as a whole is not for packages to touch."""
    mounted(stack, root, "dev", "-t", "tmpfs", "-o", "mode=755", "tmpfs")
    for name in DEVICES:
        open(f"{root}/dev/{name}", "w", encoding="ascii").close()
        mounted(stack, root, f"dev/{name}", "--bind", f"/dev/{name}")
    for name in ("pts", "shm"):
        os.mkdir(f"{root}/dev/{name}")
    mounted(stack, root, "dev/pts", "--bind", "/dev/pts")
    mounted(stack, root, "dev/shm", "-t", "tmpfs", "tmpfs")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")


def lend(stack, root, caches, downloads):
    lent = f"{root}/{LENT}"
    os.makedirs(lent)
    write(f"{lent}/apt.conf", APT + downloads.apt(f"/{LENT}"))
    if downloads.apt_mirror:
        sources.lend(root, lent, downloads.apt_mirror)
    write(f"{root}/usr/sbin/policy-rc.d", POLICY, 0o755)
    if downloads.ca_bundle:
        shutil.copyfile(downloads.ca_bundle, f"{lent}/ca.pem")
    for name, outside in caches.items():
        os.mkdir(f"{lent}/{name}")
        mounted(stack, root, f"{LENT}/{name}", "--bind", outside)
    resolver = f"{root}/etc/resolv.conf"
    if os.path.islink(resolver):
        # Points below /run, as systemd-resolved has it: made there, on the tmpfs.
        target = os.path.join("/etc", os.readlink(resolver))
        write_resolver(root + os.path.normpath(target))
        return
    if not os.path.exists(resolver):
        open(resolver, "w", encoding="ascii").close()
        stack.callback(remove, resolver)
    write_resolver(f"{lent}/resolv.conf")
    mounted(stack, root, "etc/resolv.conf", "--bind", f"{lent}/resolv.conf")


def write_resolver(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile("/etc/resolv.conf", path)


def environment(downloads):
    known = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        # PostgreSQL's packages take the encoding of the first cluster from it.
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "APT_CONFIG": f"/{LENT}/apt.conf",
        "PIP_CACHE_DIR": f"/{LENT}/pip",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_NO_INPUT": "1",
        "PIP_RETRIES": "5",
        "PIP_DEFAULT_TIMEOUT": "60",
    }
    if downloads.ca_bundle:
        for name in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE"):
            known[name] = f"/{LENT}/ca.pem"
    return {**known, **downloads.pip(), **downloads.proxies()}


def mounted(stack, root, inside, *arguments):
    mount(*arguments, f"{root}/{inside}")
    stack.callback(unmount, f"{root}/{inside}")


def mount(*arguments):
    disk.run(["mount", *arguments])


def unmount(path):
    # A daemon that a package started in spite of the policy must not keep the image busy: `--lazy` is the last resort.
    if subprocess.run(["umount", "--recursive", path], capture_output=True, check=False).returncode != 0:
        subprocess.run(["umount", "--recursive", "--lazy", path], capture_output=True, check=False)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as target:
        target.write(text)
    os.chmod(path, mode)


def remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
