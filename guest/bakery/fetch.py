"""Brings a base image to this machine once, whole and checked."""

import os
import ssl
import time
import urllib.error
import urllib.request

from . import disk

ATTEMPTS = 5
TIMEOUT_S = 60
REPORT_BYTES = 64 << 20


class Problem(Exception):
    pass


def base(source, path, ca_bundle, report):
    """Downloads `source` to `path`; a copy that was cut is taken up where it ended."""
    part = f"{path}.part"
    last = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(2**attempt)
        try:
            download(source.url, part, ca_bundle, report)
            break
        except (OSError, EOFError) as problem:
            last = problem
            if isinstance(problem, urllib.error.HTTPError) and problem.code < 500 and problem.code != 416:
                raise Problem(f"{source.url}: {problem}") from problem
    else:
        raise Problem(f"{source.url}: {last}")
    if source.checksum:
        found = disk.digest(part, source.algorithm)
        if found != source.checksum.lower():
            os.remove(part)
            raise Problem(f"{source.url}: {source.algorithm} is {found}, want {source.checksum}")
    os.rename(part, path)


def download(url, part, ca_bundle, report):
    have = os.path.getsize(part) if os.path.exists(part) else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    tls = ssl.create_default_context(cafile=ca_bundle) if url.startswith("https:") else None
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S, context=tls)
    except urllib.error.HTTPError as problem:
        if problem.code == 416:
            # What is here does not fit what is there: begin again.
            os.remove(part)
        raise
    with answer:
        resumed = getattr(answer, "status", None) == 206
        length = answer.headers.get("Content-Length")
        total = int(length) + (have if resumed else 0) if length else None
        done = have if resumed else 0
        with open(part, "r+b" if resumed else "wb") as target:
            target.seek(done)
            reported = done
            for chunk in iter(lambda: answer.read(1 << 20), b""):
                # Most of an image is nothing, and stays so as a hole in the file.
                if chunk.count(0) == len(chunk):
                    target.seek(len(chunk), os.SEEK_CUR)
                else:
                    target.write(chunk)
                done += len(chunk)
                if done - reported >= REPORT_BYTES:
                    reported = done
                    report(done, total)
            target.truncate(done)
        report(done, total)
        if total is not None and done != total:
            raise EOFError(f"cut after {done} of {total} bytes")
