"""Decoding, network and writing beside each other, with a network whose vector is read off the pixels."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from styleid import DecodePolicy, EmbedOptions, ScanOptions
from styleid.backbones.base import AVGPOOL, Backbone
from styleid.backbones.choose import Choice, choose_backbone
from styleid.backbones.runtimes.base import Runtime, RuntimeOptions
from styleid.data.decode.images import decode
from styleid.data.manifest.scan import scan_folder
from styleid.data.manifest.table import Manifest
from styleid.data.views.make import make_views
from styleid.data.views.names import parse_views
from styleid.errors import InputError, OutputError
from styleid.vectors.embed import embed as module
from styleid.vectors.embed import writer
from styleid.vectors.embed.embed import Embedding, embed_missing
from styleid.vectors.embed.prepare import Preparer
from styleid.vectors.store.space import space_of
from styleid.vectors.store.store import SpaceStore

POLICY = DecodePolicy()


def read_off(pixels: np.ndarray) -> np.ndarray:
    """(b, h, w, 3) -> (b, 512): numbers that no other picture, view or row has."""
    return np.ascontiguousarray(pixels.reshape(len(pixels), -1)[:, 7::293][:, :512].astype(np.float32))


class Toy(Runtime):
    """A network that is a look at the pixels; taken as late as it may be, so that early reuse would show."""

    name = "toy"

    def __init__(
        self, backbone: Backbone, descriptors: list[str], options: RuntimeOptions, depth: int
    ) -> None:
        super().__init__(backbone, {}, descriptors, options)
        self.depth = depth

    def _set_up(self, *args: object) -> None:
        pass

    def _begin(self, pixels: np.ndarray) -> Callable[[], np.ndarray]:
        return lambda: self._batch(pixels)

    def _batch(self, pixels: np.ndarray) -> np.ndarray:
        return read_off(pixels)


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choose_backbone("resnet18-style")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Put the toy in the network's place; its depth is the list's one element."""
    depth = [1]
    monkeypatch.setattr(
        module, "open_network", lambda choice, names, options: Toy(choice.backbone, names, options, depth[0])
    )
    yield depth
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("styleid")]


class Place:
    """Pictures of some kinds, a manifest and a store."""

    def __init__(self, root: Path, choice: Choice, kinds: list[str], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.root, self.choice, self.kinds = root, choice, kinds
        folder = root / "images" / "a"
        folder.mkdir(parents=True)
        for number, kind in enumerate(kinds):
            path = folder / f"{number:03}.png"
            Image.fromarray(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)).save(path)
            whole = path.read_bytes()
            if kind == "cut":
                path.write_bytes(whole[: len(whole) // 2])
            elif kind == "junk":
                path.write_bytes(b"junk %d" % number)
            elif kind == "twin":
                path.write_bytes((folder / "000.png").read_bytes())

    def manifest(self) -> Manifest:
        return scan_folder(ScanOptions(images=self.root / "images"), self.root / "m.csv", POLICY).manifest

    def store(self) -> SpaceStore:
        return SpaceStore(self.root / "vectors", space_of(self.choice, POLICY, "avgpool"))

    def embed(self, progress: Callable[[int, int], None] = lambda d, t: None, **options: object) -> Embedding:
        made = EmbedOptions(**{"batch_size": 3, "threads": 2, **options})  # type: ignore[arg-type]
        return embed_missing(self.manifest(), {AVGPOOL: self.store()}, self.choice, POLICY, made, progress)

    def assert_right(self, views: tuple[str, ...] = ("square",)) -> None:
        """Every sound picture has the vectors of its own pixels, and no other picture has any."""
        manifest, store = self.manifest(), self.store()
        preset, known = self.choice.backbone.preset, set(store.known())
        for row in manifest.rows:
            if self.kinds[int(row.image_id[2:5])] in ("cut", "junk"):
                assert not {(row.sha256, view) for view in views} & known
                continue
            image = decode(manifest.file(row).read_bytes(), POLICY).image
            pixels = make_views(image, row.sha256, views, preset.resize, preset.crop)
            (found,) = store.stack(Manifest((row,), manifest.folder), views)
            np.testing.assert_array_equal(found, read_off(pixels))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(["good", "good", "cut", "junk", "twin"]), min_size=1, max_size=14),
    batch_size=st.integers(1, 5),
    threads=st.integers(1, 3),
    depth=st.integers(1, 3),
    views=st.sampled_from(["square", "center+square", "center+fit", "grid:2@256"]),
)
def test_bad_pictures_at_any_place_move_nobody(
    tmp_path_factory: pytest.TempPathFactory, choice: Choice, toy: list[int], kinds: list[str],
    batch_size: int, threads: int, depth: int, views: str,
) -> None:  # fmt: skip
    place = Place(tmp_path_factory.mktemp("place"), choice, ["good", *kinds])
    toy[0], names = depth, parse_views(views)
    run = place.embed(batch_size=batch_size, threads=threads, views=names)
    place.assert_right(names)
    sound = kinds.count("good") + 1
    assert run.n_embedded == sound
    assert run.n_vectors == sound * len(names)
    assert sorted(failure["image_id"] for failure in run.failures) == [
        f"a/{number:03}.png" for number, kind in enumerate(["good", *kinds]) if kind in ("cut", "junk")
    ]
    again = place.embed(batch_size=batch_size, threads=threads, views=names)
    assert (again.n_embedded, again.n_failed) == (0, run.n_failed)


