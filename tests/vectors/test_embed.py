from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from drawing import draw
from PIL import Image

from styleid import DecodePolicy, Embedder, EmbedOptions, ScanOptions
from styleid.backbones.choose import Choice, choose_backbone
from styleid.data.manifest.scan import Scan, scan_folder
from styleid.data.views.names import DEFAULT_VIEW, parse_views
from styleid.errors import ImageError, OutputError, StoreError
from styleid.vectors.embed import writer
from styleid.vectors.embed.embed import Embedding, embed_missing
from styleid.vectors.store.space import space_of
from styleid.vectors.store.store import SpaceStore

POLICY = DecodePolicy()
OPTIONS = EmbedOptions(batch_size=8)


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choose_backbone("resnet18-style")


class Set:
    """A folder, its manifest and its store."""

    def __init__(self, images: Path, root: Path, choice: Choice) -> None:
        self.images, self.root, self.choice = images, root, choice

    def scan(self) -> Scan:
        return scan_folder(ScanOptions(images=str(self.images)), self.root / "manifest.csv", POLICY)

    def store(self) -> SpaceStore:
        return SpaceStore(self.root / "vectors", space_of(self.choice, POLICY, "avgpool"))

    def embed(self, **options: object) -> Embedding:
        return embed_missing(
            self.scan().manifest, self.stores(), self.choice, POLICY, replace(OPTIONS, **options)
        )

    def stores(self) -> dict[str, SpaceStore]:
        return {"avgpool": self.store()}

    def matrix(self) -> dict[str, np.ndarray]:
        manifest = self.scan().manifest
        return dict(zip([r.image_id for r in manifest.rows], self.store().matrix(manifest), strict=True))


@pytest.fixture
def small(pictures: Path, tmp_path: Path, choice: Choice) -> Set:
    return Set(pictures, tmp_path, choice)


def test_each_picture_gets_the_vector_it_gets_alone(small: Set) -> None:
    run = small.embed()
    assert (run.n_embedded, run.n_known, run.n_failed) == (24, 0, 0)
    embedder = Embedder("resnet18-style", batch_size=8, descriptor="avgpool")
    for image_id, vector in small.matrix().items():
        alone = embedder.transform([small.images / image_id])[0]
        np.testing.assert_allclose(vector, alone, atol=1e-5 * np.linalg.norm(alone))


