"""Asking a person, where there is one."""

from __future__ import annotations

import sys

import click


def confirmed(question: str, *, yes: bool) -> None:
    """Ask *question* if a person is there to answer and did not say *yes* already."""
    if not yes and sys.stdin.isatty() and not click.confirm(question, err=True):
        raise click.Abort


def asked(question: str, option: str, *, hidden: bool = False, again: bool = False) -> str:
    """Return the answer to *question*; without a person, name the *option* that would have told."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} is not given, and there is nobody to ask: use {option}.")
    return str(click.prompt(question, hide_input=hidden, confirmation_prompt=again, err=True))


def line() -> str:
    """Return the next line of stdin."""
    return sys.stdin.readline().rstrip("\r\n")
