from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.filters.expression import EVERYTHING, And, Comparison, Expression, Not, Or
from submarine.core.filters.fields import Field, Fields, Kind, Op
from submarine.core.filters.parser import parse

FIELDS = Fields(
    {
        "name": Kind.STRING,
        "state": Field(Kind.STATE, ("running", "failed")),
        "attempt": Kind.NUMBER,
        "created_at": Kind.TIME,
        "tags": Kind.SET,
    },
    {"metrics": Kind.NUMBER, "params": Kind.SCALAR},
)
NOW = 1_800_000_000_000
DAY = 86_400_000


def read(text: str) -> Expression:
    return parse(text, FIELDS, NOW)


def one(text: str) -> Comparison:
    found = read(text)
    assert isinstance(found, Comparison)
    return found


def test_the_example_of_the_documentation_reads_as_it_sounds() -> None:
    found = read(
        "state = 'running' and metrics.loss < 0.3 and (tags has 'demo' or name ~ 'digits')"
        " and created_at > '2026-01-01' and params.lr in ('0.1','0.2')"
    )
    assert found == And(
        (
            Comparison("state", None, Kind.STATE, Op.EQ, ("running",)),
            Comparison("metrics", "loss", Kind.NUMBER, Op.LT, (0.3,)),
            Or(
                (
                    Comparison("tags", None, Kind.SET, Op.HAS, ("demo",)),
                    Comparison("name", None, Kind.STRING, Op.CONTAINS, ("digits",)),
                )
            ),
            Comparison("created_at", None, Kind.TIME, Op.GT, (1_767_225_600_000,)),
            Comparison("params", "lr", Kind.SCALAR, Op.IN, ("0.1", "0.2")),
        )
    )


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_the_empty_filter_means_everything(text: str) -> None:
    assert read(text) == EVERYTHING


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = (Comparison("attempt", None, Kind.NUMBER, Op.EQ, (float(n),)) for n in (1, 2, 3))
    assert read("attempt = 1 or attempt = 2 and not attempt = 3") == Or((a, And((b, Not(c)))))
    assert read("not (attempt = 1 or attempt = 2)") == Not(Or((a, b)))
    assert read("NOT attempt = 1 AND attempt = 2") == And((Not(a), b))


def test_not_in_is_the_opposite_of_in() -> None:
    assert read("name not in ('a', 'b')") == Not(read("name in ('a', 'b')"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it''s'", "it's"),
        ('"it\'s"', "it's"),
        ('"say ""hi"""', 'say "hi"'),
        (r"'a\n%_'", r"a\n%_"),
        ("''", ""),
        ("'损失'", "损失"),
    ],
)
def test_texts_stand_in_either_quotes_doubled_inside(text: str, value: str) -> None:
    assert one(f"name = {text}").values == (value,)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0.5", -0.5),
        ("+2.", 2),
        (".5", 0.5),
        ("1e-4", 1e-4),
        ("-inf", -math.inf),
        ("Infinity", math.inf),
    ],
)
def test_numbers_are_read_as_usual(text: str, value: float) -> None:
    assert one(f"attempt>{text}").values == (value,)


def test_nan_can_be_asked_for_but_not_ordered() -> None:
    value = one("metrics.loss = nan").values[0]
    assert isinstance(value, float)
    assert math.isnan(value)
    with pytest.raises(InvalidError, match="at character 16: nan has no place in an order"):
        read("metrics.loss < NaN")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'2026-01-01'", 1_767_225_600_000),
        ("'2026-01-01T01:00:00+01:00'", 1_767_225_600_000),
        ("'2026-01-01T00:00:00.123Z'", 1_767_225_600_123),
        ("-2d", NOW - 2 * DAY),
        ("-1.5h", NOW - 5_400_000),
        ("-1w", NOW - 7 * DAY),
        ("-90m", NOW - 5_400_000),
        ("+1s", NOW + 1000),
        ("-999999999999w", 0),
    ],
)
def test_times_are_iso_or_counted_from_now(text: str, value: int) -> None:
    assert one(f"created_at > {text}").values == (value,)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("metrics.loss", "loss"),
        ("metrics.val.loss", "val.loss"),
        ("metrics.f1-score", "f1-score"),
        ('metrics."val/loss"', "val/loss"),
        ("metrics.'a b'", "a b"),
        ("metrics.损失", "损失"),
        ('metrics . "x"', "x"),
    ],
)
def test_a_member_of_a_family_may_have_any_name(text: str, key: str) -> None:
    assert one(f"{text} < 1").key == key


def test_a_parameter_is_compared_as_what_it_is_compared_with() -> None:
    assert one("params.lr = '0.1'").values == ("0.1",)
    assert one("params.lr = 0.1").values == (0.1,)
    assert one("params.lr in ('a', 1)").values == ("a", 1.0)
    assert one("params.shuffle = true").values == ("true",)


