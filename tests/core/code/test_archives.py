"""What an archive may hold, and what is refused while it passes."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from submarine.core.code import archives
from submarine.core.code.archives import ArchiveInspector
from submarine.core.errors import InvalidError


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def pack(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return gzip.compress(plain.getvalue(), mtime=0)


def inspect(data: bytes, step: int = 1 << 20) -> None:
    inspector = ArchiveInspector()
    for start in range(0, len(data), step):
        inspector.feed(data[start : start + step])
    inspector.close()


HARMLESS = (
    member("src/train.py", b"print('hi')\n" * 100),
    member("src", type=tarfile.DIRTYPE),
    member("src/link.py", type=tarfile.SYMTYPE, linkname="train.py"),
    member("src/up", type=tarfile.SYMTYPE, linkname="../data"),
    member("src/hard.py", type=tarfile.LNKTYPE, linkname="src/train.py"),
    member("deep/" * 40 + "name-that-is-long-" * 10, b"x"),
    member("schön/日本.txt", b"y" * 5000),
    member("empty"),
)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_folder_of_ordinary_things_passes_in_chunks_of_any_size(form: int) -> None:
    data = pack(*HARMLESS, form=form)
    for step in (1, 7, 512, 1 << 20):
        inspect(data, step)


HOSTILE = {
    "leads out": member("../evil"),
    "leads out of the folder": member("a/../../evil"),
    "'/etc/passwd' leads out": member("/etc/passwd"),
    "the link 'a' leads out": member("a", type=tarfile.SYMTYPE, linkname="/etc"),
    "the link 'b/a' leads out": member("b/a", type=tarfile.SYMTYPE, linkname="../../etc"),
    "the link 'c' leads out": member("c", type=tarfile.LNKTYPE, linkname="../etc/passwd"),
    "'dev' is neither": member("dev", type=tarfile.CHRTYPE),
    "'fifo' is neither": member("fifo", type=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_what_reaches_out_of_the_folder_is_refused_by_name(words: str, form: int) -> None:
    with pytest.raises(InvalidError, match=words):
        inspect(pack(member("fine", b"1"), HOSTILE[words], form=form))


def test_a_long_name_that_climbs_out_is_refused_too() -> None:
    with pytest.raises(InvalidError, match="leads out"):
        inspect(pack(member("x/" * 100 + "../" * 120 + "evil")))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "UNPACKED", 1 << 20)
    with pytest.raises(InvalidError, match="unpacks to more than"):
        inspect(pack(member("zeros", bytes(2 << 20))))


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS", 5)
    with pytest.raises(InvalidError, match="more than 5 members"):
        inspect(pack(*(member(f"f{n}") for n in range(6))))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cut off"),
        (b"no gzip at all", "no gzip stream"),
        (pack(*HARMLESS)[:-20], "cut off"),
        (pack(*HARMLESS) + b"more", "follow the end"),
        (gzip.compress(b"this is no tar" * 100, mtime=0), "no tar"),
        (gzip.compress(b"", mtime=0), "empty"),
    ],
)
def test_what_is_no_whole_archive_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        inspect(data)


def refusal(data: bytes) -> InvalidError | None:
    try:
        inspect(data, 100)
    except InvalidError as error:
        return error
    return None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=3000))
def test_junk_is_refused_with_words_and_never_a_crash(junk: bytes) -> None:
    for data in (junk, gzip.compress(junk)):
        found = refusal(data)  # zeros are an empty archive, and harmless
        assert found is None or found.faults[0].field == "code"


def test_depth_that_links_only_pretend_is_refused() -> None:
    here = member("d", type=tarfile.SYMTYPE, linkname=".")
    out = member("./d/d/d/up", type=tarfile.SYMTYPE, linkname="../../..")
    with pytest.raises(InvalidError, match="leads through a link"):
        inspect(pack(here, out))


def raw(*blocks: bytes) -> bytes:
    return gzip.compress(b"".join(blocks) + bytes(1024))


def header(name: str, **fields: object) -> bytes:
    return member(name, **fields)[0].tobuf(tarfile.USTAR_FORMAT)  # type: ignore[arg-type]


def extended(data: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return header("pax", type=kind, size=len(data)) + data + bytes(-len(data) % 512)


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    length = next(n for n in range(len(rest), len(rest) + 9) if len(str(n)) + len(rest) == n)
    return str(length).encode() + rest


TRICKS = {
    "leads out": [
        extended(record("path", "../evil") + record("comment", "\n11 path=ok")),
        header("ok"),
    ],
    "overrides the size": [extended(record("GNU.sparse.name", "../evil")), header("ok")],
    "a header overrides": [extended(record("size", "9")), header("ok")],
    "one name to all": [extended(record("linkpath", "/etc"), tarfile.XGLTYPE), header("a")],
    "extended header is damaged": [extended(b"99 path=ok\n"), header("ok")],
    "is damaged": [extended(b"0 a=b\n"), header("ok")],
    "more than 8 extended": [extended(record("comment", "x"))] * 9 + [header("ok")],
    "8 extended headers": [header("pax", type=tarfile.XHDTYPE)] * 9 + [header("ok")],
    "more than 4096": [extended(b"a/" * 3000 + b"b", tarfile.GNUTYPE_LONGNAME), header("ok")],
    "goes up again": [header("d", type=tarfile.SYMTYPE, linkname="."), header("x/../d/evil")],
    "leads through a link": [header("d", type=tarfile.SYMTYPE, linkname="x"), header("./d")],
    "'e' leads through": [
        header("e", type=tarfile.SYMTYPE, linkname="x"),
        header("f", type=tarfile.LNKTYPE, linkname="e"),
    ],
    "follow the end of the tar": [bytes(512), header("../evil")],
}


@pytest.mark.parametrize("words", TRICKS)
def test_headers_that_say_one_thing_here_and_another_to_others_are_refused(words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        inspect(raw(*TRICKS[words]), 300)


def test_the_global_comment_that_git_archive_writes_is_harmless() -> None:
    comment = extended(record("comment", "0" * 40), tarfile.XGLTYPE)
    inspect(raw(comment, header("a"), comment, header("b", type=tarfile.SYMTYPE, linkname="a")))


def test_many_links_and_deep_names_take_neither_memory_nor_time() -> None:
    links = [
        extended(f"{'d/' * 1800}{n}".encode(), tarfile.GNUTYPE_LONGNAME)
        + header("l", type=tarfile.SYMTYPE, linkname="x")
        for n in range(60)
    ]
    data, inspector = raw(*links), ArchiveInspector()
    tracemalloc.start()
    try:
        inspector.feed(data)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    inspector.close()
    assert held < 100_000


def test_the_content_of_a_file_after_an_empty_header_is_not_kept() -> None:
    empty = header("pax", type=tarfile.XHDTYPE)
    data, inspector = raw(empty, header("zeros", size=64 << 20), bytes(64 << 20)), ArchiveInspector()
    tracemalloc.start()
    try:
        inspector.feed(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 << 20
