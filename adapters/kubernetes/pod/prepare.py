"""The init container: makes code and packages ready before the command starts."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from typing import Any, Final

from submarine.core.preparation.errors import PreparationError

PREPARE: Final = "SUBMARINE_PREPARE"
_BLOCK: Final = 1 << 20


def main() -> int:
    """Do what the variable SUBMARINE_PREPARE says; 0 if all is ready, else say why not."""
    os.umask(0o002)  # the command may run as another user of the same group
    try:
        prepare(json.loads(os.environ[PREPARE]))
    except PreparationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - becomes the container's last word
        return 1
    return 0


def prepare(wanted: dict[str, Any]) -> None:
    """Make *wanted* ready; raise `PreparationError` if it cannot be."""
    match wanted.get("kind"):
        case "archive":
            _unpack(wanted, wanted["archive"])
        case "url":
            fetched = wanted["code"] + ".tar.gz"
            _fetch(wanted["url"], fetched)
            _unpack(wanted, fetched)
            os.unlink(fetched)
        case "git":
            from submarine.core.preparation.git import checkout

            checkout(wanted["url"], wanted["ref"], wanted["code"])
            if not os.path.isdir(os.path.join(wanted["code"], wanted["path"])):
                raise PreparationError(f"no folder {wanted['path']!r} in the code")
        case _:
            os.makedirs(wanted["code"], exist_ok=True)
    if wanted.get("packages"):
        _install(wanted["packages"], wanted["site"])


def _unpack(wanted: dict[str, Any], archive: str) -> None:
    from submarine.core.preparation.archive import unpack

    unpack(archive, wanted["code"], wanted["limit"])


def _fetch(url: str, path: str) -> None:
    """Fetch *url* into the file *path*; our own server knows this attempt by its token."""
    headers = {}
    if url.startswith(os.environ.get("SUBMARINE_URL", "\0")) and (token := os.environ.get("SUBMARINE_TOKEN")):
        headers["Authorization"] = f"Bearer {token}"
    if not url.startswith(("http://", "https://")):
        raise PreparationError(f"cannot fetch code from {url}: only http and https are known here")
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    try:
        with urllib.request.urlopen(request, timeout=60) as answer, open(path, "wb") as file:  # noqa: S310
            while block := answer.read(_BLOCK):
                file.write(block)
    except OSError as error:
        raise PreparationError(f"cannot fetch code from {url}: {error}") from error


def _install(packages: list[str], folder: str) -> None:
    from submarine.core.preparation.tools import run

    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location")
    run(
        (sys.executable, "-m", "pip", "install", *options, "--target", folder, "--", *packages),
        what=f"cannot install {', '.join(packages)}",
    )


if __name__ == "__main__":
    sys.exit(main())
