"""What the file system says, in the words of the domain."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from submarine.core.errors import AdapterError, ConflictError, NotFoundError, UnavailableError

_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY: Final = {errno.EROFS, errno.EPERM}
_IN_THE_WAY: Final = {errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ELOOP}


@contextmanager
def translated(doing: str, absent: str = "") -> Iterator[None]:
    """Raise what goes wrong within as the domain's error; *doing* begins its message.

    *absent* is what to say when the object is not there; empty when nothing was asked to be.
    """
    try:
        yield
    except OSError as error:
        cause = in_words(error)
        if isinstance(error, FileNotFoundError) and absent:
            raise NotFoundError(absent) from error
        if error.errno in _FULL:
            raise UnavailableError(f"{doing}: no space left: {cause}") from error
        if error.errno in _READ_ONLY:  # as a kernel makes a disk that fails: it may be mended under us
            raise UnavailableError(f"{doing}: the disk is read-only: {cause}") from error
        if error.errno == errno.EACCES:
            raise AdapterError(f"{doing}: the server may not: {cause}") from error
        if error.errno in _IN_THE_WAY:
            raise ConflictError(f"{doing}: an object cannot lie below another: {cause}") from error
        raise UnavailableError(f"{doing}: {cause}") from error


def in_words(error: OSError) -> str:
    """Return the first line of *error*; Arrow's go on with C++ details."""
    return (str(error).splitlines() or [type(error).__name__])[0]
