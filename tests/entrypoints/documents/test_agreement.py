"""The client and the server read the same YAML alike: they share the rules, and no code."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.entrypoints.documents.plain_yaml import load_yaml
from submarine.entrypoints.sdk.specs import parse

WORDS = [
    *("true", "True", "yes", "on", "off", "n", "null", "~", "", "None", "'5'", '"true"'),
    *("0", "-0", "5", "-5", "+5", "010", "0x1F", "0o17", "0b1", "1_000", "1:30", "1:30:00", "00", "-01"),
    *("0.1", ".5", "5.", "1e3", "1e-3", "-1.5E+3", "+1.5", "01.5", "1.2.3", "1e", "e1", ".", "-.5", "1_0.5"),
    *("2026-11-24", "2026-11-24T10:00:00Z", "12:30", "=", "1,000", "0.0.0.0", "1d", "512Mi", "a#b", "a #b"),
]


@pytest.mark.parametrize("word", WORDS)
def test_a_plain_word_is_the_same_on_both_sides(word: str) -> None:
    text = f"a: {word}\non:\n  b: {word}"
    ((client,), server) = parse(text), load_yaml(text)
    assert repr(client) == repr(server)


@settings(max_examples=300, deadline=None)
@given(st.from_regex(r"-?[0-9+.eExob_](?:[-0-9+.eExob_]|:[0-9]){0,5}", fullmatch=True))
def test_no_word_is_a_number_on_one_side_only(word: str) -> None:
    server = load_yaml(f"a: {word}")
    if not (
        isinstance(server["a"], float) and math.isinf(server["a"])
    ):  # 1e999: the client refuses it at once
        assert repr(parse(f"a: {word}")[0]) == repr(server)
