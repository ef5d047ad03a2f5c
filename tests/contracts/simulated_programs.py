"""The kit's programs in the little language of the runtime in memory."""

from __future__ import annotations

from typing_extensions import override

from submarine.contracts.runtime.programs import Command, Programs


class SimulatedPrograms(Programs):
    @override
    def runs(self, said: str = "running") -> Command:
        return ("simulate", f"print={said}")

    @override
    def prints(self, *lines: str, exit_code: int = 0) -> Command:
        return ("simulate", *(f"print={line}" for line in lines), f"exit={exit_code}")

    @override
    def waits(self, seconds: float, exit_code: int = 0) -> Command:
        return ("simulate", f"sleep={seconds}", f"exit={exit_code}")

    @override
    def prints_twice(self, first: str, seconds: float, second: str) -> Command:
        return ("simulate", f"print={first}", f"sleep={seconds}", f"print={second}", "exit=0")

    @override
    def prints_environment(self, *names: str) -> Command:
        return ("simulate", *(f"env={name}" for name in names), "exit=0")

    @override
    def shows_environment(self, *names: str) -> Command:
        return ("simulate", *(f"env={name}" for name in names))

    @override
    def prints_to_both(self, out: str, error: str) -> Command:
        return ("simulate", f"print={out}", f"print={error}", "exit=0")

    @override
    def says_goodbye(self, said: str, goodbye: str) -> Command:
        return ("simulate", f"bye={goodbye}", f"print={said}")

    @override
    def ignores_sigterm(self, said: str) -> Command:
        return ("simulate", "ignore-term", f"print={said}")

    @override
    def hides(self, said: str, word: str, *, stays: bool) -> Command:
        return ("simulate", f"env={word}", f"print={said}", *([] if stays else ["exit=0"]))

    @override
    def spools(self, *lines: str) -> Command:
        return ("simulate", *(f"spool={line}" for line in lines), "exit=0")

    @override
    def serves(self, body: str) -> Command:
        return ("simulate", f"serve={body}")
