"""What every kit shares."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, ClassVar, NoReturn

import pytest
from typing_extensions import override


class Kit:
    """A set of promises, each one a test method.

    A subclass may waive a promise, but only out loud::

        waived = {"test_kill_is_idempotent": "Slurm forgets jobs after a day"}
    """

    waived: ClassVar[dict[str, str]] = {}

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in [n for n in vars(cls) if n.startswith("test_")]:
            base = next((b for b in cls.__mro__[1:] if name in vars(b)), None)
            if base is not None and base.__module__.startswith("submarine.contracts."):
                raise TypeError(
                    f"{cls.__name__}.{name} overrides a promise of {base.__name__}; waive it instead"
                )

        for name in cls.waived:
            if not hasattr(cls, name):
                near = get_close_matches(name, [n for n in dir(cls) if n.startswith("test_")], 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise TypeError(f"{cls.__name__} waives {name}, which is no promise{hint}")

    @pytest.fixture(autouse=True)
    def _honour_waivers(self, request: pytest.FixtureRequest) -> None:
        name = getattr(request.node, "originalname", request.node.name)
        if reason := self.waived.get(name):
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    def lack(self, request: pytest.FixtureRequest, what: str) -> NoReturn:
        """Skip the promise that *request* is for, because of *what*; one that is waived fails as expected."""
        if reason := self.waived.get(getattr(request.node, "originalname", request.node.name)):
            pytest.xfail(reason)
        pytest.skip(what)


def promises(*kits: type) -> list[str]:
    """Return the names of all promises of *kits*, to be waived together."""
    return sorted({name for kit in kits for name in dir(kit) if name.startswith("test_")})
