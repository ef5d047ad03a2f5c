"""The description of the API, for programs and for people without a network."""

from submarine.entrypoints.http.browser.controller import BrowserController

__all__ = ["BrowserController"]
