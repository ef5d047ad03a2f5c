"""A local cluster is a data directory on a machine."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from submarine.adapters.local.identity import identity_of
from submarine.adapters.local.layout import DataDirectory


def test_a_directory_keeps_its_identity_when_it_moves(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    before = identity_of(DataDirectory(str(tmp_path / "a")))
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert identity_of(DataDirectory(str(tmp_path / "b"))) == before


def test_two_directories_differ(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    assert len({identity_of(DataDirectory(str(tmp_path / name))) for name in "ab"}) == 2


def test_one_directory_on_two_machines_is_two_clusters(tmp_path: Path) -> None:
    said = set()
    for machine in ("0123\n", "4567\n"):
        (tmp_path / "machine-id").write_text(machine)
        said.add(identity_of(DataDirectory(str(tmp_path)), tmp_path / "machine-id"))
    assert len(said) == 2
    assert not any("0123" in each for each in said)  # machine-id(5): not to be shown to others


def test_a_machine_without_an_id_will_do(tmp_path: Path) -> None:
    absent = tmp_path / "machine-id"
    assert identity_of(DataDirectory(str(tmp_path)), absent) == identity_of(
        DataDirectory(str(tmp_path)), absent
    )


def test_servers_that_ask_at_once_hear_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda _: identity_of(DataDirectory(str(tmp_path))), range(32)))
    assert len(said) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["identity"]
