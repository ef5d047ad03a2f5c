"""Makes code and packages ready before the command starts."""

from __future__ import annotations

import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from submarine.adapters.yarn.launcher.staging import AwayError, GoneError, Staging
from submarine.adapters.yarn.launcher.surroundings import CODE, ENVIRONMENT, SITE, Surroundings
from submarine.core.preparation.errors import PreparationError
from submarine.core.preparation.tools import run

PROBLEM = "problem"
PACKED = "environment.tar"
_TRIES = 60
_PAUSE = 5.0
_BLOCK = 1 << 20


def needed(job: Mapping[str, Any]) -> bool:
    """Tell whether there is anything to make ready."""
    return bool(job.get("source") or job["packages"] or job.get("brought"))


def prepare(job: Mapping[str, Any], places: Surroundings, staging: Staging) -> int:
    """Make all ready; return 0, or 1 with the reason in the file `PROBLEM` of the container's folder."""
    try:
        for name, path in job.get("brought", {}).items():
            _bring(name, path, places, staging)
        if job.get("source"):
            _code(job, places)
        if job["packages"]:
            _install(job, places)
    except (PreparationError, OSError) as error:
        with open(places.at(PROBLEM), "w", encoding="utf-8") as file:
            file.write(str(error))
        sys.stderr.write(f"submarine: {error}\n")
        sys.stderr.flush()
        return 1
    return 0


def _bring(name: str, path: str, places: Surroundings, staging: Staging) -> None:
    """Fetch from HDFS what YARN brings into containers of another form, and unpack an environment."""
    if name == ENVIRONMENT and os.path.isdir(places.at(name)):
        return  # of an earlier life
    target = places.at(name if name != ENVIRONMENT else PACKED)
    for left in reversed(range(_TRIES)):
        try:
            staging.fetch(path, target)
        except GoneError as error:
            raise PreparationError(f"there is nothing at {path} on HDFS") from error
        except AwayError as error:
            if not left:
                raise PreparationError(f"HDFS does not give {path}: {error}") from error
            time.sleep(_PAUSE)
        else:
            break
    if name == ENVIRONMENT:
        scratch = places.at(ENVIRONMENT + ".new")
        shutil.rmtree(scratch, ignore_errors=True)
        os.mkdir(scratch)
        run(("tar", "-xf", target, "-C", scratch), what=f"cannot unpack the environment {path}")
        os.rename(scratch, places.at(ENVIRONMENT))
        os.unlink(target)


def _code(job: Mapping[str, Any], places: Surroundings) -> None:
    source, folder = job["source"], places.at(CODE)
    if source["kind"] == "git":
        from submarine.core.preparation.git import checkout

        checkout(source["url"], source["ref"], folder)
    else:
        from submarine.core.preparation.archive import unpack

        archive = os.path.abspath(source["archive"])
        if source["kind"] == "url":
            _fetch(job, source["url"], archive)
        unpack(archive, folder, job["code_limit"])
    if not os.path.isdir(places.folder()):
        raise PreparationError(f"no folder {source.get('path')!r} in the code")


def _fetch(job: Mapping[str, Any], url: str, path: str) -> None:
    """Fetch *url* into the file *path*; our own server knows this attempt by its token."""
    request = urllib.request.Request(url)  # noqa: S310 - the scheme was checked before
    ours = job["server"].rstrip("/")
    if ours and url.startswith(f"{ours}/") and "SUBMARINE_TOKEN" in job["secrets"]:
        # Not with a redirection, which may lead to anybody.
        request.add_unredirected_header("Authorization", "Bearer " + job["secrets"]["SUBMARINE_TOKEN"])
    try:
        with urllib.request.urlopen(request, timeout=60) as answer, open(path, "wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file, _BLOCK)
    except OSError as error:
        raise PreparationError(f"cannot fetch code from {url}: {error}") from error


def _install(job: Mapping[str, Any], places: Surroundings) -> None:
    own = places.at(os.path.join(ENVIRONMENT, "bin", "python3"))
    search = os.pathsep.join([*job["path"], os.environ.get("PATH", os.defpath)])
    python = own if os.path.exists(own) else shutil.which("python3", path=search) or sys.executable
    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location")
    packages = job["packages"]
    run(
        (python, "-m", "pip", "install", *options, "--target", places.at(SITE), "--", *packages),
        what="cannot install " + ", ".join(packages),
    )
