"""What things may be called, and what the suggestion is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submarine.core.errors import InvalidError
from submarine.core.jobs.names import (
    env_name,
    label,
    param_name,
    project_name,
    queue_name,
    suggest_label,
    tag,
)

RULE = "lower-case letters a-z, digits and hyphens, at most 63"


@pytest.mark.parametrize("name", ["a", "digits-ddp", "0", "a" * 63, "x--y"])
def test_dns_labels_are_names(name: str) -> None:
    assert label(name) == name


@pytest.mark.parametrize(
    ("name", "reason", "expected"),
    [
        ("", "is empty", RULE),
        ("Digits", "'Digits' has upper-case letters", f"{RULE}, such as 'digits'"),
        ("my run", "'my run' holds ' '", f"{RULE}, such as 'my-run'"),
        ("my_run", "'my_run' holds '_'", f"{RULE}, such as 'my-run'"),
        ("-x", "'-x' begins or ends with a hyphen", f"{RULE}, such as 'x'"),
        ("a\n", "'a\\n' holds '\\n'", f"{RULE}, such as 'a'"),
        ("a\0b", "'a\\x00b' holds '\\x00'", f"{RULE}, such as 'a-b'"),
        ("a" * 64, f"'{'a' * 57}...' has 64 characters", f"{RULE}, such as '{'a' * 63}'"),
        (
            "数字",
            "'数字' holds '数', and clusters take only plain letters in names",
            f"{RULE}, such as 'digits-1'; other scripts are welcome in description and tags",
        ),
        (
            "expérience",
            "'expérience' holds 'é', and clusters take only plain letters in names",
            f"{RULE}, such as 'experience'",
        ),
        ("\ud800", "'\\ud800' holds '\\ud800', and clusters take only plain letters in names", None),
        (5, "is the number 5, not a text", "a text such as digits-1"),
    ],
)
def test_a_wrong_name_is_told_a_right_one(name: object, reason: str, expected: str | None) -> None:
    with pytest.raises(InvalidError) as caught:
        label(name)
    assert caught.value.faults[0].reason == reason
    if expected is not None:
        assert caught.value.faults[0].expected == expected


@given(st.text(max_size=200))
def test_every_suggestion_is_valid(text: str) -> None:
    if suggestion := suggest_label(text):
        assert label(suggestion) == suggestion


@pytest.mark.parametrize("name", ["vision", "research/vision"])
def test_a_project_may_name_its_team(name: str) -> None:
    assert project_name(name) == name


@pytest.mark.parametrize("name", ["a/b/c", "/b", "a/", "A/b", "", "..", "a b"])
def test_other_projects_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        project_name(name)


@pytest.mark.parametrize("name", ["PATH", "_x", "a1", "OMP_NUM_THREADS"])
def test_environment_variables_have_plain_names(name: str) -> None:
    assert env_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("1A", "'1A' cannot name an environment variable"),
        ("A=B", "'A=B' cannot name an environment variable"),
        ("", "'' cannot name an environment variable"),
        ("A-B", "'A-B' cannot name an environment variable"),
        ("A\n", "'A\\n' cannot name an environment variable"),
        ("SUBMARINE_TOKEN", "'SUBMARINE_TOKEN' is one of the server's own"),
        ("submarine_url", "'submarine_url' is one of the server's own"),
        ("A" * 257, f"'{'A' * 57}...' has 257 characters"),
    ],
)
def test_other_environment_variables_are_refused(name: str, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        env_name(name)
    assert caught.value.faults[0].reason == reason


@pytest.mark.parametrize("name", ["lr", "optimizer.lr", "a/b", "a-b", "0", "_x"])
def test_parameters_may_have_dots_and_slashes(name: str) -> None:
    assert param_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", ".x", "x}", "学", "a\0", "x" * 251, "a."])
def test_other_parameters_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        param_name(name)


@pytest.mark.parametrize("name", ["research", "root.research.a", "q_1"])
def test_queues_may_be_paths_of_yarn(name: str) -> None:
    assert queue_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", ".", "-x", "q" * 201, "ü"])
def test_other_queues_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        queue_name(name)


@pytest.mark.parametrize("text", ["demo", "数字", "two words", "a" * 128, "x=1", "🚀", "عربي"])
def test_tags_take_any_script(text: str) -> None:
    assert tag(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (" a", "begins or ends with a space"),
        ("a" * 129, "has 129 characters"),
        ("a\nb", "holds a control character or a line break"),
        ("a\0b", "holds a control character or a line break"),
        ("a\u2028b", "holds a control character or a line break"),
        ("a\ud800", "holds a control character or a line break"),
        (5, "is the number 5, not a text"),
    ],
)
def test_other_tags_are_refused(text: object, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        tag(text)
    assert caught.value.faults[0].reason == reason
