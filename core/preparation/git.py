"""Fetches code from a git repository."""

from __future__ import annotations

import os
import shutil
from typing import Final

from submarine.core.preparation.errors import PreparationError
from submarine.core.preparation.tools import run, without_credentials

_SILENT: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",  # never ext::, which runs commands
    "LC_ALL": "C",
}


def checkout(url: str, ref: str, folder: str) -> None:
    """Put the files of *ref* (a branch, a tag or a commit) of the repository *url* at *folder*."""
    if url.startswith("-") or ref.startswith("-"):
        raise PreparationError("a git url or ref cannot begin with '-'")
    if shutil.which("git") is None:
        raise PreparationError("this machine has no git")
    scratch = f"{folder}.{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    os.mkdir(scratch)
    git = ("git", "-C", scratch, "-c", "advice.detachedHead=false")
    what = f"cannot fetch {ref!r} of {without_credentials(url)}"
    run((*git, "init", "--quiet"), what=what, env=_SILENT)
    try:
        run((*git, "fetch", "--quiet", "--depth", "1", url, ref), what=what, env=_SILENT)
        found = "FETCH_HEAD"
    except PreparationError:
        # Not every server gives a commit by its digest: then all branches and tags are needed.
        everything = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
        run((*git, "fetch", "--quiet", url, *everything), what=what, env=_SILENT)
        found = ref
    run((*git, "checkout", "--quiet", "--detach", found), what=what, env=_SILENT)
    if os.path.isdir(folder):
        os.rmdir(folder)
    os.rename(scratch, folder)
