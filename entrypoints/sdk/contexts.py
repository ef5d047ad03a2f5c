"""Named servers with their tokens, in a file only its owner can read."""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from submarine.entrypoints.sdk.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Context:
    """One server as one user sees it; ``project`` is the default of new experiments.

    ``issued`` is set if the token was got for a password: logging out revokes it then.
    """

    url: str = ""
    token: str = field(default="", repr=False)
    project: str = ""
    user: str = ""
    issued: str = ""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All contexts and the name of the one in use."""

    current: str = ""
    by_name: dict[str, Context] = field(default_factory=dict)

    def with_context(self, name: str, context: Context, *, use: bool) -> Contexts:
        """Return these with *name* set to *context*."""
        return Contexts(name if use else self.current, {**self.by_name, name: context})

    def without(self, name: str) -> Contexts:
        """Return these without *name*."""
        rest = {n: c for n, c in self.by_name.items() if n != name}
        return Contexts("" if self.current == name else self.current, rest)

    def using(self, name: str) -> Contexts:
        """Return these with *name* in use."""
        return replace(self, current=name)


def config_file() -> Path:
    """Return where contexts are kept (the XDG base directory specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or ""
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".config") / "submarine" / "config.toml"


def load(path: Path | None = None) -> Contexts:
    """Return the contexts of *path*; none when there is no file."""
    path = path or config_file()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Contexts()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}", "Correct or remove the file.") from error
    tables = data.get("contexts")
    return Contexts(
        current=str(data.get("current", "")),
        by_name={n: _context(t) for n, t in tables.items()} if isinstance(tables, dict) else {},
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold off other processes that change *path*: two logins at once must both be kept."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def editing(path: Path | None = None) -> Iterator[list[Contexts]]:
    """Yield a list holding the contexts; what it holds at the end is stored."""
    path = path or config_file()
    try:
        with _locked(path):
            box = [load(path)]
            before = box[0]
            yield box
            if box[0] != before:
                _store(box[0], path)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error}", "Make its folder writable.") from error


def _store(contexts: Contexts, path: Path) -> None:
    lines = [f"current = {_quoted(contexts.current)}"] if contexts.current else []
    for name, context in contexts.by_name.items():
        lines += ["", f"[contexts.{_quoted(name)}]"]
        lines += [f"{key} = {_quoted(value)}" for key, value in asdict(context).items() if value]
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for surrogate pairs (kept as they are) and DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _context(table: object) -> Context:
    members = table if isinstance(table, dict) else {}
    return Context(**{k: str(members.get(k, "")) for k in ("url", "token", "project", "user", "issued")})
