"""The depot: ``python -m submarine_depot.server FOLDER``; serves this machine, with files of its own.

``FOLDER/people.json`` has passwords by name; while a file ``FOLDER/full`` is there, it takes no objects.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

PIECE = 2**16


class Depot:
    """A file for each object: its key on a line, then its content."""

    def __init__(self, folder: Path) -> None:
        self.objects = folder / "objects"
        self.objects.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    @property
    def full(self) -> bool:
        """Tell whether there is no room."""
        return (self._folder / "full").exists()

    def knows(self, name: str, password: str) -> bool:
        """Tell whether *password* is that of *name*; takes as long for somebody unknown."""
        people = json.loads((self._folder / "people.json").read_text())
        known, said = (
            hashlib.scrypt(word.encode(errors="surrogatepass"), salt=b"depot", n=1024, r=8, p=1)
            for word in (people.get(name, ""), password)
        )
        return hmac.compare_digest(known, said) and name in people

    def path(self, key: str) -> Path:
        """Return where the object *key* is."""
        return self.objects / hashlib.sha256(key.encode()).hexdigest()

    def infos(self, prefix: str) -> list[dict[str, Any]]:
        """Return what is there, in order of key."""
        found = []
        for path in self.objects.iterdir():
            with contextlib.suppress(FileNotFoundError):
                key = path.open("rb").readline().decode().rstrip("\n")
                if not path.name.startswith("draft") and key.startswith(prefix):
                    found.append(self.info(key))
        return sorted(found, key=lambda info: info["key"])

    def info(self, key: str) -> dict[str, Any]:
        """Return size and age of *key*."""
        found = self.path(key).stat()
        size = found.st_size - len(key) - 1
        return {"key": key, "size": size, "modified": found.st_mtime_ns // 1_000_000}


class Handler(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    protocol_version = "HTTP/1.1"
    depot: Depot

    def do_PUT(self) -> None:
        """Store an object that arrives in chunks, if its end arrives."""
        key = self._key()
        with tempfile.NamedTemporaryFile(dir=self.depot.objects, prefix="draft", delete=False) as draft:
            try:
                draft.write(f"{key}\n".encode())
                for piece in self._chunks():
                    draft.write(piece)
                draft.flush()
                if self.depot.full:
                    return self._say(507, {})
                Path(draft.name).rename(self.depot.path(key))
            finally:
                Path(draft.name).unlink(missing_ok=True)
            size = draft.tell() - len(key) - 1
        return self._say(200, {"size": size})

    def do_GET(self) -> None:
        """Give an object, what is known of one, or a list."""
        kind, wanted = urlsplit(self.path).path.split("/")[1], parse_qs(urlsplit(self.path).query)
        try:
            if self.path.startswith("/objects?"):
                self._say(200, {"items": self.depot.infos(wanted.get("prefix", [""])[0])})
            elif kind == "infos":
                self._say(200, self.depot.info(self._key()))
            else:
                with self.depot.path(self._key()).open("rb") as file:
                    self._give(file, wanted)
        except FileNotFoundError:
            self._say(404, {})

    def do_DELETE(self) -> None:
        """Delete an object, if it is there."""
        self.depot.path(self._key()).unlink(missing_ok=True)
        self._say(200, {})

    def do_POST(self) -> None:
        """Judge a login."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(200, {"welcome": self.depot.knows(told["name"], told["password"])})

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path.split("/", 2)[2])

    def _chunks(self) -> Iterator[bytes]:
        """Yield the body; raise `ConnectionError` if it breaks off."""
        while size := int(self.rfile.readline().strip() or b"x", 16):
            piece = self.rfile.read(size)
            if len(piece) < size or self.rfile.readline() != b"\r\n":
                raise ConnectionError("the upload broke off")
            yield piece
        if self.rfile.readline() != b"\r\n":
            raise ConnectionError("the upload broke off")

    def _give(self, file: BinaryIO, wanted: dict[str, list[str]]) -> None:
        begin = file.tell() + len(file.readline())
        offset = int(wanted.get("offset", ["0"])[0])
        left = max(os.fstat(file.fileno()).st_size - begin - offset, 0)
        if "length" in wanted:
            left = min(left, int(wanted["length"][0]))
        file.seek(begin + offset)
        self._head(200, left)
        while left and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            self.wfile.write(piece)

    def _say(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self._head(status, len(body))
        self.wfile.write(body)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Submarine-Depot", "1")
        self.send_header("Content-Length", str(length))
        self.end_headers()


class Server(ThreadingHTTPServer):
    """Takes no notice of who hangs up."""

    daemon_threads = True

    @override
    def handle_error(self, *_: object) -> None:
        """Say nothing: uploads break off, readers go away."""


def main() -> None:
    """Serve until killed."""
    folder = Path(sys.argv[1])
    Handler.depot = Depot(folder)
    with Server(("127.0.0.1", 0), Handler) as server:
        fresh = folder / ".port"
        fresh.write_text(str(server.server_address[1]))
        fresh.rename(folder / "port")
        server.serve_forever()


if __name__ == "__main__":
    main()
