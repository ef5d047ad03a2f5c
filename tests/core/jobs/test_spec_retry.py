"""Which ends get another attempt."""

import pytest

from submarine.core.errors import InvalidError
from submarine.core.jobs.retry import NEVER, RetryPolicy, read_retry
from submarine.core.workloads.observation import Phase


@pytest.mark.parametrize(
    ("on", "reason", "code", "phase", "again"),
    [
        ("lost", "supervisor-lost", None, Phase.LOST, True),
        ("lost", "", None, Phase.ABSENT, True),
        ("lost", "node-lost", None, Phase.FAILED, True),
        ("lost", "exit-code", 1, Phase.FAILED, False),
        ("node-lost", "node-lost", None, Phase.LOST, True),
        ("node-lost", "supervisor-lost", None, Phase.LOST, False),
        ("preempted", "preempted", 143, Phase.FAILED, True),
        ("preempted", "exit-code", 143, Phase.FAILED, False),
        ("out-of-memory", "out-of-memory", 137, Phase.FAILED, True),
        ("failed", "exit-code", 1, Phase.FAILED, True),
        ("failed", "out-of-memory", 137, Phase.FAILED, True),
        ("failed", "supervisor-lost", None, Phase.LOST, False),
        ("failed", "deadline-exceeded", 143, Phase.FAILED, False),
        ("exit:137", "exit-code", 137, Phase.FAILED, True),
        ("exit:137", "exit-code", 1, Phase.FAILED, False),
        ("exit:137", "exit-code", None, Phase.FAILED, False),
        ("failed", "", 0, Phase.SUCCEEDED, False),
        ("failed", "cancelled", 143, Phase.CANCELLED, False),
        ("failed", "", None, Phase.RUNNING, False),
        ("lost", "", None, Phase.PENDING, False),
    ],
)
def test_an_end_is_retried_when_the_policy_speaks_of_it(
    on: str, reason: str, code: int | None, phase: Phase, again: bool
) -> None:
    assert RetryPolicy(limit=1, on=(on,)).applies(reason, code, phase) is again


def test_one_word_that_applies_is_enough() -> None:
    assert RetryPolicy(limit=1, on=("lost", "exit:3")).applies("exit-code", 3, Phase.FAILED)


@pytest.mark.parametrize("phase", list(Phase))
def test_nothing_is_retried_unasked(phase: Phase) -> None:
    assert not NEVER.applies("node-lost", 137, phase)


def test_what_is_left_out_means_one_attempt_after_lost_or_preempted() -> None:
    assert read_retry({}) == RetryPolicy(limit=1, on=("lost", "preempted"))
    assert read_retry({"limit": 3}).limit == 3
    assert read_retry({"on": ["exit:007", "lost", "lost"]}).on == ("exit:7", "lost")


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        ({"limit": -1}, "limit", "-1 is out of range"),
        ({"limit": 11}, "limit", "11 is out of range"),
        ({"on": ["exit:0"]}, "on.0", "'exit:0' is success, and success is never retried"),
        ({"on": ["lost", "exit:256"]}, "on.1", "'exit:256' is no exit code"),
        ({"on": ["exit:-1"]}, "on.0", "'exit:-1' is no reason to retry"),
        ({"on": ["exit:"]}, "on.0", "'exit:' is no reason to retry"),
        ({"on": [137]}, "on.0", "is the number 137, not a text"),
        ({"on": [True]}, "on.0", "is the boolean true, not a text"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_field(value: dict[str, object], field: str, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read_retry(value)
    assert [(fault.field, fault.reason) for fault in caught.value.faults] == [(field, reason)]


def test_a_mistyped_word_is_told_the_right_one() -> None:
    with pytest.raises(InvalidError) as caught:
        read_retry({"on": ["premepted"]})
    assert caught.value.faults[0].expected.startswith("did you mean 'preempted'? lost, preempted, failed")
