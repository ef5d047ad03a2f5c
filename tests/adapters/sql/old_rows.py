"""A believable row of every table, as a server of any version may have left it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from submarine.adapters.sql.database import Session
from submarine.adapters.sql.rows import dumps
from submarine.core.access.principal import Role, Scope
from submarine.core.jobs.spec import JobSpec, RoleSpec

_SPEC: Final = dumps(JobSpec(roles=(RoleSpec(command=("true",)),)).document())

ROWS: Final[Mapping[str, Mapping[str, Any]]] = {
    "users": {
        "id": "u1", "name": "ada", "email": "ada@example.org", "display_name": "Ada 损失", "admin": 1,
        "disabled": 0, "verifier": "$argon2id$", "version": 3, "created": 5,
    },
    "teams": {"id": "t1", "name": "vision", "description": "sees", "created": 5},
    "members": {"id": "m1", "team": "vision", "user_name": "ada", "role": Role.MEMBER.value, "since": 5},
    "projects": {
        "id": "p1", "team": "vision", "name": "digits", "description": "0 to 9", "version": 2, "created": 5
    },
    "tokens": {
        "id": "k1", "user_name": "ada", "name": "ci", "kind": "api", "digest": "d",
        "scope": Scope.WRITE.value,
        "project": "p1", "created": 5, "expires": None, "last_used": 7, "revoked": None,
    },
    "audit": {
        "id": "a1", "at": 5, "actor": "ada", "action": "team.create", "target": "vision", "team": "vision",
        "project": None, "request": "r1", "outcome": "ok", "data": '{"why":"损失"}',
    },
    "kept_answers": {
        "owner": "ada", "key": "k", "digest": "d", "at": 5, "status": 201, "body": "{}", "headers": "{}"
    },
    "jobs": {
        "id": "j1", "kind": "experiment", "workload": "batch", "project": "p1", "name": "train",
        "state": "running", "reason": "placed", "message": "", "changed": 6, "attempt": 1, "version": 4,
        "writer": "w", "priority": 50, "queue": None, "cluster": "near", "created": 5, "started": 6,
        "ended": None, "due": 0, "cpu": 1000, "memory": 2**40, "extra": "{}", "exit_code": None,
        "spec": _SPEC, "placement": None, "replicas": "[]", "native": "{}", "grace": None,
        "created_by": "ada", "demand": "d",
    },
    "attempts": {
        "job": "j1", "number": 1, "cluster": "near", "state": "placing", "reason": "", "exit_code": None,
        "created": 5, "ended": None, "collected": 0, "replicas": "[]",
    },
    "experiments": {
        "id": "j1", "project": "p1", "name": "train", "description": "first", "framework": "none",
        "rerun_of": None, "version": 2, "created_by": "ada", "created": 5,
    },
    "events": {"at": 5, "project": "p1", "job": "j1", "type": "state", "data": '{"state":"running"}'},
    "drained_clusters": {"name": "far"},
    "orphans": {"cluster": "near", "handle": "h1", "first_seen": 5, "reason": "no record wants it"},
    "leases": {"name": "work", "owner": "one", "expires": 5, "token": 7},
    "effects": {"key": "e1", "fingerprint": "f", "made": "j1", "at": 5},
    "params": {"experiment": "j1", "key": "lr", "kind": "number", "value": "0.1", "number": 0.1},
    "tags": {"experiment": "j1", "tag": "night"},
    "metric_latest": {
        "experiment": "j1", "key": "loss", "step": 3, "at": 5, "value": 0.5, "lowest": 0.5, "highest": 0.5,
        "points": 1,
    },
    "metrics": {"series": 1, "place": 0, "step": 3, "at": 5, "value": 0.5},
    "metric_writers": {"experiment": "j1", "writer": "w", "sequence": 4, "previous": 3},
    "artifacts": {
        "experiment": "j1", "path": "m/w.pt", "uri": "s3://b/w", "size": 7, "digest": "sha256:ab",
        "created": 5, "object": "o1", "replaced": None,
    },
    "servers": {
        "id": "s1", "url": "http://a", "host": "a", "version": "0.1", "clusters": "[]", "started": 5,
        "seen": 6,
    },
    "cluster_identities": {"cluster": "near", "identity": "i1", "recorded": 5},
    "incarnations": {"number": 1, "token": "t", "after": 0},
}  # fmt: skip
"""In an order in which they can be inserted. A script that adds a table adds a row here."""

BY_ITSELF: Final = frozenset({"incarnations"})
"""PostgreSQL puts a row there when there is one of the feed."""

_TABLES: Final = {
    "sqlite": "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
    "postgres": "select table_name as name from information_schema.tables where table_schema = 'public'",
}
_COLUMNS: Final = {
    "sqlite": "select name from pragma_table_info($1)",
    "postgres": (
        "select column_name as name from information_schema.columns "
        "where table_schema = 'public' and table_name = $1"
    ),
}


async def tables(session: Session) -> set[str]:
    """Return the tables there are, but the one that counts scripts."""
    found = await session.fetch(_TABLES[session.dialect])
    return {row["name"] for row in found} - {"schema_scripts"}


async def columns(session: Session, table: str) -> list[str]:
    """Return the columns *table* has now."""
    return [row["name"] for row in await session.fetch(_COLUMNS[session.dialect], table)]


async def fill(session: Session) -> None:
    """Put a row into every table there is, in the columns it has now."""
    there = await tables(session)
    for table, row in ROWS.items():
        if table in there and not (session.dialect == "postgres" and table in BY_ITSELF):
            known = [name for name in await columns(session, table) if name in row]
            await session.copy(table, known, [tuple(row[name] for name in known)])


async def contents(session: Session) -> Mapping[str, Mapping[str, Any]]:
    """Return the one row of every table that has any."""
    found: dict[str, Mapping[str, Any]] = {}
    for table in sorted(await tables(session)):
        rows = await session.fetch(f"select {', '.join(await columns(session, table))} from {table}")
        assert len(rows) <= 1, table
        if rows:
            found[table] = dict(rows[0])
    return found
