"""The attempt's folder on HDFS, as a launcher sees it: by WebHDFS, with the standard library alone."""

from __future__ import annotations

import builtins
import http.client
import json
import secrets
import shutil
import time
import urllib.parse
from typing import Any

from submarine.adapters.yarn.launcher.spooled import Spooled

Names = dict[str, int]
"""What is in the folder, each with when it was last changed."""

_TIMEOUT = 10.0
_PAUSE = (0.2, 5.0)
_REDIRECT = 307
_FORBIDDEN = 403
_NOT_FOUND = 404
_EXPIRED = b"InvalidToken"
"""What HDFS says of a token that it does not know any more."""
_THERE = b"FileAlreadyExistsException"
_BLOCK = 1 << 20
_RETRIED = ("StandbyException", "SafeModeException", "RetriableException")


class AwayError(Exception):
    """HDFS cannot be reached, or not now."""


class GoneError(Exception):
    """The attempt has no folder any more: it was removed."""


class TakenError(Exception):
    """There is a file of that name."""


class Staging:
    """Reads and writes small files in *folder*; *urls* are the NameNodes, of which one answers.

    *scratch* is how the path of what is written aside begins.
    """

    def __init__(
        self, urls: builtins.list[str], folder: str, scratch: str, user: str, token: str | None
    ) -> None:
        self._urls = list(urls)
        self._folder = folder
        self._scratch = scratch
        self._own = secrets.token_hex(8)
        self._proofs = [{"delegation": token} if token else {"user.name": user}]

    def trust(self, token: str) -> None:
        """Use *token* from now on, and what was used before where HDFS takes it no more."""
        self._proofs = [{"delegation": token}, self._proofs[-1]]

    def list(self) -> Names:
        """Return what is in the folder; raise `GoneError` if there is none."""
        status, body = self._ask("GET", self._folder, {"op": "LISTSTATUS"})
        if status == _NOT_FOUND:
            raise GoneError
        found = _json(status, body)["FileStatuses"]["FileStatus"]
        return {entry["pathSuffix"]: entry["modificationTime"] for entry in found}

    def read(self, name: str) -> Any:
        """Return the document *name*; raise `GoneError` if there is none."""
        status, body = self._ask("GET", self._at(name), {"op": "OPEN"})
        if status == _NOT_FOUND:
            raise GoneError
        return _json(status, body)

    def write(self, name: str, document: Any) -> None:
        """Put *document* there as *name*, whole from the first moment it is seen."""
        self.put(name, json.dumps(document).encode())

    def create(self, name: str, document: Any) -> None:
        """Do as `write` does; raise `TakenError` if *name* is there, whoever put it there."""
        self.put(name, json.dumps(document).encode(), overwrite=False)

    def put(self, name: str, content: bytes | Spooled, *, overwrite: bool = True) -> None:
        """Put *content* there as *name*, whole from the first moment it is seen."""
        # Written aside and moved, as a folder that was removed must not come back.
        scratch = f"{self._scratch}{name}.{self._own}"
        query = {"op": "CREATE", "overwrite": "true", "permission": "600"}
        status, body = self._ask("PUT", scratch, query, content)
        if status != http.client.CREATED:
            self._own = secrets.token_hex(8)  # others may have a file of that name where many write
            raise AwayError(f"cannot write {name}: {status} {body[:200]!r}")
        target = self._at(name)
        options = "OVERWRITE" if overwrite else "NONE"
        query = {"op": "RENAME", "destination": target, "renameoptions": options}
        status, body = self._ask("PUT", scratch, query)
        if status == _NOT_FOUND:
            self._ask("DELETE", scratch, {"op": "DELETE"})
            raise GoneError
        if status == _FORBIDDEN and _THERE in body:
            self._ask("DELETE", scratch, {"op": "DELETE"})
            raise TakenError
        if status != http.client.OK:
            raise AwayError(f"cannot write {name}: {status} {body[:200]!r}")

    def fetch(self, path: str, target: str) -> None:
        """Put what HDFS has at *path*, anywhere, into the file *target*; raise `GoneError` if nothing."""
        status, body = self._ask("GET", path, {"op": "OPEN"}, target=target)
        if status == _NOT_FOUND:
            raise GoneError
        if status != http.client.OK:
            raise AwayError(f"cannot read {path}: {status} {body[:200]!r}")

    def _at(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def patiently(self, name: str, document: Any, seconds: float) -> bool:
        """Write *document* as *name*, for so many *seconds* if need be; tell whether it is there."""
        deadline = time.monotonic() + seconds
        pause = _PAUSE[0]
        while True:
            try:
                self.write(name, document)
            except AwayError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(pause)
                pause = min(2 * pause, _PAUSE[1])
            except GoneError:
                return False
            else:
                return True

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        content: bytes | Spooled | None = None,
        target: str | None = None,
    ) -> tuple[int, bytes]:
        """Ask with the first proof that HDFS takes; raise `AwayError` if no NameNode answers.

        What is read goes into the file *target* where there is one.
        """
        *others, last = self._proofs
        for who in others:
            status, body = self._ask_as(who, method, path, query, content, target)
            if not (_refused(status) and _EXPIRED in body):
                return status, body
        return self._ask_as(last, method, path, query, content, target)

    def _ask_as(
        self,
        who: dict[str, str],
        method: str,
        path: str,
        query: dict[str, str],
        content: bytes | Spooled | None,
        target: str | None,
    ) -> tuple[int, bytes]:
        """Ask the NameNode that answers, following it to a DataNode; raise `AwayError` if none does."""
        why = "no NameNode is known"
        for url in list(self._urls):
            asked = url + urllib.parse.quote(path) + "?" + urllib.parse.urlencode({**query, **who})
            try:
                status, body = _exchange(method, asked, content, target)
            except (OSError, http.client.HTTPException) as error:
                why = str(error) or type(error).__name__
            else:
                if not (status >= http.client.INTERNAL_SERVER_ERROR or _to_be_retried(status, body)):
                    return status, body
                why = f"{status} {body[:200]!r}"
            self._urls.append(self._urls.pop(0))
        raise AwayError(why)


