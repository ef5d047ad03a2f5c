"""YAML without its surprises, and without its bombs."""

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.entrypoints.documents.errors import MalformedError
from submarine.entrypoints.documents.plain_yaml import load_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("retry: {on: [lost]}", {"retry": {"on": ["lost"]}}),
        ("on: yes\noff: no\ny: n", {"on": "yes", "off": "no", "y": "n"}),
        ("a: true\nb: False\nc: TRUE", {"a": True, "b": False, "c": True}),
        ("a: 1:30\nb: 1:30:00", {"a": "1:30", "b": "1:30:00"}),
        (
            "a: 010\nb: 0o17\nc: 0x1F\nd: 1_000\ne: +5",
            {"a": "010", "b": "0o17", "c": "0x1F", "d": "1_000", "e": "+5"},
        ),
        ("a: 2026-11-24\nb: 2026-11-24T10:00:00Z", {"a": "2026-11-24", "b": "2026-11-24T10:00:00Z"}),
        ("a: 5\nb: -5\nc: 0", {"a": 5, "b": -5, "c": 0}),
        (
            "a: 1e-3\nb: 0.1\nc: .5\nd: 1.\ne: -1.5E+3",
            {"a": 0.001, "b": 0.1, "c": 0.5, "d": 1.0, "e": -1500.0},
        ),
        ("a: 1.2.3\nb: 1e\nc: '5'\nd: \"true\"", {"a": "1.2.3", "b": "1e", "c": "5", "d": "true"}),
        ("a: ~\nb: null\nc:\nd: ''", {"a": None, "b": None, "c": None, "d": ""}),
        ("1: a\ntrue: b\n~: c\n1.0: d", {"1": "a", "true": "b", "~": "c", "1.0": "d"}),
        ("a: !!str 5\nb: ! 5", {"a": "5", "b": "5"}),
        ("a: !!seq [1]\nb: !!map {}", {"a": [1], "b": {}}),
        ("a: |\n  one\n  two\nb: >-\n  one\n  two", {"a": "one\ntwo\n", "b": "one two"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x 5\nb: *x", {"a": 5, "b": 5}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        (
            "a: &x {b: 1}\nd: &y {c: 2}\ne: {<<: [*x, *y]}",
            {"a": {"b": 1}, "d": {"c": 2}, "e": {"c": 2, "b": 1}},
        ),
        ("# only a comment", None),
        ("", None),
        ("--- \na: 1\n...\n", {"a": 1}),
        ("%YAML 1.1\n---\na: on", {"a": "on"}),
        ("- 1\n- [2]", [1, [2]]),
        ("a: 数字 🚀", {"a": "数字 🚀"}),
        ("'on': 1", {"on": 1}),
    ],
)
def test_plain_words_mean_what_they_look_like(text: str, value: object) -> None:
    found = load_yaml(text)
    assert found == value
    assert repr(found) == repr(value)


def test_infinity_is_a_number_for_the_laws_to_refuse() -> None:
    assert load_yaml("a: .inf")["a"] == math.inf
    assert load_yaml("a: -.inf")["a"] == -math.inf
    assert math.isnan(load_yaml("a: .nan")["a"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "a: &x [1, *x]",
            "line 1, column 11: the alias *x lies inside what it stands for, which begins on line 1",
        ),
        (
            "a: &x\n  b: *x",
            "line 2, column 6: the alias *x lies inside what it stands for, which begins on line 1",
        ),
        (
            "a: &x {<<: *x}",
            "line 1, column 12: the alias *x lies inside what it stands for, which begins on line 1",
        ),
        ("a: *x", "line 1, column 4: there is no anchor &x before the alias *x"),
        ("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice in the mapping that begins on line 1"),
        (
            "a:\n  b: 1\n  'b': 2",
            "line 3, column 3: the key 'b' stands twice in the mapping that begins on line 2",
        ),
        (
            "a: {b: 1, b: 1}",
            "line 1, column 11: the key 'b' stands twice in the mapping that begins on line 1",
        ),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins here"),
        (
            "a: !!python/object:os.system x",
            "line 1, column 4: the tag '!!python/object:os.system' is not allowed",
        ),
        ("a: !!int '5'", "line 1, column 4: the tag '!!int' is not allowed"),
        ("a: !x {b: 1}", "line 1, column 4: the tag '!x' is not allowed"),
        ("? [1]\n: 2", "line 1, column 3: a list or a mapping stands where a key must be"),
        ("a: &x b\n*x : 2", "line 2, column 1: the alias *x stands where a key must be"),
        ("a:\n\t- b", "line 2, column 1: a tab stands where YAML allows only spaces"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed in this context"),
        (
            "a: [1\nb: 2",
            "line 2, column 2: did not find expected ',' or ']', while parsing a flow sequence",
        ),
        (
            "a: 'x\nb: 2\n",
            "line 3, column 1: found unexpected end of stream, while scanning a quoted scalar that begins on",
        ),
        ("@x: 1", "line 1, column 1: found character that cannot start any token"),
        ("a: \x01", "unacceptable character #x0001: control characters are not allowed"),
        ('a: "\\0"', "line 1, column 4: a text holds a NUL character"),
        ('"\\0": a', "line 1, column 1: a text holds a NUL character"),
        ('a: "\\ud800"', "line 1, column 7: found invalid Unicode character escape code"),
        ("a: {<<: 5}", "line 1, column 9: << merges mappings, and this is none"),
        ("a: " + "9" * 500, "line 1, column 4: is a number of 500 characters"),
    ],
)
def test_what_is_refused_is_named_with_line_and_column(text: str, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        load_yaml(text)
    assert caught.value.faults[0].reason.startswith(reason)


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def merging_bomb(levels: int) -> str:
    lines = ["a0: &a0 {x: {y: 1}}"]
    lines += [f"a{i}: &a{i} {{p: *a{i - 1}, q: *a{i - 1}}}" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [bomb(9), bomb(1000), merging_bomb(40), "[" + "1," * 60_000 + "]"])
def test_a_bomb_is_refused_before_it_unfolds(text: str) -> None:
    begin = time.process_time()
    with pytest.raises(MalformedError, match="unfolds to more than 50000 values"):
        load_yaml(text)
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_a_deep_document_is_refused_at_once(text: str) -> None:
    begin = time.process_time()
    with pytest.raises(MalformedError):
        load_yaml(text)
    assert time.process_time() - begin < 5


def test_64_levels_are_not_too_deep() -> None:
    assert load_yaml("[" * 64 + "]" * 64) is not None
    with pytest.raises(MalformedError, match="nested more than 64 levels deep"):
        load_yaml("[" * 65 + "]" * 65)


def test_no_depth_is_gained_by_aliases() -> None:
    text = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 100))])
    with pytest.raises(MalformedError, match="nested more than 64 levels deep"):
        load_yaml(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found: Any = load_yaml(text)
    except MalformedError as error:
        assert error.faults[0].reason  # noqa: PT017 - both ends are right
    else:
        assert found is None or isinstance(found, str | int | float | bool | list | dict)
