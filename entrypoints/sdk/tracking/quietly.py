"""Saying what went wrong once, and never raising into a training."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Final

_LOG: Final = logging.getLogger("submarine")
_said: set[str] = set()


def warn_once(topic: str, sentence: str) -> None:
    """Log *sentence* unless something was said on *topic* before in this process."""
    if topic not in _said:
        _said.add(topic)
        _LOG.warning("submarine: %s", sentence)


def quietly(function: Callable[..., None]) -> Callable[..., None]:
    """Return *function* with every exception turned into one warning."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the promise is that nothing gets out
            warn_once(f"{function.__name__} {error}", f"{function.__name__}() did nothing: {error}")

    return guarded
