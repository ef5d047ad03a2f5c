from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from submarine.adapters.sql.database import Database
from submarine.adapters.sql.filtering import Columns, compile_filter, compile_search, findable
from submarine.adapters.sql.metadata import SqlMetadata
from submarine.core.filters.evaluate import matches
from submarine.core.filters.expression import And, Comparison, Expression, Not, Or
from submarine.core.filters.fields import Fields, Kind, Op
from submarine.core.filters.parser import parse
from submarine.core.metadata.metrics import MetricBatch, Point
from submarine.core.metadata.params import Spelled
from tests.adapters.sql.engines import ENGINES, opened_at
from tests.clusters.postgres import PostgresServer

TABLE: Final = (
    "create table things "
    "(id text primary key, name text not null, cluster text, started bigint, rank integer)"
)
ADD: Final = "insert into things (id, name, cluster, started, rank) values ($1, $2, $3, $4, $5)"
KINDS: Final = {"name": Kind.STRING, "cluster": Kind.STRING, "started_at": Kind.TIME, "rank": Kind.NUMBER}
FIELDS: Final = Fields({**KINDS, "tags": Kind.SET}, {"metrics": Kind.NUMBER, "params": Kind.SCALAR})
COLUMNS: Final = Columns(
    {"name": "t.name", "cluster": "t.cluster", "started_at": "t.started", "rank": "t.rank"}, experiment="t.id"
)

# few and near to each other, so that comparisons hold about as often as not; and what SQL stumbles over
TEXTS: Final = (
    "",
    "a",
    "A",
    "aB",
    "b",
    "%",
    "_",
    "a%",
    "'",
    "\\",
    "$1",
    "ß",
    "é",
    "É",
    "损失",
    "\U0001f600",
    "1",
    "1.0",
    "0x1",
    "nan",
)
NUMBERS: Final = (0.0, -0.0, 1.0, 1.5, -1.0, 0.1, 1e300, math.inf, -math.inf)
KEYS: Final = ("k", "a/b", "é")


@dataclass(frozen=True)
class Thing:
    name: str
    cluster: str | None
    started: int | None
    rank: int | None
    tags: frozenset[str]
    metrics: Mapping[str, float] = field(hash=False)
    params: Mapping[str, str | float] = field(hash=False)

    def record(self) -> Mapping[str, Any]:
        return {
            "name": self.name,
            "cluster": self.cluster,
            "started_at": self.started,
            "rank": self.rank,
            "tags": self.tags,
            "metrics": self.metrics,
            "params": {key: Spelled.of(value).text for key, value in self.params.items()},
        }


texts = st.sampled_from(TEXTS)
finite = st.sampled_from([number for number in NUMBERS if math.isfinite(number)])
things = st.builds(
    Thing,
    name=texts,
    cluster=st.none() | texts,
    started=st.none() | st.integers(0, 3),
    rank=st.none() | st.integers(-1, 2),
    tags=st.frozensets(texts, max_size=2),
    metrics=st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*NUMBERS, math.nan]), max_size=2),
    params=st.dictionaries(st.sampled_from(KEYS), texts | finite | st.integers(-1, 2), max_size=2),
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    name, kind = draw(
        st.sampled_from(
            [*KINDS.items(), ("tags", Kind.SET), ("metrics", Kind.NUMBER), ("params", Kind.SCALAR)]
        )
    )
    key = draw(st.sampled_from(KEYS)) if name in ("metrics", "params") else None
    op = draw(st.sampled_from(kind.ops))
    value: st.SearchStrategy[Any] = texts
    if kind is Kind.TIME:
        value = st.integers(0, 3)
    elif kind is Kind.NUMBER or (kind is Kind.SCALAR and op is not Op.CONTAINS and draw(st.booleans())):
        value = st.sampled_from(
            [*NUMBERS, math.nan] if name == "metrics" and op in (Op.EQ, Op.NE) else NUMBERS
        )
    count = draw(st.integers(1, 3)) if op is Op.IN else 1
    return Comparison(name, key, kind, op, tuple(draw(value) for _ in range(count)))


