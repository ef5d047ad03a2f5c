"""Where the code of a job is: an uploaded archive, a repository, or an archive somewhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from submarine.core.jobs.faults import Faults, out_of_range, plain, quoted, wrong
from submarine.core.workloads.workload import Git, Remote

GIT_SCHEMES: Final = ("https", "http", "ssh", "git")
URI_SCHEMES: Final = ("s3", "gs", "hdfs", "viewfs", "abfs", "abfss", "wasbs", "https", "http")
ARCHIVE_LIMIT: Final = 2**40

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SCP: Final = re.compile(r"(?:[\w.-]+@)?[\w.-]+:[^/].*")
_BAD_REF: Final = re.compile(r"[\s~^:?*\[\\\x00-\x20\x7f]|\.\.|@\{|//|\.lock(/|$)|^[-/.]|[/.]$")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeArchive:
    """A gzipped tar that was uploaded before: SHA-256 ``digest`` in hex, ``size`` in bytes."""

    digest: str
    size: int
    name: str = ""


Code = CodeArchive | Git | Remote


def code_document(code: Code) -> dict[str, Any]:
    """Return what a spec says under ``code``."""
    if isinstance(code, CodeArchive):
        archive: dict[str, Any] = {"digest": code.digest, "size": code.size}
        return {"archive": archive | ({"name": code.name} if code.name else {})}
    if isinstance(code, Git):
        return {"git": {"url": code.url, "ref": code.ref, "path": code.path}}
    return {"uri": code.uri}


def stored_code(value: Mapping[str, Any]) -> Code:
    """Return the code of a document that ``code_document`` made."""
    if archive := value.get("archive"):
        return CodeArchive(**archive)
    return Git(**git) if (git := value.get("git")) else Remote(uri=value["uri"])


def read_code(value: Mapping[str, Any]) -> Code:
    """Return the code of a spec's ``code``; raise ``InvalidError`` with every fault in it."""
    faults = Faults()
    if "dir" in value:
        expected = "code.archive: {digest, size}; the command line uploads the folder and writes that"
        faults.add("dir", "a folder is uploaded by the client, and the server never sees it", expected)
    elif len(value) != 1:
        said = " and ".join(value) or "nothing"
        faults.add("", f"says {said}", "exactly one of archive, git and uri")
    faults.refuse("code")
    if "archive" in value:
        return _read_archive(value["archive"])
    if "git" in value:
        return _read_git(value["git"])
    remote = Remote(uri=faults.read("uri", _uri, value["uri"], ""))
    faults.refuse("code")
    return remote


def _read_archive(value: Mapping[str, Any]) -> CodeArchive:
    faults = Faults()
    digest, size, name = value.get("digest", ""), value.get("size", 0), value.get("name", "")
    if not _DIGEST.fullmatch(digest):
        reason = f"{quoted(digest)} is no SHA-256" if digest else "is missing"
        faults.add("archive.digest", reason, "64 hexadecimal digits in lower case")
    if not 0 < size <= ARCHIVE_LIMIT:
        faults.add("archive.size", out_of_range(size), f"the number of bytes, 1 to {ARCHIVE_LIMIT}")
    if len(name) > 255:  # noqa: PLR2004 - a file name
        faults.add("archive.name", f"has {len(name)} characters", "at most 255")
    faults.read("archive.name", plain, name, "")
    faults.refuse("code")
    return CodeArchive(digest=digest, size=size, name=name)


def _read_git(value: Mapping[str, Any]) -> Git:
    faults = Faults()
    git = Git(
        url=faults.read("git.url", _git_url, value.get("url", ""), ""),
        ref=faults.read("git.ref", _git_ref, value.get("ref", "HEAD"), ""),
        path=faults.read("git.path", _git_path, value.get("path", "."), ""),
    )
    faults.refuse("code")
    return git


def _git_url(url: str) -> str:
    expected = "a URL that begins with https://, ssh://, http:// or git://"
    if "://" not in url and _SCP.fullmatch(url) and "::" not in url:
        host, _, path = url.partition(":")
        raise wrong(f"{quoted(url)} has no scheme", f"ssh://{host}/{path}")
    return _url(url, GIT_SCHEMES, expected)


def _uri(uri: str) -> str:
    expected = f"the URI of a .tar.gz, one of {', '.join(s + '://' for s in URI_SCHEMES)}"
    return _url(uri, URI_SCHEMES, expected)


def _url(url: str, schemes: tuple[str, ...], expected: str) -> str:
    if len(url) > 2000 or _UNPRINTABLE.search(url):  # noqa: PLR2004 - the common limit of a URL
        raise wrong(f"{quoted(url)} is no URL: it is too long or holds spaces", expected)
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError as error:
        raise wrong(f"{quoted(url)} is no URL: {error}", expected) from error
    if parts.scheme not in schemes or not url.lower().startswith(f"{parts.scheme}://"):
        named = f"scheme {quoted(parts.scheme)}" if parts.scheme else "it has no scheme, which"
        raise wrong(f"{quoted(url)}: {named} is not allowed here", expected)
    if password is not None:
        raise wrong("holds a password, and a spec is shown to the whole team", "the URL without it")
    if (not parts.netloc and parts.scheme not in {"hdfs", "viewfs"}) or parts.netloc.startswith("-"):
        raise wrong(f"{quoted(url)} names no host", expected)
    return url


def _git_ref(ref: str) -> str:
    if not ref or len(ref) > 255 or _BAD_REF.search(ref):  # noqa: PLR2004
        raise wrong(
            f"{quoted(ref)} is no name of a branch, tag or commit", "such as main, v1.2 or a commit's hash"
        )
    return ref


def _git_path(path: str) -> str:
    parts = path.split("/")
    if not path or len(path) > 1000 or path.startswith(("/", "-")) or ".." in parts or "\\" in path:  # noqa: PLR2004
        raise wrong(
            f"{quoted(path)} is no folder below the repository's root", "such as . or examples/digits"
        )
    if _UNPRINTABLE.search(path.replace(" ", "")):
        raise wrong(f"{quoted(path)} holds a control character", "such as . or examples/digits")
    return path
