"""Events come whole, however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from submarine.entrypoints.sdk.sse import EventStream, Message

TEXT = (
    ": heartbeat\n\n"
    'id: 1\nevent: state\ndata: {"a": "ä"}\n\n'
    "id: 2\r\nevent: state\r\ndata: one\r\ndata: two\r\n\r\n"
    "id: 3\nevent: end\n\n"
    "id: 4\ndata: half"
).encode()
WHOLE = [
    Message("state", '{"a": "ä"}', "1"),
    Message("state", "one\ntwo", "2"),
    Message("end", "", "3"),
]


@given(st.lists(st.integers(0, len(TEXT)), max_size=20))
def test_any_pieces_give_the_same_events(cuts: list[int]) -> None:
    stream = EventStream()
    edges = [0, *sorted(cuts), len(TEXT)]
    found = [m for a, b in pairwise(edges) for m in stream.feed(TEXT[a:b])]
    assert found == WHOLE


def test_half_an_event_does_not_count_as_seen() -> None:
    stream = EventStream()
    list(stream.feed(TEXT))
    assert stream.last_id == "3"


def test_a_resumed_stream_knows_the_last_id_before_its_first_event() -> None:
    assert EventStream("7").last_id == "7"
