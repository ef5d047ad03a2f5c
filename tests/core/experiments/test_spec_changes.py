"""Specs compared and changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.experiments.diff import Difference, diff
from submarine.core.experiments.patch import merge_patch

# RFC 7386, appendix A.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "merged"), RFC)
def test_merging_does_what_the_rfc_shows(target: Any, patch: Any, merged: Any) -> None:
    assert merge_patch(target, patch) == merged


def test_merging_leaves_both_as_they_are() -> None:
    target, patch = {"a": {"b": 1}}, {"a": {"c": 2}, "d": None}
    assert merge_patch(target, patch) == {"a": {"b": 1, "c": 2}}
    assert (target, patch) == ({"a": {"b": 1}}, {"a": {"c": 2}, "d": None})


def test_a_difference_names_the_leaf_and_both_values() -> None:
    a = {"params": {"lr": 0.1, "epochs": 5}, "command": ["x", "--n", "1"], "env": {"A": "1"}}
    b = {"params": {"lr": 0.2, "epochs": 5}, "command": ["x", "--n", "2"], "roles": {"w": {"replicas": 2}}}
    assert diff(a, b) == [
        Difference("params.lr", 0.1, 0.2),
        Difference("command.2", "1", "2"),
        Difference("env.A", "1", None),
        Difference("roles.w.replicas", None, 2),
    ]


def test_lists_of_different_length_differ_as_a_whole() -> None:
    assert diff({"tags": ["a"]}, {"tags": ["a", "b"]}) == [Difference("tags", ["a"], ["a", "b"])]


def test_an_empty_mapping_is_not_nothing() -> None:
    assert diff({"a": {}}, {}) == [Difference("a", {}, None)]
    assert diff({"a": {}}, {"a": {"b": 1}}) == [Difference("a.b", None, 1)]


def test_numbers_and_booleans_are_different_values() -> None:
    assert diff({"a": 1}, {"a": True}) == [Difference("a", 1, True)]
    assert diff({"a": 1}, {"a": 1.0}) == [Difference("a", 1, 1.0)]


def test_a_key_with_a_dot_stands_in_quotes() -> None:
    assert diff({"p": {"a.b": 1}}, {"p": {}}) == [Difference('p."a.b"', 1, None)]


_json: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.integers(0, 3), st.text(max_size=2), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
_mapping = st.dictionaries(st.text("ab", max_size=2), _json, max_size=3)


@given(_mapping)
def test_nothing_differs_from_itself(document: dict[str, Any]) -> None:
    assert diff(document, document) == []


@given(_mapping, _mapping)
def test_differences_are_the_same_from_both_sides(a: dict[str, Any], b: dict[str, Any]) -> None:
    there = {(d.path, repr(d.a), repr(d.b)) for d in diff(a, b)}
    assert there == {(d.path, repr(d.b), repr(d.a)) for d in diff(b, a)}
    assert bool(there) == (repr_of(a) != repr_of(b))


def repr_of(value: Any) -> Any:
    """Return *value* with its types told and its keys in order."""
    if isinstance(value, dict):
        return sorted((key, repr_of(inner)) for key, inner in value.items())
    return [repr_of(inner) for inner in value] if isinstance(value, list) else (type(value).__name__, value)