def test_an_interruption_keeps_what_the_network_was_given(
    tmp_path: Path, choice: Choice, toy: list[int]
) -> None:
    place = Place(tmp_path, choice, ["good"] * 5 + ["junk"] + ["good"] * 20)

    def interrupt(done: int, total: int) -> None:
        if done == 18:
            raise KeyboardInterrupt("at 18")

    with pytest.raises(KeyboardInterrupt, match=r"^at 18$"):
        place.embed(interrupt)
    assert len(place.store().known()) == 15, "of seventeen five full batches"
    assert [failure["code"] for failure in place.store().failures()] == ["not-an-image"]
    assert place.embed().n_embedded == 10
    place.assert_right()


def test_a_full_disk_stops_the_run_with_one_line(
    tmp_path: Path, choice: Choice, toy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from styleid.vectors.store import shards

    place = Place(tmp_path, choice, ["good"] * 40)
    real, calls = shards.pq.write_table, []

    def filling(*args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(writer, "FLUSH_IMAGES", 3)
        patch.setattr(shards.pq, "write_table", filling)
        with pytest.raises(OutputError, match="No space left on device") as caught:
            place.embed()
    assert "\n" not in str(caught.value)
    assert len(calls) < 8, "it does not go on trying"
    assert len(place.store().known()) == 6
    assert place.embed().n_embedded == 34
    place.assert_right()


@pytest.mark.parametrize("depth", [1, 2])
def test_a_network_that_fails_is_heard_of(
    tmp_path: Path, choice: Choice, toy: list[int], monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    place, calls = Place(tmp_path, choice, ["good"] * 30), []
    toy[0] = depth

    def failing(self: Toy, pixels: np.ndarray) -> np.ndarray:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("out of memory on the device")
        return read_off(pixels)

    with monkeypatch.context() as patch:
        patch.setattr(Toy, "_batch", failing)
        with pytest.raises(RuntimeError, match="out of memory on the device"):
            place.embed()
    assert len(place.store().known()) == 6
    place.embed()
    place.assert_right()


def test_a_network_that_cannot_be_opened_is_heard_of(
    tmp_path: Path, choice: Choice, toy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, choice, ["good"] * 30)

    def refuse(*args: object) -> Runtime:
        raise InputError("no such device")

    monkeypatch.setattr(module, "open_network", refuse)
    with pytest.raises(InputError, match="no such device"):
        place.embed()
    assert len(place.store().known()) == 0


def test_pictures_wait_for_the_network_in_a_bounded_number(
    tmp_path: Path, choice: Choice, toy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, choice, ["good"] * 60)
    decoded: list[Path] = []
    most: list[int] = []
    prepare = Preparer.__call__

    def counting(self: Preparer, path: Path, views: tuple[str, ...]) -> object:
        decoded.append(path)
        return prepare(self, path, views)

    def slow(self: Toy, pixels: np.ndarray) -> np.ndarray:
        before = -1
        while before != len(decoded):  # until nothing more is decoded
            before = len(decoded)
            time.sleep(0.1)
        most.append(before - self.batch_size * len(most))
        return read_off(pixels)

    monkeypatch.setattr(Preparer, "__call__", counting)
    monkeypatch.setattr(Toy, "_batch", slow)
    place.embed(batch_size=6, threads=2)
    # three batches go round, twice a batch waits decoded, two are in the threads' hands, one in ours
    assert max(most) <= 3 * 6 + 2 * 6 + 2 + 1
    place.assert_right()


def test_where_the_time_went(tmp_path: Path, choice: Choice, toy: list[int]) -> None:
    place = Place(tmp_path, choice, ["good"] * 7)
    run = place.embed()
    assert list(run.busy) == ["decode", "network", "write"]
    assert all(0 < share <= 1 for share in run.busy.values())
    assert run.setup_seconds > 0
    assert place.embed().busy == {}


def test_failures_are_written_on_the_way_and_read_once(
    tmp_path: Path, choice: Choice, toy: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from styleid.vectors.store import shards

    place, store = Place(tmp_path, choice, ["junk"] * 12), None
    reads: list[Path] = []
    real = shards.read_failures
    monkeypatch.setattr(shards, "read_failures", lambda path: reads.append(path) or real(path))
    monkeypatch.setattr(writer, "FLUSH_IMAGES", 3)
    place.embed()
    store = place.store()
    files = list((store.folder / "failures").glob("*.parquet"))
    assert len(files) == 4
    assert len(reads) == 4, "only for the answer at the end, not before each writing"
    assert len(store.failures()) == 12
