"""One template for what differs between replicas."""

from __future__ import annotations

from submarine.adapters.kubernetes.variables import literal, templates


def test_what_is_equal_is_said_as_it_is() -> None:
    assert templates([{"A": "x"}, {"A": "x"}]) == {"A": "x"}


def test_what_follows_the_index_is_said_by_it_wherever_it_stands() -> None:
    each = [{"A": f'{{"task": {i}, "of": 12}} {i}'} for i in range(12)]
    assert templates(each) == {"A": '{"task": $(SUBMARINE_INDEX), "of": 12} $(SUBMARINE_INDEX)'}


def test_what_the_index_cannot_say_has_no_template() -> None:
    assert templates([{"A": str(i + 1)} for i in range(3)]) is None
    assert templates([{"A": "x"}, {"B": "x"}]) is None
    assert templates([{"A": "x"}, {"A": "long"}]) is None


def test_a_single_replica_needs_no_template() -> None:
    assert templates([{"A": "0"}]) == {"A": "0"}


def test_dollars_are_kept_from_kubernetes() -> None:
    assert literal("$(A) $B $$") == "$$(A) $$B $$$$"
    assert templates([{"A": f"$(X){i}"} for i in range(2)]) == {"A": "$$(X)$(SUBMARINE_INDEX)"}
