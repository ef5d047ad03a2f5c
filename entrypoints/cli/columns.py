"""Which members of a thing stand in a table, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from submarine.entrypoints.cli import ages

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what it shows of a row, and whether only ``-o wide`` shows it."""

    title: str
    cell: Callable[[Row], str]
    wide: bool = False
    state: bool = False


def member(name: str, title: str | None = None, *, wide: bool = False) -> Column:
    """Return the column of a member as it is."""
    return Column(title or name.replace("_", " "), lambda row: plain(row.get(name)), wide)


def age(name: str, title: str, *, wide: bool = False) -> Column:
    """Return the column of a time, told as an age."""
    return Column(title, lambda row: ages.ago(row.get(name)), wide)


def _datum(name: str, *, wide: bool = False) -> Column:
    """Return the column of a member of an event's data."""
    return Column(name, lambda row: plain((row.get("data") or {}).get(name)), wide)


def plain(value: Any) -> str:
    """Return a value as a cell shows it."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ",".join(f"{k}={plain(v)}" for k, v in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(plain(v) for v in value)
    return ages.number(value) if isinstance(value, float) else str(value)


def _ran(row: Row) -> str:
    return ages.between(row.get("started_at"), row.get("ended_at"))


_UNITS: Final = ("Ki", "Mi", "Gi", "Ti")
_STEP: Final = 1024


def rounded(quantity: str) -> str:
    """Return *quantity* of memory in the unit that people read: ``24684084Ki`` is ``23.5Gi``."""
    number, unit = quantity[:-2], quantity[-2:]
    if unit not in _UNITS or not number.isdigit():
        return quantity
    amount, power = float(number), _UNITS.index(unit)
    while amount >= _STEP and power < len(_UNITS) - 1:
        amount, power = amount / _STEP, power + 1
    return f"{round(amount, 1):g}{_UNITS[power]}"


def _capacity(part: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        found = (row.get("capacity") or {}).get(part) or {}
        if not isinstance(found, Mapping):
            return plain(found)
        return plain({k: rounded(str(v)) if k == "memory" else v for k, v in found.items() if v})

    return cell


STATE: Final = Column("state", lambda row: plain(row.get("state")), state=True)
EXPERIMENTS: Final = (
    member("name"),
    STATE,
    member("reason"),
    member("project"),
    member("cluster"),
    Column("ran", _ran),
    age("created_at", "created"),
    member("id", wide=True),
    member("attempt", wide=True),
    member("created_by", "by", wide=True),
    member("tags", wide=True),
    member("metrics", wide=True),
    member("message", wide=True),
)
REPLICAS: Final = (
    Column("replica", lambda row: f"{row.get('role')}-{row.get('index')}"),
    Column("phase", lambda row: plain(row.get("phase")), state=True),
    member("exit_code", "exit"),
    member("reason"),
    member("node"),
    Column("ran", _ran),
    member("message", wide=True),
)
CANDIDATES: Final = (member("cluster"), member("taken"), member("reason"))
HISTORY: Final = (
    age("at", "when"),
    STATE,
    member("attempt"),
    member("reason"),
    member("message"),
)
EVENTS: Final = (
    age("at", "when"), member("type"), STATE, member("attempt"), _datum("replica"), member("reason"),
    member("message"), _datum("count", wide=True), member("id", wide=True),
)  # fmt: skip
METRICS: Final = (
    member("key"),
    Column("value", lambda row: ages.number(row.get("value"))),
    member("step"),
    Column("min", lambda row: ages.number(row.get("min"))),
    Column("max", lambda row: ages.number(row.get("max"))),
    member("count"),
    age("at", "when"),
)
POINTS: Final = (
    member("step"),
    Column("value", lambda row: ages.number(row.get("value"))),
    age("at", "when"),
)
ARTIFACTS: Final = (
    member("path"), Column("size", lambda row: ages.size(row.get("size"))), age("created_at", "created"),
    member("uri", wide=True), member("digest", wide=True),
)  # fmt: skip
CHANGES: Final = (member("path", "what"), member("a"), member("b"))
CLUSTERS: Final = (
    member("name"), member("runtime"), Column("health", lambda row: plain(row.get("health")), state=True),
    age("since_at", "since"), member("running"), member("queued"), Column("free", _capacity("free")),
    Column("total", _capacity("total"), wide=True), member("labels", wide=True), member("reason", wide=True),
)  # fmt: skip
ORPHANS: Final = (member("handle"), age("first_seen_at", "seen"), age("sweep_at", "swept"), member("reason"))
PROJECTS: Final = (
    member("name"), member("team"), member("description"), age("created_at", "created"),
    member("id", wide=True),
)  # fmt: skip
TEAMS: Final = (
    member("name"),
    member("role", "your role"),
    member("description"),
    age("created_at", "created"),
)
MEMBERS: Final = (member("user"), member("role"))
USERS: Final = (
    member("name"), member("display_name", "display name"), member("email"), member("admin"),
    member("disabled"),
    age("created_at", "created"),
)  # fmt: skip
TOKENS: Final = (
    member("id"), member("name"), member("user"), member("scopes"), member("project"),
    age("expires_at", "expires"),
    age("last_used_at", "last used"), age("created_at", "created", wide=True),
)  # fmt: skip
AUDIT: Final = (
    age("at", "when"), member("actor"), member("action"), member("target"), member("outcome"), member("team"),
    member("project", wide=True), member("request_id", "request", wide=True), member("data", wide=True),
    member("id", wide=True),
)  # fmt: skip
PLUGINS: Final = (
    member("name"), member("kind"), member("port"), member("package"), member("version"), member("summary"),
)  # fmt: skip
BROKEN: Final = (member("name"), member("error"))
PROMISES: Final = (member("outcome"), member("promise"), member("detail"))
CONTEXTS: Final = (member("current", ""), member("name"), member("url"), member("user"), member("project"))