def test_a_second_run_embeds_nothing_and_never_loads_the_network(
    small: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.embed()
    monkeypatch.setattr("styleid.vectors.embed.embed.open_network", lambda *args: pytest.fail("loaded"))
    run = small.embed()
    assert (run.n_embedded, run.n_known) == (0, 24)


def test_renamed_edited_twin(small: Set) -> None:
    small.embed()
    before = small.matrix()
    (small.images / "blot/series0/0.png").rename(small.images / "blot/other.png")
    draw(small.images / "noise/series0/0.png", seed=4321, style=2)
    (small.images / "noise/twin.png").write_bytes((small.images / "noise/series0/1.png").read_bytes())
    run = small.embed()
    assert run.n_embedded == 1, "only the edited file"
    after = small.matrix()
    np.testing.assert_array_equal(after["blot/other.png"], before["blot/series0/0.png"])
    np.testing.assert_array_equal(after["noise/twin.png"], before["noise/series0/1.png"])
    assert np.abs(after["noise/series0/0.png"] - before["noise/series0/0.png"]).max() > 1e-3


@pytest.mark.parametrize("isolate", [False, True])
def test_bad_pictures_are_rows_of_failures_and_move_nobody(small: Set, isolate: bool) -> None:
    small.embed()
    clean = small.matrix()
    other = Set(small.images, small.root / "again", small.choice)
    data = (small.images / "blot/series0/0.png").read_bytes()
    for name, content in (("a-empty", b""), ("m-cut", data[: len(data) // 2]), ("z-junk", b"junk" * 99)):
        (small.images / f"noise/series1/{name}.png").write_bytes(content)
    run = other.embed(isolate=isolate)
    assert run.n_embedded == 24
    assert {f["image_id"].rpartition("/")[2]: bool(f["code"]) for f in run.failures} == {
        "m-cut.png": True,
        "z-junk.png": True,
        **({"a-empty.png": True} if "a-empty.png" in str(run.failures) else {}),
    }
    manifest = small.scan().manifest
    failed = {f["image_id"] for f in run.failures}
    kept = replace(manifest, rows=tuple(r for r in manifest.rows if r.image_id not in failed))
    for row, vector in zip(kept.rows, other.store().matrix(kept), strict=True):
        np.testing.assert_allclose(vector, clean[row.image_id], atol=1e-5 * np.linalg.norm(vector))
    again = other.embed(isolate=isolate)
    assert again.n_embedded == 0
    assert sorted(f["image_id"] for f in again.failures) == sorted(failed), "known failures are still told"


def test_a_failure_is_tried_again_only_under_another_policy(
    small: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small.images / "noise/bad.png").write_bytes(b"\x89PNG\r\n\x1a\njunk")
    small.embed()
    tried: list[Path] = []
    from styleid.vectors.embed.prepare import Preparer

    real = Preparer.__call__
    monkeypatch.setattr(
        Preparer, "__call__", lambda self, path, views: tried.append(path) or real(self, path, views)
    )
    small.embed()
    assert tried == []
    manifest = small.scan().manifest
    embed_missing(manifest, small.stores(), small.choice, replace(POLICY, formats=("PNG",)), OPTIONS)
    assert [path.name for path in tried] == ["bad.png"]


def test_a_failure_of_the_moment_is_tried_again(small: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    from styleid.vectors.embed import embed as module

    def hungry(data: bytes, policy: DecodePolicy) -> object:
        raise ImageError("memory-limit", "not enough memory")

    with monkeypatch.context() as patch:
        patch.setattr(module, "decode", hungry)
        assert small.embed().n_failed == 24
    run = small.embed()
    assert (run.n_embedded, run.n_failed) == (24, 0)


def test_a_file_that_changes_between_scan_and_reading_is_told(small: Set) -> None:
    manifest = small.scan().manifest
    draw(small.images / "blot/series0/0.png", seed=77, style=1)
    run = embed_missing(manifest, small.stores(), small.choice, POLICY, OPTIONS)
    assert [(f["image_id"], f["code"]) for f in run.failures] == [("blot/series0/0.png", "changed")]
    assert run.n_embedded == 23
    assert small.embed().n_embedded == 1


def test_shards_are_written_on_the_way_and_survive(small: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FLUSH_IMAGES", 8)
    seen: list[int] = []

    class Stop(Exception):
        pass

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if done == 20:
            raise Stop("enough")

    with pytest.raises(Stop, match="enough"):
        embed_missing(small.scan().manifest, small.stores(), small.choice, POLICY, OPTIONS, progress)
    assert seen == list(range(1, 21))
    kept = len(small.store().known())
    assert kept == 16, "two full batches of eight; the third was not complete"
    assert len(list((small.store().folder / "shards").glob("*.parquet"))) >= 2
    run = small.embed()
    assert (run.n_known, run.n_embedded) == (kept, 24 - kept)


def test_a_kill_loses_at_most_one_shard(small: Set) -> None:
    """A real kill -9, after the first shard appeared."""
    manifest = small.scan().manifest
    code = (
        "import sys\nfrom styleid.vectors.embed import writer, embed\n"
        "writer.FLUSH_IMAGES = 4\nreal = embed.ShardWriter.add\n"
        "def slow(self, keys, vectors):\n    import time; real(self, keys, vectors); time.sleep(0.5)\n"
        "embed.ShardWriter.add = slow\n"
        "import styleid\nstyleid.embed(*sys.argv[1:4],"
        " styleid.EmbedOptions('resnet18-style', batch_size=4, descriptors=('avgpool',)))\n"
    )
    arguments = [str(small.images), str(small.root / "manifest.csv"), str(small.root / "vectors")]
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], env=os.environ)
    shards = small.store().folder / "shards"
    until = time.monotonic() + 120
    while time.monotonic() < until and child.poll() is None and not list(shards.glob("*.parquet")):
        time.sleep(0.05)
    child.kill()
    child.wait()
    kept = small.store().known()
    assert 0 < len(kept) < len(manifest), "killed in the middle"
    run = small.embed()
    assert (run.n_known, run.n_embedded) == (len(kept), 24 - len(kept))
    assert len(small.matrix()) == 24


def test_a_disk_that_fills_up_stops_the_run_and_keeps_what_is_there(
    small: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FLUSH_IMAGES", 8)
    from styleid.vectors.store import shards

    real, calls = shards.pq.write_table, []

    def filling(*args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        real(*args, **kwargs)

    monkeypatch.setattr(shards.pq, "write_table", filling)
    with pytest.raises(OutputError, match="No space left on device"):
        small.embed()
    monkeypatch.undo()
    assert len(small.store().known()) == 8
    assert small.embed().n_embedded == 16


def test_provenance_is_with_each_shard(small: Set) -> None:
    small.embed()
    (shard,) = (small.store().folder / "shards").glob("*.parquet")
    metadata = {k.decode(): v.decode() for k, v in pq.read_schema(shard).metadata.items()}
    assert {"styleid", "torch", "pillow", "device", "created", "weights"} <= set(metadata)
    assert json.loads((small.store().folder / "space.json").read_text())["dim"] == 512


def test_view_names_are_in_the_key(small: Set) -> None:
    small.embed()
    assert {view for _, view in small.store().known()} == {DEFAULT_VIEW}


def test_the_embedder_follows_the_order_given(pictures: Path) -> None:
    paths = sorted(pictures.rglob("*.png"))[:5]
    embedder = Embedder("resnet18-style", batch_size=4)
    forth = embedder.fit(paths).transform(paths)
    back = embedder.transform([str(path) for path in reversed(paths)])
    assert forth.shape == (5, 896)
    assert forth.dtype == np.float32
    np.testing.assert_allclose(forth, back[::-1], atol=1e-5 * np.linalg.norm(forth, axis=1).max())


def test_the_embedder_names_the_picture_that_fails(pictures: Path) -> None:
    good = pictures / "blot/series0/0.png"
    (pictures / "bad.png").write_bytes(b"junk")
    embedder = Embedder("resnet18-style")
    with pytest.raises(ImageError, match="bad.png"):
        embedder.transform([good, pictures / "bad.png", good])
    vectors, errors = embedder.try_transform([good, pictures / "bad.png", good])
    assert [error is None for error in errors] == [True, False, True]
    assert np.isnan(vectors[1]).all()
    np.testing.assert_array_equal(vectors[0], vectors[2])


def test_the_embedder_is_a_transformer(pictures: Path) -> None:
    from sklearn.base import clone

    embedder = clone(Embedder("resnet18-style", batch_size=2))
    assert embedder.get_params() == {
        "backbone": "resnet18-style",
        "weights": None,
        "device": "auto",
        "batch_size": 2,
        "views": "square",
        "pool": "mean",
        "descriptor": "style",
        "runtime": "auto",
        "precision": "fp32",
        "policy": POLICY,
    }
    assert embedder.transform([]).shape == (0, 896)
    assert embedder.space.id == space_of(choose_backbone("resnet18-style"), POLICY).id


def test_augmented_views_are_embedded_once_each_beside_the_centre(
    small: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.embed(views=("center",))
    centre = small.store().matrix(small.scan().manifest, "center")
    made: list[str] = []
    from styleid.vectors.embed import prepare

    real = prepare.make_views
    monkeypatch.setattr(
        prepare,
        "make_views",
        lambda image, sha256, views, *sizes: made.extend(views) or real(image, sha256, views, *sizes),
    )
    run = small.embed(views=parse_views("center+augment:2"))
    assert (run.n_embedded, run.n_known, run.n_vectors) == (24, 0, 48)
    assert sorted(set(made)) == ["augment/0", "augment/1"], "the centre was there"
    run = small.embed(views=parse_views("center+augment:3"), batch_size=5)
    assert (run.n_embedded, run.n_vectors, set(made[48:])) == (24, 24, {"augment/2"})
    assert small.embed(views=parse_views("augment:3+center")).n_vectors == 0
    manifest, store = small.scan().manifest, small.store()
    views = np.stack([store.matrix(manifest, view) for view in parse_views("center+augment:3")])
    np.testing.assert_array_equal(views[0], centre)
    for one in range(4):
        for other in range(one):
            assert np.abs(views[one] - views[other]).max(axis=1).min() > 1e-3, "no two views are alike"


def test_an_augmented_view_is_the_vector_of_the_changed_centre(small: Set) -> None:
    from styleid.data.decode.images import decode
    from styleid.data.views.make import make_views

    row = small.scan().manifest.rows[5]
    small.embed(views=("augment/1",))
    image = decode((small.images / row.image_id).read_bytes(), POLICY).image
    changed = make_views(image, row.sha256, ["augment/1"], 256, 224)
    runtime, _ = Embedder("resnet18-style", batch_size=8, descriptor="avgpool").network()
    (expected,) = runtime.vectors(changed)["avgpool"]
    manifest = replace(small.scan().manifest, rows=(row,))
    (vector,) = small.store().matrix(manifest, "augment/1")
    np.testing.assert_allclose(vector, expected, atol=1e-5 * np.linalg.norm(expected))


def test_a_missing_view_names_the_command_that_makes_it(small: Set) -> None:
    small.embed()
    with pytest.raises(StoreError, match=r"view augment/3 .*run `styleid embed --views center\+augment:4`"):
        small.store().matrix(small.scan().manifest, "augment/3")


def test_several_descriptors_are_read_in_one_pass_and_only_where_they_are_missing(
    small: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    from styleid.backbones.runtimes.base import Runtime

    passes: list[tuple[str, ...]] = []
    real = Runtime.begin
    monkeypatch.setattr(
        Runtime, "begin", lambda self, pixels: passes.append(self.descriptors) or real(self, pixels)
    )
    stores = {
        name: SpaceStore(small.root / "vectors", space_of(small.choice, POLICY, name))
        for name in ("style", "avgpool")
    }
    manifest = small.scan().manifest
    first = replace(manifest, rows=manifest.rows[:10])
    embed_missing(first, {"avgpool": stores["avgpool"]}, small.choice, POLICY, OPTIONS)
    before = stores["avgpool"].matrix(first)
    run = embed_missing(manifest, stores, small.choice, POLICY, OPTIONS)
    assert (run.n_embedded, run.n_known) == (24, 0), "ten of them lacked one of two"
    assert passes == [("avgpool",)] * 2 + [("style", "avgpool")] * 3
    shards = sorted((stores["avgpool"].folder / "shards").glob("*.parquet"))
    from styleid.vectors.store.shards import read_vectors

    assert sum(len(read_vectors(shard, 512)[0]) for shard in shards) == 24, "none was written twice"
    np.testing.assert_array_equal(stores["avgpool"].matrix(manifest)[:10], before)
    alone = Embedder("resnet18-style", batch_size=8, descriptor="style")
    expected = alone.transform([manifest.file(row) for row in manifest.rows])
    found = stores["style"].matrix(manifest)
    assert found.shape == (24, 896)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.linalg.norm(expected, axis=1).max())
    assert embed_missing(manifest, stores, small.choice, POLICY, OPTIONS).n_vectors == 0


def test_grids_and_the_whole_picture_are_views_of_their_own(small: Set) -> None:
    from styleid.data.decode.images import decode
    from styleid.data.views.make import make_views

    names = parse_views("center+fit+grid:2@448")
    small.embed(views=names[:3], batch_size=5)
    assert small.embed(views=names, batch_size=7).n_vectors == 24 * 3, "only those that were missing"
    row = small.scan().manifest.rows[3]
    pixels = make_views(
        decode((small.images / row.image_id).read_bytes(), POLICY).image, row.sha256, names, 256, 224
    )
    runtime, _ = Embedder("resnet18-style", batch_size=8, descriptor="avgpool").network()
    expected = runtime.vectors(pixels)["avgpool"]
    (found,) = small.store().stack(replace(small.scan().manifest, rows=(row,)), names)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.linalg.norm(expected, axis=1).max())


def test_a_view_that_does_not_fit_leaves_the_other_views_to_be_tried(small: Set) -> None:
    Image.new("RGB", (900, 2), (200, 10, 10)).save(small.images / "blot/series0/long.png")
    run = small.embed(views=("fit", "square"))
    assert [(f["image_id"], f["code"]) for f in run.failures] == [("blot/series0/long.png", "too-narrow")]
    assert run.n_embedded == 24
    again = small.embed(views=("square", "fit"))
    assert (again.n_embedded, [f["code"] for f in again.failures]) == (0, ["too-narrow"]), "not tried again"
    centre = small.embed()
    assert (centre.n_embedded, centre.n_failed) == (1, 0)
    assert len(small.matrix()) == 25


def test_missing_views_name_the_command_that_makes_them(small: Set) -> None:
    small.embed()
    with pytest.raises(
        StoreError, match=r"of the views center\+grid:2@448 .*run `styleid embed --views center\+grid:2@448`"
    ):
        small.store().stack(small.scan().manifest, parse_views("center+grid:2@448"))


def test_a_stack_has_the_rows_of_the_manifest_and_the_views_asked_for(small: Set) -> None:
    names = parse_views("center+grid:2@300")
    small.embed(views=names)
    manifest, store = small.scan().manifest, small.store()
    stack = store.stack(manifest, names)
    assert stack.shape == (24, 5, 512)
    for number, view in enumerate(names):
        np.testing.assert_array_equal(stack[:, number], store.matrix(manifest, view))
    order = np.random.default_rng(0).permutation(24)
    shuffled = replace(manifest, rows=tuple(manifest.rows[i] for i in order))
    np.testing.assert_array_equal(store.stack(shuffled, names[::-1]), stack[order][:, ::-1])
    assert store.stack(replace(manifest, rows=()), names).shape == (0, 5, 512)
