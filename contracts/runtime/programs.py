"""What the kit lets workloads do, as commands; by default little Python programs."""

from __future__ import annotations

import sys
from typing import Final

Command = tuple[str, ...]

_SERVER: Final = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""
_SPOOLER: Final = """
import os, pathlib, sys
folder = pathlib.Path(os.environ["SUBMARINE_SPOOL"])
folder.joinpath("contract.jsonl").write_text("".join(line + "\\n" for line in sys.argv[1:]))
"""
_POLITE: Final = """
import os, signal, sys, time
def leave(*_):
    os.write(1, sys.argv[2].encode() + b"\\n")  # print may be at work below us
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print(sys.argv[1], flush=True)
while True: time.sleep(60)
"""
_STUBBORN: Final = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(sys.argv[1], flush=True)
while True: time.sleep(60)
"""
_HIDING: Final = """
import os, sys, time
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    for descriptor in range(3):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    stay = "import time\\nwhile True: time.sleep(60)"
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", stay, sys.argv[2]], {})
os.wait()
print(sys.argv[1], flush=True)
while sys.argv[3:]: time.sleep(60)
"""


class Programs:
    """Commands of the cluster under test; override what its images or machines cannot do so."""

    python: str = sys.executable

    def runs(self, said: str = "running") -> Command:
        """Return a command that says *said* and runs until it is ended; SIGTERM ends it at once."""
        code = "import sys, time\nprint(sys.argv[1], flush=True)\nwhile True: time.sleep(60)"
        return self._python(code, said)

    def prints(self, *lines: str, exit_code: int = 0) -> Command:
        """Return a command that writes *lines* and exits with *exit_code*."""
        return self._python(
            "import sys\nfor line in sys.argv[2:]: print(line, flush=True)\nsys.exit(int(sys.argv[1]))",
            str(exit_code),
            *lines,
        )

    def waits(self, seconds: float, exit_code: int = 0) -> Command:
        """Return a command that exits with *exit_code* after *seconds*."""
        return self._python(
            "import sys, time\ntime.sleep(float(sys.argv[1]))\nsys.exit(int(sys.argv[2]))",
            str(seconds),
            str(exit_code),
        )

    def prints_twice(self, first: str, seconds: float, second: str) -> Command:
        """Return a command that writes *first*, after *seconds* *second*, and exits with 0."""
        return self._python(
            "import sys, time\n"
            "print(sys.argv[1], flush=True)\ntime.sleep(float(sys.argv[2]))\nprint(sys.argv[3], flush=True)",
            first,
            str(seconds),
            second,
        )

    def prints_environment(self, *names: str) -> Command:
        """Return a command that writes ``NAME=value`` for each of *names*, nothing after = if unset."""
        return self._python(
            "import os, sys\nfor name in sys.argv[1:]: print(f'{name}={os.environ.get(name, str())}')", *names
        )

    def shows_environment(self, *names: str) -> Command:
        """Return a command that writes what `prints_environment` does, and then runs until it is ended."""
        return self._python(
            "import os, sys, time\n"
            "for name in sys.argv[1:]: print(f'{name}={os.environ.get(name, str())}', flush=True)\n"
            "while True: time.sleep(60)",
            *names,
        )

    def prints_to_both(self, out: str, error: str) -> Command:
        """Return a command that writes *out* to stdout, then *error* to stderr."""
        return self._python(
            "import sys\nprint(sys.argv[1], flush=True)\nprint(sys.argv[2], file=sys.stderr, flush=True)",
            out,
            error,
        )

    def says_goodbye(self, said: str, goodbye: str) -> Command:
        """Return a command that says *said* when ready, and *goodbye* before SIGTERM ends it."""
        return self._python(_POLITE, said, goodbye)

    def ignores_sigterm(self, said: str) -> Command:
        """Return a command that says *said* when nothing but SIGKILL can end it any more."""
        return self._python(_STUBBORN, said)

    def hides(self, said: str, word: str, *, stays: bool) -> Command:
        """Return a command that leaves a process behind, and says *said* then.

        That one has a session of its own, nothing in its environment and *word* on its command line. The
        command itself runs until it is ended if it *stays*, and exits with 0 if not.
        """
        return self._python(_HIDING, said, word, *(["stays"] if stays else []))

    def spools(self, *lines: str) -> Command:
        """Return a command that leaves *lines* in the folder ``SUBMARINE_SPOOL``."""
        return self._python(_SPOOLER, *lines)

    def serves(self, body: str) -> Command:
        """Return a command that answers HTTP on the port ``PORT`` with *body*."""
        return self._python(_SERVER, body)

    def _python(self, code: str, *arguments: str) -> Command:
        return (self.python, "-I", "-S", "-c", code, *arguments)
