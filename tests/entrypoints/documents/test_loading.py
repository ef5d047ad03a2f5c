"""Bytes become plain values, or are refused for what they are."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.entrypoints.documents.errors import MalformedError, TooLargeError, UnknownTypeError
from submarine.entrypoints.documents.loading import SIZE, load_document
from submarine.entrypoints.documents.plain_json import load_json

JSON, YAML = "application/json", "application/yaml"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json; charset=UTF-8", 'text/json;charset="utf-8"'],
)
def test_json_goes_by_several_names(content_type: str) -> None:
    assert load_document(b'{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["application/yaml", "application/x-yaml", "text/yaml; charset=utf-8"]
)
def test_yaml_goes_by_several_names(content_type: str) -> None:
    assert load_document(b"a: 1", content_type) == {"a": 1}


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("", "the request names no content type"),
        ("text/html", "the content type 'text/html' is not read here"),
        (
            "application/x-www-form-urlencoded",
            "the content type 'application/x-www-form-urlencoded' is not read here",
        ),
        ("application/json; charset=latin-1", "the charset 'latin-1' is not read here"),
    ],
)
def test_other_types_are_told_the_right_ones(content_type: str, reason: str) -> None:
    with pytest.raises(UnknownTypeError) as caught:
        load_document(b"{}", content_type)
    assert caught.value.faults[0].reason == reason
    assert caught.value.faults[0].expected in {"application/json or application/yaml", "utf-8"}
    assert caught.value.status == 415


@pytest.mark.parametrize("content_type", [JSON, YAML])
def test_a_large_document_is_refused_before_it_is_read(content_type: str) -> None:
    raw = b"[" * (10 * SIZE)
    begin = time.process_time()
    with pytest.raises(TooLargeError) as caught:
        load_document(raw, content_type)
    assert time.process_time() - begin < 0.1
    assert (caught.value.faults[0].reason, caught.value.faults[0].expected) == (
        "it has 10485760 bytes",
        "at most 1048576",
    )
    assert caught.value.status == 413


def test_the_size_may_be_set() -> None:
    assert load_document(b'"12345"', JSON, limit=7) == "12345"
    with pytest.raises(TooLargeError):
        load_document(b'"123456"', JSON, limit=7)


@pytest.mark.parametrize("content_type", [JSON, YAML])
def test_bytes_that_are_no_utf_8_are_named_with_their_place(content_type: str) -> None:
    with pytest.raises(MalformedError) as caught:
        load_document(b'{"a": 1,\n "b": "\xff"}', content_type)
    assert caught.value.faults[0].reason == "line 2, column 8: the byte 0xff is not UTF-8"
    assert caught.value.status == 400


@pytest.mark.parametrize("content_type", [JSON, YAML])
def test_a_byte_order_mark_is_passed_over(content_type: str) -> None:
    assert load_document(b'\xef\xbb\xbf{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize("content_type", [JSON, YAML])
def test_utf_16_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedError, match="is not UTF-8"):
        load_document('{"a": 1}'.encode("utf-16"), content_type)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1, column 1: expecting value"),
        ('{"a": }', "line 1, column 7: expecting value"),
        ('{"a": 1,\n "b" 2}', "line 2, column 6: expecting ':' delimiter"),
        ("{'a': 1}", "line 1, column 2: expecting property name enclosed in double quotes"),
        ('{"a": 1} x', "line 1, column 10: extra data"),
        ('{"a": "x\ny"}', "line 1, column 9: invalid control character at"),
        ('{"a": "x\0"}', "line 1, column 9: invalid control character at"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice in one mapping"),
        ('{"x": [{"b": 2, "b": 2}]}', "the key 'b' stands twice in one mapping"),
        ("[" * 100_000, "is nested more than 64 levels deep"),
        ("[" * 65 + "]" * 65, "is nested more than 64 levels deep"),
        ('{"a":' * 70 + "1" + "}" * 70, "is nested more than 64 levels deep"),
        ("9" * 5000, "exceeds the limit"),
    ],
)
def test_what_is_no_json_is_named(text: str, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        load_json(text)
    assert caught.value.faults[0].reason.startswith(reason)


def test_64_levels_of_json_are_not_too_deep() -> None:
    assert load_json("[" * 64 + "1" + "]" * 64)
    assert load_json("[" + "[]," * 1000 + "[]]")


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(),
        ),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
        max_leaves=10,
    )
)
def test_json_is_read_as_json(value: Any) -> None:
    assert load_json(json.dumps(value)) == value


@given(st.binary(max_size=60), st.sampled_from([JSON, YAML]))
def test_any_bytes_are_read_or_refused(raw: bytes, content_type: str) -> None:
    try:
        load_document(raw, content_type)
    except MalformedError as error:
        assert error.faults[0].reason  # noqa: PT017 - both ends are right
