"""Specs are read as the server would read them, and hostile ones are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from submarine.entrypoints.sdk import specs
from submarine.entrypoints.sdk.errors import SpecError


def test_words_that_yaml_1_1_misreads_stay_words() -> None:
    found = specs.parse(
        "retry: {on: [lost]}\nyes: no\nwhen: 2026-01-01\ntime: 12:30:00\nhex: 0x10\noctal: 0o17\nold: 010"
    )
    assert found == [
        {
            "retry": {"on": ["lost"]}, "yes": "no", "when": "2026-01-01", "time": "12:30:00", "hex": "0x10",
            "octal": "0o17", "old": "010",
        }
    ]  # fmt: skip


def test_numbers_and_truths_are_read_as_json_would() -> None:
    assert specs.parse("a: 1e-3\nb: 5\nc: true\nd: null\ne: ~\nf: .5\ng: '5'\nh:")[0] == {
        "a": 0.001, "b": 5, "c": True, "d": None, "e": None, "f": 0.5, "g": "5", "h": None,
    }  # fmt: skip


def test_json_is_yaml() -> None:
    assert specs.parse('{"command": ["a", "b"], "params": {"x": 1.5}}') == [
        {"command": ["a", "b"], "params": {"x": 1.5}}
    ]


def test_anchors_and_merges_work() -> None:
    text = "base: &b {cpu: 1}\nroles: {a: {<<: *b, x: 2}, c: *b}"
    assert specs.parse(text)[0]["roles"] == {"a": {"cpu": 1, "x": 2}, "c": {"cpu": 1}}


def test_several_documents_and_empty_ones() -> None:
    assert specs.parse("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{c}: &{c} [{','.join([f'*{p}'] * 10)}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [*a]", "contains itself"),
        ("a: &a {b: *a}", "contains itself"),
        (LAUGHS, "more than 100,000 values"),
        ("a: [1, 2", "not valid YAML at line 1"),
        ("a: 1\na: 2", "'a' is given twice"),
        ("- a", "not a mapping"),
        ("just text", "not a mapping"),
        ("1: x", "key 1, which is not text"),
        ("a: .nan", "JSON cannot carry"),
        ("a: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("a: \x07", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
        ("a: " + "[" * 3000 + "]" * 3000, "YAML|JSON"),
        ("? {a: 1}\n: b", "not valid YAML"),
    ],
)
def test_what_cannot_be_sent_is_named(text: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        specs.parse(text)


def test_a_file_too_large_or_not_text_or_not_there(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.yaml", tmp_path / "binary.yaml"
    large.write_bytes(b"a" * (specs.MAX_BYTES + 1))
    binary.write_bytes(b"a: \xff")
    for path, reason in (
        (large, "larger than 1 MiB"),
        (binary, "not UTF-8"),
        (tmp_path / "no", "No such file"),
        (tmp_path, "directory"),
    ):
        with pytest.raises(SpecError, match=reason):
            specs.read_text(path)


def test_a_spec_is_one_document_and_starts_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("\ufeffcommand: [ls]\n", encoding="utf-8")
    assert specs.read(path) == ({"command": ["ls"]}, tmp_path)
    path.write_text("a: 1\n---\nb: 2")
    with pytest.raises(SpecError, match="2 documents"):
        specs.read(path)
