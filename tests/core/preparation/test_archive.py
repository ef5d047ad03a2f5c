"""Archives nobody inspected before, as from a URI, are unpacked with the same distrust."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from submarine.core.preparation.archive import unpack
from submarine.core.preparation.errors import PreparationError


def header(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def extended(data: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return header("more", kind, size=len(data)) + data + bytes(-len(data) % 512)


HOSTILE = {
    "a chain of headers": extended(b"13 comment=x\n") * 3000 + header("ok"),
    "a map that is none": extended(b"22 GNU.sparse.map=0,x\n") + header("ok"),
    "a size beyond all": extended(b"29 size=99999999999999999999\n") + header("ok"),
    "a name without end": extended(b"a/" * 200_000 + b"b", tarfile.GNUTYPE_LONGNAME) + header("ok"),
    "folders without end": extended(b"a/" * 2000 + b"b", tarfile.GNUTYPE_LONGNAME) + header("ok"),
    "a second name": extended(b"30 GNU.sparse.name=../../evil\n") + header("ok"),
    "a name for all": extended(b"17 linkpath=/etc\n", tarfile.XGLTYPE) + header("l", tarfile.SYMTYPE, "x"),
    "a way through a link": header("d", tarfile.SYMTYPE, "..") + header("d/evil"),
    "a way through two links": (
        header("a/b", tarfile.SYMTYPE, "..") + header("c", tarfile.SYMTYPE, "a/b/..") + header("c/evil")
    ),
    "a file in a link's place": header("d", tarfile.SYMTYPE, "x") + header("d"),
    "a device": header("d", tarfile.CHRTYPE),
    "the folder itself as a link": header(".", tarfile.SYMTYPE, "x"),
    "a hard link to a link": header("d", tarfile.SYMTYPE, "x") + header("e", tarfile.LNKTYPE, "d"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_is_refused_and_leaves_nothing(tmp_path: Path, what: str) -> None:
    archive = tmp_path / "code.tar.gz"
    archive.write_bytes(gzip.compress(HOSTILE[what] + bytes(1024)))
    inner = tmp_path / "inner"
    inner.mkdir()
    with pytest.raises(PreparationError, match="the code"):
        unpack(str(archive), str(inner / "code"), 2**30)
    assert set(tmp_path.rglob("*")) == {archive, inner}
