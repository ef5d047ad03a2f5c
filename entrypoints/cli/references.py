"""Names of experiments on the command line, completed from the server."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

BUDGET: Final = 0.3
"""Seconds a key press may wait for the server."""


class ExperimentRef(click.ParamType[str]):
    """An id or a name."""

    name = "experiment"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if not text.strip() or text in (".", ".."):
            self.fail("an experiment is named by its id or its name", param, ctx)
        return text

    @override
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[Any]]:
        root = ctx.find_root().params
        found = _asked(root.get("url"), root.get("context"))
        return [CompletionItem(name, help=state) for name, state in found if name.startswith(incomplete)]


def _asked(url: str | None, context: str | None) -> list[tuple[str, str]]:
    """Return names and states of the newest experiments, nothing if that takes too long."""
    box: list[tuple[str, str]] = []
    thread = threading.Thread(target=_ask, args=(url, context, box), daemon=True)
    thread.start()
    thread.join(BUDGET)
    return list(dict(reversed(box)).items())[::-1]


def _ask(url: str | None, context: str | None, box: list[tuple[str, str]]) -> None:
    # http.client and not the SDK: importing httpx alone would eat half of the budget.
    import http.client

    from submarine.entrypoints.sdk.connection import resolve
    from submarine.entrypoints.sdk.errors import ConfigurationError

    try:
        known = resolve(url, None, context)
        parts = urlsplit(known.urls[0])
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        query = urlencode({"limit": 100, "fields": "name,state"})
        with closing(kind(parts.hostname or "", parts.port, timeout=BUDGET)) as connection:
            headers = {"Authorization": f"Bearer {known.token}"}
            connection.request("GET", f"{parts.path}/api/v1/experiments?{query}", headers=headers)
            items = json.loads(connection.getresponse().read())["items"]
        box.extend((str(i["name"]), str(i["state"])) for i in items)
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException, ConfigurationError):
        return


EXPERIMENT: Final = ExperimentRef()