@pytest.mark.parametrize(
    ("text", "reason", "expected"),
    [
        (
            "lss = 1",
            "at character 1: unknown field 'lss'",
            "one of attempt, created_at, name, state, tags, metrics.*",
        ),
        ("stat = 'running'", "unknown field 'stat'; did you mean 'state'?", "one of"),
        ("metrics < 1", "unknown field 'metrics'; write metrics.NAME", "metrics.*"),
        ("name.x = 'a'", "unknown field 'name.x'; 'name' has no members", "metrics.*"),
        ('metrics."" < 1', "unknown field", "metrics.*"),
        ("metrics. < 1", "'<' stands where it cannot", 'metrics."val/loss"'),
        ("state = 'runing'", "at character 9: there is no state 'runing'", "one of running, failed"),
        ("state = running", "at character 9: 'running' is not a state", "one of 'running', 'failed'"),
        ("state ~ 'run'", "at character 7: 'state' is a state and knows no '~'", "one of =, !=, in"),
        ("name has 'a'", "'name' is a text and knows no 'has'", "~, in"),
        ("tags = 'a'", "'tags' is a set of texts and knows no '='", "one of has"),
        ("name = digits", "at character 8: 'digits' is not a text", "'digits' (a text stands in quotes)"),
        ("name = 1", "'1' is not a text", "'1' (a text stands in quotes)"),
        ("name == 'a'", "at character 6: '==' is not of this language", "'='"),
        ("name = 'a' && name = 'b'", "at character 12: '&&' is not of this language", "'and'"),
        ("attempt > '1'", "at character 11: '1' is not a number", "without quotes"),
        ("params.lr = nan", "at character 13: a parameter may spell nan", "'nan' (a text)"),
        ("attempt > 1x", "at character 11: '1x' is not a number", "0.5"),
        ("attempt > -", "'-' is not a number", "0.5"),
        ("created_at > 'yesterday'", "'yesterday' is not a time", "-2d for two days ago"),
        ("created_at > 5", "'5' is not a time", "-2d for two days ago"),
        ("created_at > '99999-01-01'", "is not a time", "'2026-01-31'"),
        ("created_at > '2026-02-30'", "is not a time", "'2026-01-31'"),
        ("created_at ~ '2026'", "'created_at' is a time and knows no '~'", "one of =, !="),
        ("name = 'a", "at character 8: the quoted text has no end", "a closing '"),
        ("name = 'a' name = 'b'", "at character 12: 'name' stands where it cannot", "'and', 'or' or the end"),
        ("name =", "at character 7: the end of the filter is not a text", "quotes"),
        ("name", "at character 5: the end of the filter stands where it cannot", "an operator: =, !="),
        (
            "(name = 'a'",
            "at character 12: the end of the filter stands where it cannot",
            "'and', 'or' or ')'",
        ),
        ("name = 'a')", "at character 11: ')' stands where it cannot", "'and', 'or' or the end"),
        ("and", "'and' stands where it cannot", "a field, one of attempt"),
        (
            "name in 'a'",
            "at character 9: ''a'' stands where it cannot".replace("''a''", "'a'"),
            "'(' and a list",
        ),
        ("name in ()", "at character 10: ')' is not a text", "quotes"),
        ("name in ('a' 'b')", "'b' stands where it cannot", "',' or ')'"),
        ("name not = 'a'", "at character 10: '=' stands where it cannot", "'in' (or 'not' before 'name')"),
        ("name ; drop table", "at character 6: ';' means nothing here", "an operator"),
        ("name = 'a\x00'", "at character 10: U+0000 cannot be searched for", "ordinary characters"),
        ("name = '\ud800'", "U+D800 cannot be searched for", "ordinary characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_would_be_right(
    text: str, reason: str, expected: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        read(text)
    (found,) = caught.value.faults
    assert found.field == "filter"
    assert reason in found.reason
    assert expected in found.expected


def test_a_filter_is_bounded_in_length_depth_and_terms() -> None:
    read("(" * 32 + "attempt = 1" + ")" * 32)
    with pytest.raises(InvalidError, match="nested too deep"):
        read("(" * 33 + "attempt = 1" + ")" * 33)
    with pytest.raises(InvalidError, match="nested too deep"):
        read("not " * 33 + "attempt = 1")
    read(" or ".join(["attempt = 1"] * 64))
    with pytest.raises(InvalidError, match="too many comparisons"):
        read(" or ".join(["attempt = 1"] * 65))
    read(f"attempt in ({','.join(['1'] * 100)})")
    with pytest.raises(InvalidError, match="too many values"):
        read(f"attempt in ({','.join(['1'] * 101)})")
    with pytest.raises(InvalidError, match="4097 characters are too many"):
        read(" " * 4097)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_but_never_breaks(text: str) -> None:
    with contextlib.suppress(InvalidError):
        read(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "name",
                "metrics.a",
                "=",
                "in",
                "(",
                ")",
                ",",
                "'x'",
                "1",
                "-2d",
                "and",
                "or",
                "not",
                "tags",
                "has",
                ".",
            ]
        ),
        max_size=12,
    )
)
def test_any_row_of_words_is_read_or_refused_but_never_breaks(words: list[str]) -> None:
    with contextlib.suppress(InvalidError):
        read(" ".join(words))
