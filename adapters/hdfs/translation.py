"""What HDFS' exceptions mean for an object."""

from __future__ import annotations

from submarine.adapters.hadoop.refusals import RefusedError

_NO_FOLDER = "is not a directory"


def absent(error: RefusedError) -> bool:
    """Tell whether there is nothing at the path, a file above it included."""
    if error.kind == "AccessControlException":  # so it calls a path below a file
        return _NO_FOLDER in error.reason
    return error.kind in {"FileNotFoundException", "ParentNotDirectoryException"}


def beyond_the_end(error: RefusedError) -> bool:
    """Tell whether bytes past the end were asked for."""
    return error.kind == "IOException" and "out of the range" in error.reason


def occupied(error: RefusedError) -> bool:
    """Tell whether a folder was not deleted because something is in it."""
    return error.kind == "PathIsNotEmptyDirectoryException"


def no_folder(error: RefusedError) -> bool:
    """Tell whether the folder is missing into which a file was to be moved."""
    return error.kind == "FileNotFoundException" and "parent" in error.reason


def in_the_way(error: RefusedError) -> bool:
    """Tell whether a file is where a folder is needed, or a folder where a file is."""
    return (
        error.kind in {"ParentNotDirectoryException", "FileAlreadyExistsException"}
        or (error.kind == "AccessControlException" and _NO_FOLDER in error.reason)
        or "must both be directories" in error.reason
    )
