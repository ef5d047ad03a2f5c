"""Write an OCI image archive from tars of its layers.

usage: oci_archive.py OUT NAME LAYER... [--base ARCHIVE] [--env K=V]... [--user U] [--workdir DIR]
                      [--entrypoint ARG]... [--cmd ARG]...

A LAYER is a tar, compressed by gzip or not, whose paths are those of the image; --base puts the layers of
another such archive below them. The layout is that of the OCI image specification 1.1 (image-layout.md,
config.md); NAME goes into the index as both of the annotations that containerd and skopeo read.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

OCI = "application/vnd.oci.image."


@dataclass(frozen=True)
class Layer:
    """A blob of an image, and the digest of the tar in it."""

    path: Path
    digest: str
    content: str
    compressed: bool

    @property
    def descriptor(self) -> dict[str, Any]:
        kind = "layer.v1.tar" + ("+gzip" if self.compressed else "")
        return {"mediaType": OCI + kind, "digest": self.digest, "size": self.path.stat().st_size}


def layer_of(path: Path) -> Layer:
    with path.open("rb") as file:
        digest = _sha256(file)
        file.seek(0)
        if file.read(2) != b"\x1f\x8b":
            return Layer(path, digest, digest, compressed=False)
    with gzip.open(path) as file:
        return Layer(path, digest, _sha256(file), compressed=True)


def layers_of(archive: Path, scratch: Path) -> list[Layer]:
    """Unpack the layers of an archive that this program wrote."""
    with tarfile.open(archive) as tar:
        index = json.load(_member(tar, "index.json"))
        manifest = json.load(_member(tar, _blob(index["manifests"][0]["digest"])))
        layers = []
        for described in manifest["layers"]:
            path = scratch / described["digest"].partition(":")[2]
            with path.open("wb") as target:
                shutil.copyfileobj(_member(tar, _blob(described["digest"])), target, 1 << 20)
            layers.append(layer_of(path))
    return layers


def write(out: Path, name: str, layers: list[Layer], run: dict[str, Any]) -> None:
    with tarfile.open(out, "w") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        for layer in layers:
            archive.add(layer.path, _blob(layer.digest), filter=_anonymous)
        contents = [layer.content for layer in layers]
        rootfs = {"type": "layers", "diff_ids": contents}
        config = {"architecture": "amd64", "os": "linux", "config": run, "rootfs": rootfs}
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI + "manifest.v1+json",
            "config": _add_json(archive, "config.v1+json", config),
            "layers": [layer.descriptor for layer in layers],
        }
        described = _add_json(archive, "manifest.v1+json", manifest)
        described["annotations"] = {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.rpartition(":")[2],
        }
        index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [described]}
        _add(archive, "index.json", json.dumps(index).encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("name")
    parser.add_argument("layers", type=Path, nargs="+")
    parser.add_argument("--base", type=Path)
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("--user", default="")
    parser.add_argument("--workdir", default="/")
    parser.add_argument("--entrypoint", action="append", default=[])
    parser.add_argument("--cmd", action="append", default=[])
    asked = parser.parse_args()
    run = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", *asked.env], "WorkingDir": asked.workdir}
    more = {"User": asked.user, "Entrypoint": asked.entrypoint, "Cmd": asked.cmd}
    with tempfile.TemporaryDirectory(dir=asked.out.parent) as scratch:
        layers = layers_of(asked.base, Path(scratch)) if asked.base else []
        layers += [layer_of(path) for path in asked.layers]
        partial = Path(scratch) / "archive.tar"
        write(partial, asked.name, layers, run | {key: value for key, value in more.items() if value})
        partial.replace(asked.out)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _sha256(file: _Readable) -> str:
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.partition(':')[2]}"


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file is not None, name
    return file


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_json(archive: tarfile.TarFile, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    content = json.dumps(document, separators=(",", ":")).encode()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    _add(archive, _blob(digest), content)
    return {"mediaType": OCI + kind, "digest": digest, "size": len(content)}


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main()
