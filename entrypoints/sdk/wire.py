"""The edge of httpx: its errors and headers in our words."""

from __future__ import annotations

import httpx

from submarine.entrypoints.sdk.errors import ConnectionFailed


class translated:  # noqa: N801 - a context manager, read as a word
    """Raise the SDK's errors for those of httpx."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            raise ConnectionFailed(
                f"cannot reach {self.url} ({str(error) or 'no answer'})", unsent=True
            ) from error
        if isinstance(error, httpx.TimeoutException):
            raise ConnectionFailed(f"{self.url} did not answer in time") from error
        if isinstance(error, httpx.TransportError | httpx.StreamError):
            raise ConnectionFailed(f"the connection to {self.url} broke ({error})") from error
        if isinstance(error, httpx.InvalidURL | httpx.DecodingError | httpx.TooManyRedirects):
            raise ConnectionFailed(f"cannot talk to {self.url} ({error})") from error


def lower(headers: httpx.Headers) -> dict[str, str]:
    """Return *headers* with lower-case names."""
    return {k.lower(): v for k, v in headers.items()}
