"""Forks launchers from a process that has all imports behind it: most of the time of a start is those."""

from __future__ import annotations

import os
import signal
import socket
import traceback
from typing import Final, NoReturn

from submarine.adapters.local.supervisor import launcher

DONE: Final = b"\0done"
"""The last thing a launcher says if all replicas are claimed."""

_LONGEST: Final = 8192  # bytes of a path


def serve(descriptor: int) -> int:
    """Launch what is asked for over the socket *descriptor*, until the server at its other end is gone.

    A request is the path of an attempt, and a descriptor on which the launcher says how it went.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how launchers end
    with socket.socket(fileno=descriptor) as connection:
        while True:
            path, descriptors, _, _ = socket.recv_fds(connection, _LONGEST, 1)
            if not path:
                return 0
            if os.fork() == 0:
                connection.close()
                _launch(os.fsdecode(path), descriptors[0])
            for answer in descriptors:
                os.close(answer)


def _launch(path: str, answer: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # supervisors do ask
        os.dup2(answer, 2)  # each supervisor puts its diary in this place
        os.close(answer)
        code = launcher.main(path)
        if code == 0:
            os.write(2, DONE)
    except BaseException:  # noqa: BLE001 - a launcher must not go on as the fork server
        traceback.print_exc()
    os._exit(code)
