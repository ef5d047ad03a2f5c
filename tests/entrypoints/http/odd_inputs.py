"""Values that break programs which did not think of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

PATHS: Final = (
    "x",
    "%00",
    "a%00b",
    "%ff%fe",
    "%ED%A0%80",
    "%F0%9F%90%9F",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%2F",
    "a%2Fb%2Fc",
    "%20",
    "%0a%0d",
    "%25",
    "-1",
    "9" * 400,
    "x" * 5000,
    "'%20or%20'1'='1",
    "%7B%7D",
    "null",
    "%E2%80%AE",
)
"""Parts of a path, encoded."""

WORDS: Final = (
    "",
    "\0",
    "a\0b",
    " ",
    "-1",
    "0",
    "1e999",
    "nan",
    "9" * 400,
    "9223372036854775808",
    "🐟",
    "\u202e\ufeff",
    "x" * 5000,
    "' or '1'='1",
    "%",
    "null",
    "true",
    "[]",
    "../..",
    "a/b/c",
    "2026-99-99T99:99:99Z",
    "eyJhIjoxfQ==",
    "a\nb\r\nc",
)
"""Texts, for queries and headers and fields."""

FILTERS: Final = (
    "(" * 3000,
    "(" * 3000 + "name = 'a'" + ")" * 3000,
    "not " * 2000 + "name = 'a'",
    " and ".join(["name = 'a'"] * 2000),
    "name =",
    "= 'a'",
    "name ~ '\0'",
    "name = 'a\\'",
    "name = '''",
    "name in ()",
    "name in ('a',)",
    "name = 1",
    "tags has 1",
    "tags has",
    "created_at > 'yesterday'",
    "created_at > '0000-00-00'",
    "created_at > '99999-01-01'",
    "created_at > 99999999999999999999999999",
    "at > '1'",
    "metrics.loss < 1e999",
    "metrics.loss = 'nan'",
    "metrics. < 1",
    "metrics.a.b.c < 1",
    "metrics.'; drop table jobs; --' < 1",
    "params.x in ('a', 1, 'b')",
    "params.x ~ '%_\\'",
    "priority = 99999999999999999999999",
    "attempt > -99999999999999999999",
    "state = 'flying'",
    "🐟 = 🐟",
    "name ~ '" + "x" * 5000 + "'",
)

JSONS: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    2**63,
    10**30,
    "",
    "\0",
    "a\0b",
    "🐟",
    "x" * 20_000,
    "-1",
    "../../etc/passwd",
    "${params.x}",
    "a\nb",
    "\u202e",
    [],
    [None],
    [[[]]],
    ["a"] * 2000,
    {},
    {"": ""},
    {"a": None},
    {"\0": "\0"},
    {"a" * 5000: 1},
    {"a": {"a": {"a": {"a": {}}}}},
)

RAW: Final = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'""',
    b"0",
    b"true",
    b"[" * 100_000,
    b'{"a":' * 10_000,
    b"\xff\xfe\x00",
    b"\0",
    b"{",
    b'{"name": "\\ud800"}',
    b'{"name": NaN}',
    b'{"name": ' + b"9" * 5000 + b"}",
    b'{"name": 1e99999}',
    b'{"name": "a", "name": "b"}',
    b'{"__proto__": {}}',
    b"a: &a [*a]\n",
    b"%PDF-1.4",
    '{"name": "a"}'.encode("utf-16"),
)

TYPES: Final = (
    "text/plain",
    "application/xml",
    "application/yaml",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "nonsense",
    "application/json; charset=" + "x" * 500,
)


def changed(document: dict[str, Any], keys: list[str]) -> Iterator[bytes]:
    """Yield *document* with one of *keys* after the other holding each odd value."""
    for key in keys:
        for value in JSONS:
            yield json.dumps({**document, key: value}).encode()
        yield json.dumps({**document, key: "SURROGATE"}).replace("SURROGATE", "\\ud800").encode()