def _exchange(
    method: str, url: str, content: bytes | Spooled | None, target: str | None
) -> tuple[int, bytes]:
    body: bytes | Spooled | None = None
    for _ in range(5):
        parts = urllib.parse.urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        try:
            headers = {"Content-Type": "application/octet-stream"}
            if body is not None:
                headers["Content-Length"] = str(len(body))  # else a body in pieces has none
            connection.request(method, parts.path + "?" + parts.query, body=body, headers=headers)
            answer = connection.getresponse()
            if target is not None and answer.status == http.client.OK:
                return answer.status, _stored(answer, target)
            said = answer.read()
            if answer.status != _REDIRECT:
                return answer.status, said
            url = answer.headers["Location"]
            body = content  # only the DataNode takes it
        finally:
            connection.close()
    raise http.client.HTTPException("redirected too often")


def _refused(status: int) -> bool:
    return status in (http.client.UNAUTHORIZED, _FORBIDDEN)


def _stored(answer: http.client.HTTPResponse, target: str) -> bytes:
    """Write a body into the file *target*; raise `IncompleteRead` if it breaks off."""
    length = answer.length
    with open(target, "wb") as file:
        shutil.copyfileobj(answer, file, _BLOCK)
        if length is not None and file.tell() != length:
            raise http.client.IncompleteRead(b"", length - file.tell())
    return b""


def _to_be_retried(status: int, body: bytes) -> bool:
    return status == _FORBIDDEN and any(name.encode() in body for name in _RETRIED)


def _json(status: int, body: bytes) -> Any:
    try:
        if status == http.client.OK:
            return json.loads(body.decode())
    except ValueError:
        pass
    raise AwayError(f"{status} {body[:200]!r}")
