"""How many wrong passwords are borne, and from whom."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from submarine.core.access.throttle import Throttle

_TRUSTED: Final = 10_000
_WHAT: Final = "wrong passwords"


class Patience:
    """Counts tries by (name, address), by address, and by name over all addresses.

    The third is what a botnet meets. It would let strangers lock somebody out, so an address from which
    the right password came is exempt from it; whoever guesses from there still meets the other two.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_pair = Throttle(10, every=10.0, clock=clock)
        self._by_address = Throttle(50, every=2.0, clock=clock)
        self._by_name = Throttle(100, every=1.0, clock=clock)
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def admit(self, name: str, address: str) -> None:
        """Count a try; raise `BusyError` if there have been too many."""
        pair = f"{name} {address}"
        self._by_pair.check(pair, _WHAT)
        if address:
            self._by_address.check(address, f"{_WHAT} from your address")
        if (known := (name, address) in self._trusted) is False:
            self._by_name.check(name, _WHAT)
        self._by_pair.count(pair)
        if address:
            self._by_address.count(address)
        if not known:
            self._by_name.count(name)

    def trust(self, name: str, address: str) -> None:
        """Remember that the right password of *name* came from *address*, and forgive what came before."""
        self._by_pair.forgive(f"{name} {address}")
        if address:
            self._by_address.give_back(address)  # not all: others may be guessing from there
        if (name, address) not in self._trusted:
            self._by_name.give_back(name)  # not all: it may not be the guesser who knew it
        self._trusted[name, address] = None
        self._trusted.move_to_end((name, address))
        if len(self._trusted) > _TRUSTED:
            self._trusted.popitem(last=False)