def _nest(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    terms = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(And, terms) | st.builds(Or, terms)


expressions = st.recursive(comparisons(), _nest, max_leaves=4)


class Bed:
    """One database for all examples of a run."""

    def __init__(self, database: Database, runner: asyncio.Runner) -> None:
        self.database = database
        self.runner = runner

    async def fill(self, stock: list[Thing]) -> None:
        async with self.database.begin() as session:
            for table in ("things", "experiments", "tags", "params", "metrics", "metric_latest"):
                await session.execute(f"delete from {table}")
            for n, thing in enumerate(stock):
                await session.execute(ADD, str(n), thing.name, thing.cluster, thing.started, thing.rank)
                columns = ("id", "project", "name", "description", "framework", "created_by", "created")
                await session.copy("experiments", columns, [(str(n), "p", "n", "", "none", "ada", 1)])
            store = SqlMetadata(session)
            await store.seed([(str(n), sorted(thing.tags), thing.params) for n, thing in enumerate(stock)])
            batches = [
                MetricBatch(str(n), [Point(key, value, 0, 0) for key, value in thing.metrics.items()])
                for n, thing in enumerate(stock)
            ]
            await store.append(batches)

    async def searched(self, asked: Comparison, limit: int = 100) -> list[int]:
        sql, arguments = compile_search(asked, self.database.dialect, limit)
        async with self.database.read() as session:
            return [int(row["id"]) for row in await session.fetch(sql, *arguments)]

    async def found(self, expression: Expression) -> set[int]:
        condition, arguments = compile_filter(expression, COLUMNS, self.database.dialect, first=2)
        sql = f"select t.id from things t where t.id <> $1 and {condition}"
        async with self.database.read() as session:
            return {int(row["id"]) for row in await session.fetch(sql, "none", *arguments)}


@pytest.fixture(scope="module", params=ENGINES)
def bed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    folder: Path = tmp_path_factory.mktemp("filtering")
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = stack.enter_context(server.database())
        runner = stack.enter_context(asyncio.Runner())
        context = opened_at(request.param, folder, url)
        database = runner.run(context.__aenter__())
        stack.callback(lambda: runner.run(context.__aexit__(None, None, None)))
        runner.run(_create(database))
        yield Bed(database, runner)


async def _create(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(TABLE)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stock=st.lists(things, min_size=6, max_size=8), asked=st.lists(expressions, min_size=8, max_size=12))
def test_a_database_finds_what_the_language_means(
    bed: Bed, stock: list[Thing], asked: list[Expression]
) -> None:
    async def check() -> None:
        await bed.fill(stock)
        for expression in asked:
            meant = {n for n, thing in enumerate(stock) if matches(expression, thing.record())}
            assert await bed.found(expression) == meant, expression
            if (sought := findable(expression)) is not None:
                held = [n for n, thing in enumerate(stock) if matches(sought, thing.record())]
                assert sorted(await bed.searched(sought)) == held, sought
                assert meant <= set(held), expression

    bed.runner.run(check())


def test_a_search_ends_at_its_limit_and_tells_long_texts_apart(bed: Bed) -> None:
    stock = [
        Thing("a", None, None, None, frozenset("t"), {"k": 1.0}, {"k": "x" * 100 + end, "n": 1})
        for end in ("a", "b", "c")
    ]

    async def check() -> None:
        await bed.fill(stock)
        for text in ("tags has 't'", "metrics.k > 0", "params.n = 1"):
            sought = findable(parse(text, FIELDS))
            assert sought is not None
            assert len(await bed.searched(sought, 2)) == 2
        sought = findable(parse(f"params.k = '{'x' * 100}b' and params.n > 0", FIELDS))
        assert sought is not None
        assert await bed.searched(sought) == [1]

    bed.runner.run(check())


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("params.a > 1 and metrics.b = 2", "metrics.b = 2"),
        ("name = 'a' and metrics.b > 2", "metrics.b > 2"),
        ("tags has 'a'", "tags has 'a'"),
        ("tags has 'a' or params.a = 1", None),
        ("not tags has 'a'", None),
        ("name = 'a'", None),
        ("params.a ~ 'a'", None),
        ("params.a < 'a' and metrics.b != 1", None),
        ("", None),
    ],
)
def test_what_must_hold_is_searched_for_and_what_is_precise_first(text: str, sought: str | None) -> None:
    assert findable(parse(text, FIELDS)) == (None if sought is None else parse(sought, FIELDS))


@pytest.mark.parametrize(
    "text",
    [
        "name = 'x'' or ''1''=''1'",
        "name = 'x''; drop table things; --'",
        "name ~ '%'",
        "params.\"k' or 1=1 --\" = 'a'",
        'metrics."k"" or 1=1" > 0',
        "tags has '$1'",
    ],
)
def test_hostile_values_stay_values(bed: Bed, text: str) -> None:
    condition, arguments = compile_filter(parse(text, FIELDS), COLUMNS, bed.database.dialect)
    for part in ("drop", "1=1", "%", "''"):
        assert part not in condition
    assert arguments
    thing = Thing("a", None, None, None, frozenset(), {}, {})

    async def check() -> None:
        await bed.fill([thing])
        assert await bed.found(parse(text, FIELDS)) == set()
        assert await bed.found(parse("", FIELDS)) == {0}

    bed.runner.run(check())


@pytest.mark.parametrize("engine", ENGINES)
def test_arguments_stand_where_the_statement_around_wants_them(engine: Any) -> None:
    condition, arguments = compile_filter(
        parse("name = 'a' and rank in (1, 2)", FIELDS), COLUMNS, engine, first=4
    )
    assert arguments == ["a", 1.0, 2.0]
    assert [f"${n}" in condition for n in (3, 4, 5, 6, 7)] == [False, True, True, True, False]


def test_the_longest_filter_is_answered(bed: Bed) -> None:
    terms = [f"(params.k{n} in ({','.join(str(v) for v in range(20))}))" for n in range(64)]
    expression = parse(" or ".join(terms)[:4090].rpartition(" or ")[0], FIELDS)
    thing = Thing("a", None, None, None, frozenset(), {}, {"k5": 7})

    async def check() -> None:
        await bed.fill([thing])
        assert await bed.found(expression) == {0}
        deep = parse("not " * 32 + "name = 'b'", FIELDS)
        assert await bed.found(deep) == set()

    bed.runner.run(check())
