"""Whose an attempt is, where YARN was made to start two applications for it."""

from __future__ import annotations

from contextlib import suppress

from submarine.adapters.yarn import names
from submarine.adapters.yarn.launcher.staging import Names, Staging, TakenError


def held(staging: Staging, found: Names, application: str) -> bool:
    """Tell whether the attempt is *application*'s; it is now, if it was nobody's.

    *found* is what is in its folder. Raise `AwayError` if HDFS is away, `GoneError` if the attempt is.
    """
    if names.CLAIM not in found:
        with suppress(TakenError):
            staging.create(names.CLAIM, {"application": application})
            return True
    return bool(staging.read(names.CLAIM).get("application") == application)
