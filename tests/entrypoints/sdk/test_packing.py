"""Code is packed the same everywhere, without what git ignores."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from submarine.entrypoints.sdk.errors import SpecError
from submarine.entrypoints.sdk.packing import Archive, pack


def tree(root: Path, *names: str, text: str = "x") -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def packed(folder: Path, tmp_path: Path, **options: int) -> tuple[Archive, list[str]]:
    target = tmp_path / f"{time.monotonic_ns()}.tar.gz"
    archive = pack(folder, target, **options)  # type: ignore[arg-type]
    with tarfile.open(target) as tar:
        return archive, tar.getnames()


def test_the_same_bytes_have_the_same_digest_whoever_packs_them(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", "b.py", "a/c.py", "z")
    two = tree(tmp_path / "two", "z", "a/c.py", "b.py")
    os.utime(two / "b.py", (1, 1))
    (two / "z").chmod(0o600)
    assert packed(one, tmp_path)[0].digest == packed(two, tmp_path)[0].digest


def test_a_byte_a_name_or_the_x_bit_makes_another_digest(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", "a.py")
    digests = {packed(root, tmp_path)[0].digest}
    (root / "a.py").chmod(0o755)
    digests.add(packed(root, tmp_path)[0].digest)
    (root / "a.py").write_text("y")
    digests.add(packed(root, tmp_path)[0].digest)
    (root / "a.py").rename(root / "b.py")
    digests.add(packed(root, tmp_path)[0].digest)
    assert len(digests) == 4


def test_nothing_of_the_machine_is_in_the_archive(tmp_path: Path) -> None:
    pack(tree(tmp_path / "r", "a.py"), tmp_path / "t")
    with tarfile.open(tmp_path / "t") as tar:
        entry = tar.getmember("a.py")
    assert (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime, entry.mode) == (
        0,
        0,
        "",
        "",
        0,
        0o644,
    )


def test_repositories_caches_and_environments_stay_behind(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "r",
        "train.py",
        ".git/config",
        "p/__pycache__/p.pyc",
        "venv/pyvenv.cfg",
        "venv/bin/python",
        "conda/conda-meta/x",
        ".env",
    )
    assert packed(root, tmp_path)[1] == [".env", "train.py"]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git to compare with")
def test_ignoring_is_what_git_does(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "repo",
        "a.py",
        "a.log",
        "keep.log",
        "build/x",
        "sub/build/y",
        "sub/deep/a.tmp",
        "sub/deep/b.tmp",
        "sub/data/1.csv",
        "sub/data/keep.csv",
        "doc/a.txt",
        "doc/x/a.txt",
        "sp ace.py",
        "sub/only/here",
        "ümlaut.py",
        "foo/bar/baz",
        "x.pyc",
    )
    (root / ".gitignore").write_text("*.log\n!keep.log\n/build/\n# no\n*.py[co]\n\ndoc/*.txt\nfoo/**/baz\n")
    (root / "sub" / ".gitignore").write_text("*.tmp\ndata/*\n!data/keep.csv\n/only\n")
    (root / "sub" / "deep" / ".gitignore").write_text("!b.tmp\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    listed = ["git", "-C", root, "-c", "core.quotepath=off", "ls-files", "-co", "--exclude-standard"]
    expected = subprocess.run(
        [str(x) for x in listed], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert packed(root, tmp_path)[1] == sorted(expected)
    # The rules of the repository hold for a folder inside of it.
    assert packed(root / "sub", tmp_path)[1] == sorted(n[4:] for n in expected if n.startswith("sub/"))


def test_submarineignore_has_the_last_word(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", "a.py", "data.bin", "model.pt")
    (root / ".gitignore").write_text("*.pt\n")
    (root / ".submarineignore").write_text("*.bin\n!model.pt\n.*ignore\n")
    assert packed(root, tmp_path)[1] == ["a.py", "model.pt"]


def test_a_link_inside_is_sent_as_what_it_leads_to(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", "real/a.py")
    (root / "b.py").symlink_to("real/a.py")
    (root / "again").symlink_to("real")
    archive, names = packed(root, tmp_path)
    assert names == ["again/a.py", "b.py", "real/a.py"]
    assert archive.files == 3


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/hostname", "leads out of the folder"),
        ("../other", "leads out"),
        ("nothing", "to nothing"),
        (".", "around it"),
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, target: str, reason: str) -> None:
    root = tree(tmp_path / "r", "a.py")
    tree(tmp_path, "other")
    (root / "link").symlink_to(target)
    with pytest.raises(SpecError, match=f"link link .*{reason}.*submarineignore"):
        packed(root, tmp_path)
    (root / ".submarineignore").write_text("link\n")
    assert packed(root, tmp_path)[1] == [".submarineignore", "a.py"]


def test_pipes_and_sockets_are_not_code(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", "a.py")
    os.mkfifo(root / "pipe")
    assert packed(root, tmp_path)[1] == ["a.py"]


def test_too_much_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", "a.py")
    (root / "noise").write_bytes(os.urandom(1 << 20))
    with pytest.raises(SpecError, match=r"larger than 0 MiB .*submarineignore"):
        pack(root, tmp_path / "t", limit=1 << 19)


def test_an_empty_folder_or_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, reason in (("empty", "nothing to send"), ("missing", "not a folder")):
        with pytest.raises(SpecError, match=reason):
            packed(tmp_path / folder, tmp_path)


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    pack(
        tree(tmp_path / "r", "a", "b", text="123"),
        tmp_path / "t",
        progress=lambda n, size: seen.append((n, size)),
    )
    assert seen == [(1, 3), (2, 6)]
