"""Which server to talk to and as whom, and where each answer comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from submarine.entrypoints.sdk import addresses, contexts
from submarine.entrypoints.sdk.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The settings of one client; ``origins`` says where each member was found.

    ``url`` names one server, or several that share their records, separated by commas.
    """

    url: str
    token: str = field(default="", repr=False)
    project: str = ""
    context: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the addresses, the preferred first."""
        return addresses.split(self.url)


def resolve(
    url: str | Sequence[str] | None = None,
    token: str | None = None,
    context: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Connection:
    """Return the connection: arguments win over the environment, the environment over the context.

    Raise `ConfigurationError` if no URL is known or a context is named that is not there. A token is
    never sent to another server than its own: with a URL given, the context's token counts only if
    the context has all of those URLs.
    """
    path = contexts.config_file()
    stored = contexts.load(path)
    name, name_origin = _first(
        ("argument", context),
        ("SUBMARINE_CONTEXT", environ.get("SUBMARINE_CONTEXT")),
        (str(path), stored.current),
    )
    if name and name not in stored.by_name:
        raise ConfigurationError(_no_context(name, name_origin, stored.by_name, path))
    chosen = stored.by_name.get(name, contexts.Context())
    # A context named on the command line is a stronger wish than a variable set long ago.
    variables: Mapping[str, str] = {} if context else environ
    found_url, url_origin = _first(
        ("argument", addresses.joined(url or "")),
        ("SUBMARINE_URL", variables.get("SUBMARINE_URL")),
        (str(path), chosen.url),
    )
    own = set(addresses.split(found_url)) <= set(addresses.split(chosen.url))
    found_token, token_origin = _first(
        ("argument", token),
        ("SUBMARINE_TOKEN", variables.get("SUBMARINE_TOKEN")),
        (str(path), chosen.token if own else ""),
    )
    project, project_origin = _first(
        ("SUBMARINE_PROJECT", variables.get("SUBMARINE_PROJECT")), (str(path), chosen.project if own else "")
    )
    return Connection(
        url=_checked(found_url, url_origin),
        token=found_token,
        project=project,
        context=name,
        origins={"context": name_origin, "url": url_origin, "token": token_origin, "project": project_origin},
    )


def _first(*candidates: tuple[str, str | None]) -> tuple[str, str]:
    return next(((value, origin) for origin, value in candidates if value), ("", "nowhere"))


def _no_context(name: str, origin: str, offered: Mapping[str, object], path: Path) -> str:
    there = ", ".join(offered) or "none"
    return f"there is no context {name!r} (from {origin}) in {path}; there is {there}"


def _checked(url: str, origin: str) -> str:
    if not url:
        raise ConfigurationError("no server is configured")
    found = addresses.split(url)
    if (wrong := addresses.wrong(found) if found else url) is not None:
        raise ConfigurationError(
            f"{wrong!r} (from {origin}) is not a server's address",
            "Write it as http://HOST:PORT or https://HOST.",
        )
    return addresses.joined(found)
