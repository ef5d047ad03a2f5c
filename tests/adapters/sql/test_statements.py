from __future__ import annotations

from submarine.adapters.sql.scripts import section
from submarine.adapters.sql.statements import Statement


def test_placeholders_in_order_take_the_arguments_as_they_are() -> None:
    found = Statement("select * from t where a = $1 and b = $2")
    assert found.sql == "select * from t where a = ? and b = ?"
    args = (1, 2)
    assert found.arguments(args) is args


def test_placeholders_out_of_order_or_repeated_reorder_the_arguments() -> None:
    found = Statement("select * from t where b = $2 and a = $1 or b > $2")
    assert found.arguments(("a", "b")) == ["b", "a", "b"]


def test_ten_placeholders_are_not_taken_for_one() -> None:
    found = Statement("values (" + ", ".join(f"${n}" for n in range(1, 12)) + ")")
    assert found.sql.count("?") == 11
    assert found.arguments(tuple(range(11))) == tuple(range(11))


def test_reads_and_short_writes_are_quick_and_sweeping_ones_are_not() -> None:
    assert Statement("select 1").quick()
    assert Statement("\n  insert into t (a) values ($1) on conflict do nothing").quick()
    assert Statement("update t set a = $1 where b = $2").quick()
    assert not Statement("delete from t where a = $1").quick()
    assert not Statement("insert into t (a) select a from u").quick()
    assert not Statement("insert into t (a) select value from json_each($1)").quick()
    assert not Statement("create table t (a text)").quick()


def test_a_write_in_a_with_clause_is_no_read() -> None:
    assert not Statement("with x as (select 1) insert into t select * from x").reads
    assert Statement("with x as (select 1) select * from x").reads


def test_what_was_slow_once_stays_off_the_loop_for_a_while_and_comes_back() -> None:
    found = Statement("select 1")
    found.was_slow()
    runs = 0
    while not found.quick():
        runs += 1
        assert runs < 10_000
    assert runs > 10


def test_sections_are_for_one_engine_and_the_rest_for_both() -> None:
    text = "a;\n-- postgres\nb;\n-- sqlite\nc;\n-- both\nd;\n"
    assert section(text, "postgres") == "a;\nb;\nd;\n"
    assert section(text, "sqlite") == "a;\nc;\nd;\n"
