"""Options with a few words to choose from, and what was meant where none of them was given."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import click
from typing_extensions import override


class Words(click.Choice[str]):
    """A choice that answers a slip of the finger with the nearest word."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            close = get_close_matches(str(value), [str(c) for c in self.choices], 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            self.fail(f"{error.message}{hint}", param, ctx)
