"""What schemathesis loads into its own process: streams that follow would never end."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    del context, kwargs
    if case.operation.path.endswith("/logs") and case.query:
        case.query.pop("follow", None)
