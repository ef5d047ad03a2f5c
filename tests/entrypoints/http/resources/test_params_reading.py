"""The quick reader of parameters says what the careful one says, or nothing."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from submarine.core.metadata.params import MOST_PARAMS
from submarine.entrypoints.http.resources.params_tags import ParamsPatch, quickly

careful = TypeAdapter(ParamsPatch)
texts = st.text(max_size=5)
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(st.none(), max_size=1)
bodies = st.fixed_dictionaries(
    {"params": st.dictionaries(texts, values, max_size=3)}, optional={"other": values}
)


@given(bodies)
def test_what_is_read_quickly_is_what_is_read_carefully(body: dict[str, object]) -> None:
    data = json.dumps(body).encode()
    if (quick := quickly(data)) is not None:
        assert repr(quick.params) == repr(careful.validate_json(data).params)


def test_what_jobs_send_is_read_quickly() -> None:
    assert (
        quickly(b'{"params": {"lr": 0.1, "name": "x", "deep": true, "layers": 3, "seed": null}}') is not None
    )


def test_too_many_are_left_to_the_careful() -> None:
    assert quickly(json.dumps({"params": dict.fromkeys(map(str, range(MOST_PARAMS + 1)))}).encode()) is None
