"""As whom in Hadoop a workload runs, and for whom the server acts there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from submarine.adapters.hadoop.refusals import RefusedError
from submarine.adapters.yarn.accounts import unfit, usual
from submarine.adapters.yarn.config import YarnConfig
from submarine.core.errors import InvalidError
from submarine.core.workloads.workload import Workload

_FORBIDDEN: Final = 403
_TABLE: Final = "an operator may say in hadoop_users who that is in Hadoop"


def owner(config: YarnConfig, workload: Workload) -> str:
    """Return whose *workload* is in Hadoop; raise `InvalidError` if it can be nobody's."""
    if why := refusal(config, workload.user):
        raise InvalidError(why)
    return config.hadoop_users.get(workload.user, workload.user) if config.personal else config.owner


def refusal(config: YarnConfig, user: str) -> str | None:
    """Return why nothing of *user*, a name in Submarine, can run; None if it can."""
    if not config.personal:
        return None
    if not user:
        return "jobs run here as who submitted them, and nobody has submitted this one"
    if (name := config.hadoop_users.get(user)) is not None:
        return unfit(name, config.me)
    if user in config.hadoop_users.values():
        return f"{user} in Hadoop is somebody else, as hadoop_users says; {_TABLE}"
    if not usual(user):
        return f"jobs run here as who submitted them, and {user!r} is no short Unix name; {_TABLE}"
    if why := unfit(user, config.me):
        return f"jobs run here as who submitted them, and {why}; {_TABLE}"
    return None


def acting(config: YarnConfig, user: str) -> str | None:
    """Return for whom to act so that a call is *user*'s, None where that is us.

    Raise `RefusedError` for whom never to act, whoever has made a folder or an application under that name.
    """
    if user == config.me:
        return None
    if config.personal and (why := unfit(user, config.me)):
        raise RefusedError("the server", _FORBIDDEN, "", f"it acts for people alone, and {why}")
    return user


@contextmanager
def allowed(config: YarnConfig, user: str) -> Iterator[None]:
    """Have it said plainly that Hadoop's rule lets us not act for *user*: raise `InvalidError`."""
    try:
        yield
    except RefusedError as error:
        if not error.impersonating:
            raise
        me = config.me
        raise InvalidError(
            f"Hadoop does not let {me} act for {user} ({error.reason}): an operator has to allow it by "
            f"hadoop.proxyuser.{me}.users or .groups, and .hosts"
        ) from error
