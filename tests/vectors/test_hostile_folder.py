"""A folder of every hostile file we know, among good pictures: the run ends, and nobody's vector moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawing import draw
from hostile import write_hostile_corpus

from styleid import DecodePolicy, Embedder, EmbedOptions, ScanOptions
from styleid.backbones.choose import choose_backbone
from styleid.data.decode.policy import CODES
from styleid.data.manifest.scan import scan_folder
from styleid.vectors.embed.embed import embed_missing
from styleid.vectors.store.space import space_of
from styleid.vectors.store.store import SpaceStore

POLICY = DecodePolicy()


@pytest.mark.parametrize("isolate", [False, True])
def test_hostile_files_end_as_vectors_or_failures(tmp_path: Path, isolate: bool) -> None:
    root = tmp_path / "pictures"
    good = [draw(root / "good" / f"{i}.png", seed=i) for i in range(20)]
    (root / "hostile").mkdir()
    expected = write_hostile_corpus(root / "hostile")
    expected["dangling.jpg"] = "unreadable"  # to a scan a link to nothing is there, and cannot be read
    choice = choose_backbone("resnet18-style")
    store = SpaceStore(tmp_path / "vectors", space_of(choice, POLICY, "avgpool"))
    scan = scan_folder(ScanOptions(images=str(root)), tmp_path / "manifest.csv", POLICY)
    run = embed_missing(scan.manifest, {"avgpool": store}, choice, POLICY, EmbedOptions(isolate=isolate))

    told = {f["image_id"]: f["code"] for f in [*scan.unreadable, *run.failures]}
    listed = {row.image_id for row in scan.manifest.rows}
    known = {sha256 for sha256, _ in store.known()}
    assert set(told.values()) <= set(CODES)
    for name, outcome in expected.items():
        image_id = f"hostile/{name}"
        if outcome == "vector":
            row = next(row for row in scan.manifest.rows if row.image_id == image_id)
            assert row.sha256 in known, name
        elif image_id in listed or image_id in told:
            assert told[image_id] == outcome, name
    assert sum(code != "vector" for code in expected.values()) * 0.8 < len(told) + sum(
        scan.passed_over.values()
    )

    own = [row for row in scan.manifest.rows if row.label == "good"]
    kept = type(scan.manifest)(tuple(own), scan.manifest.folder)
    alone = Embedder("resnet18-style", descriptor="avgpool").transform(good)
    by_name = {path.name: vector for path, vector in zip(good, alone, strict=True)}
    for row, vector in zip(own, store.matrix(kept), strict=True):
        reference = by_name[Path(row.image_id).name]
        np.testing.assert_allclose(vector, reference, atol=1e-5 * np.linalg.norm(reference))
