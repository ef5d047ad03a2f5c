"""Reading what the server sent back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from submarine.entrypoints.sdk.errors import ClientError, error_of


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer: status, headers (lower-case names) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body, None if there is none; raise `ClientError` if it is not JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            kind = self.headers.get("content-type", "an unknown type")
            raise ClientError(
                f"the answer is {kind}, not JSON", "Is the address that of a Submarine server?"
            ) from error

    @property
    def etag(self) -> str | None:
        """Return the version tag of a single thing."""
        return self.headers.get("etag")

    def checked(self) -> Answer:
        """Return this answer; raise the error it stands for if it is one."""
        if self.status < 400:  # noqa: PLR2004
            return self
        try:
            problem = json.loads(self.body)
        except ValueError:
            problem = None
        raise error_of(self.status, problem, self.headers)
