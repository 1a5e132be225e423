from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleid import DecodePolicy
from styleid.backbones.base import Descriptor, Preset, get_backbone
from styleid.backbones.choose import Choice, choose_backbone
from styleid.data.manifest.table import Manifest, Row
from styleid.data.views.names import DEFAULT_VIEW
from styleid.errors import InputError, OutputError, StoreError
from styleid.vectors.store.space import (
    Space,
    current_space,
    find_space,
    read_current,
    read_space,
    space_of,
    write_current,
)
from styleid.vectors.store.store import SpaceStore

DIM = 5


def space(dim: int = DIM, **more: object) -> Space:
    return Space({"backbone": "toy", "dim": dim, **more})


def store(root: Path) -> SpaceStore:
    made = SpaceStore(root, space())
    made.create()
    return made


def keys(n: int, start: int = 0) -> list[tuple[str, str]]:
    return [(f"{i:064x}", DEFAULT_VIEW) for i in range(start, start + n)]


def vectors(n: int, start: int = 0) -> np.ndarray:
    return np.arange(start * DIM, (start + n) * DIM, dtype=np.float32).reshape(n, DIM)


def manifest(order: list[int]) -> Manifest:
    return Manifest(tuple(Row(str(i), str(i), sha256=f"{i:064x}") for i in order), Path())


def test_rows_come_back_in_manifest_order_from_several_shards(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.append(keys(4), vectors(4), {})
    made.append(keys(3, 4), vectors(3, 4), {"device": "cpu"})
    for reader in (made, SpaceStore(tmp_path, space()), SpaceStore(tmp_path, space())):
        order = [6, 0, 3, 3, 5]
        np.testing.assert_array_equal(reader.matrix(manifest(order)), vectors(7)[order])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.randoms())
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], random: object
) -> None:
    root, start = tmp_path_factory.mktemp("store"), 0
    made = store(root)
    for size in sizes:
        made.append(keys(size, start), vectors(size, start), {})
        start += size
    order = list(range(start))
    random.shuffle(order)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(SpaceStore(root, space()).matrix(manifest(order)), vectors(start)[order])


def test_a_missing_vector_is_an_error_that_names_it(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.append(keys(2), vectors(2), {})
    with pytest.raises(StoreError, match=r"2 of 3 pictures have no vector .* first 7; run `styleid embed`"):
        made.matrix(manifest([1, 7, 8]))


def test_vectors_must_be_finite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="finite"):
        store(tmp_path).append(keys(1), np.full((1, DIM), np.nan, np.float32), {})


@pytest.mark.parametrize("cut", [0, 1, 100, -1, -5])
def test_a_cut_shard_is_put_aside_and_the_others_stay(tmp_path: Path, cut: int) -> None:
    made = store(tmp_path)
    made.append(keys(2), vectors(2), {})
    (damaged,) = (made.folder / "shards").glob("*.parquet")
    made.append(keys(2, 2), vectors(2, 2), {})
    damaged.write_bytes(damaged.read_bytes()[:cut])
    reader = SpaceStore(tmp_path, space())
    assert reader.known() == set(keys(2, 2))
    assert reader.quarantined == [damaged.name]
    assert (made.folder / "quarantine" / damaged.name).exists()
    with pytest.raises(StoreError, match="was damaged and put aside"):
        reader.matrix(manifest([0, 2]))
    np.testing.assert_array_equal(reader.matrix(manifest([2, 3])), vectors(2, 2))


def test_a_flipped_byte_is_never_a_wrong_vector(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.append(keys(20), vectors(20), {})
    (shard,) = (made.folder / "shards").glob("*.parquet")
    whole = shard.read_bytes()
    for at in range(4, len(whole), 7):
        data = bytearray(whole)
        data[at] ^= 0x10
        shard.write_bytes(data)
        reader = SpaceStore(tmp_path, space())
        if reader.known() == set(keys(20)):
            np.testing.assert_array_equal(reader.matrix(manifest(list(range(20)))), vectors(20))
        for place in ("quarantine", "derived"):
            for file in (made.folder / place).glob("*"):
                file.unlink()


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"sha256": ["a"], "view": [DEFAULT_VIEW], "vector": [[1.0, 2.0]]}),
        pa.table({"sha256": ["a"], "view": [DEFAULT_VIEW]}),
        pa.table(
            {
                "sha256": ["a"],
                "view": [DEFAULT_VIEW],
                "vector": pa.array([[1.0] * 4], pa.list_(pa.float32(), 4)),
            }
        ),
        pa.table(
            {"sha256": ["a"], "view": [DEFAULT_VIEW], "vector": pa.array([None], pa.list_(pa.float32(), DIM))}
        ),
        pa.table(
            {
                "sha256": ["a"],
                "view": [DEFAULT_VIEW],
                "vector": pa.array([[float("inf")] * DIM], pa.list_(pa.float32(), DIM)),
            }
        ),
    ],
)
def test_foreign_tables_are_put_aside(tmp_path: Path, table: pa.Table) -> None:
    made = store(tmp_path)
    pq.write_table(table, made.folder / "shards" / "foreign.parquet")
    assert made.known() == set()
    assert made.quarantined == ["foreign.parquet"]


def test_temporary_files_are_not_read(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.append(keys(1), vectors(1), {})
    (made.folder / "shards" / ".vectors-half.parquet.tmp").write_bytes(b"half")
    assert made.known() == set(keys(1))
    assert made.quarantined == []


@pytest.mark.parametrize("file", ["index.json", "vectors.npy"])
@pytest.mark.parametrize("how", ["gone", "cut", "flipped", "empty"])
def test_derived_files_are_made_anew_when_in_doubt(tmp_path: Path, file: str, how: str) -> None:
    made = store(tmp_path)
    made.append(keys(3), vectors(3), {})
    made.known()
    path = made.folder / "derived" / file
    data = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "flipped":
        data[-1] ^= 1
        path.write_bytes(data)
    else:
        path.write_bytes(data[: len(data) // 2 if how == "cut" else 0])
    reader = SpaceStore(tmp_path, space())
    np.testing.assert_array_equal(reader.matrix(manifest([2, 0, 1])), vectors(3)[[2, 0, 1]])


def test_a_new_shard_is_seen_by_a_reader_with_derived_files(tmp_path: Path) -> None:
    made = store(tmp_path)
    made.append(keys(2), vectors(2), {})
    SpaceStore(tmp_path, space()).known()
    made.append(keys(2, 2), vectors(2, 2), {})
    assert SpaceStore(tmp_path, space()).known() == set(keys(4))


def test_failures_are_kept_once(tmp_path: Path) -> None:
    made = store(tmp_path)
    row = {"sha256": "a", "path": "x\udcff.png", "code": "empty", "message": "0 bytes", "policy": "v1"}
    made.append_failures([row])
    made.append_failures([{**row, "path": "x?.png"}, {**row, "sha256": "b"}])
    assert [(f["sha256"], f["path"], f["code"]) for f in made.failures()] == [
        ("a", "x?.png", "empty"),
        ("b", "x?.png", "empty"),
    ]
    assert len(list((made.folder / "failures").glob("*.parquet"))) == 2
    (made.folder / "failures" / "bad.parquet").write_bytes(b"PAR1")
    assert len(made.failures()) == 2


def test_the_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store(tmp_path)
    made.append(keys(1), vectors(1), {})

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left on device; free the space"):
        made.append(keys(1, 1), vectors(1, 1), {})
    monkeypatch.undo()
    assert SpaceStore(tmp_path, space()).known() == set(keys(1))
    assert not list((made.folder / "shards").glob(".*"))


def test_a_store_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        SpaceStore(tmp_path / "file", space()).create()


CHANGES = {
    "weights": lambda c, p: (replace(c, digest="0" * 64), p),
    "layer": lambda c, p: (
        replace(c, backbone=replace(c.backbone, descriptors={"style": Descriptor("layer3", 896)})),
        p,
    ),
    "descriptor": lambda c, p: (c, p, "avgpool"),
    "precision": lambda c, p: (c, p, "style", "int8"),
    "crop": lambda c, p: (replace(c, backbone=replace(c.backbone, preset=Preset(crop=192))), p),
    "normalisation": lambda c, p: (
        replace(c, backbone=replace(c.backbone, preset=Preset(mean=(0.5, 0.5, 0.5)))),
        p,
    ),
    "interpolation": lambda c, p: (
        replace(c, backbone=replace(c.backbone, preset=Preset(interpolation="bicubic"))),
        p,
    ),
    "backbone": lambda c, p: (replace(c, backbone=replace(get_backbone("resnet18"))), p),
    "architecture": lambda c, p: (replace(c, backbone=replace(c.backbone, architecture="resnet34")), p),
    "truncated": lambda c, p: (c, replace(p, allow_truncated=True)),
}


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choose_backbone("resnet18-style")


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_numbers_changes_the_space(choice: Choice, change: str) -> None:
    assert space_of(*CHANGES[change](choice, DecodePolicy())).id != space_of(choice, DecodePolicy()).id


def test_what_leaves_the_numbers_alone_leaves_the_space(choice: Choice) -> None:
    same = space_of(
        replace(choice, reason="other", automatic=True), DecodePolicy(formats=("JPEG",), max_bytes=10)
    )
    assert same.id == space_of(choice, DecodePolicy()).id


def test_a_space_is_read_back_and_guards_itself(tmp_path: Path, choice: Choice) -> None:
    of = space_of(choice, DecodePolicy())
    made = SpaceStore(tmp_path, of)
    made.create()
    path = made.folder / "space.json"
    assert read_space(path) == of
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "layer": "other"}))
    with pytest.raises(StoreError, match="was changed"):
        read_space(path)
    path.write_text("{")
    with pytest.raises(StoreError, match="cannot read"):
        read_space(path)


#: Digest of the weights that shipped first.
VERSION_0 = "43ae31aecae91ae5eba9021f6bce9db87da9509cb08133e16c233b17dde3a232"


def test_spaces_are_named_for_people_and_found_by_descriptor(tmp_path: Path, choice: Choice) -> None:
    plain, middle = (space_of(choice, DecodePolicy(), name) for name in ("avgpool", "style"))
    coarse = space_of(choice, DecodePolicy(), "avgpool", "int8")
    assert plain.folder == f"resnet18-style-{plain.id[:12]}"
    first = space_of(replace(choice, digest=VERSION_0), DecodePolicy(), "avgpool")
    assert first.id.startswith("d77e8b5624e5"), "vectors made before there were descriptors stay valid"
    assert middle.folder == f"resnet18-style-style-{middle.id[:12]}"
    assert coarse.folder == f"resnet18-style-int8-{coarse.id[:12]}"
    assert [(of.descriptor, of.precision, of.dim) for of in (plain, middle, coarse)] == [
        ("avgpool", "fp32", 512),
        ("style", "fp32", 896),
        ("avgpool", "int8", 512),
    ]
    for of in (plain, middle):
        SpaceStore(tmp_path, of).create()
    assert find_space(tmp_path, "style") == middle
    assert find_space(tmp_path, "avgpool") == plain


def test_spaces_are_found_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="run `styleid embed FOLDER` first"):
        find_space(tmp_path)
    first, second = space(kind=1), space(kind=2)
    for of in (first, second):
        SpaceStore(tmp_path, of).create()
    write_current(tmp_path, second, automatic=True)
    assert current_space(tmp_path) == second
    assert find_space(tmp_path) == second
    assert read_current(tmp_path).automatic == "toy"
    assert find_space(tmp_path, first.id[:10]) == first
    assert find_space(tmp_path, first.folder) == first
    with pytest.raises(InputError, match="2 spaces"):
        find_space(tmp_path, "toy")
    write_current(tmp_path, second, automatic=False)
    assert read_current(tmp_path).automatic is None


def test_derived_files_are_checked_piece_by_piece_and_then_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store(tmp_path)
    for start in (0, 4, 7):
        made.append(keys(3, start), vectors(3, start), {})
    made.known()
    monkeypatch.setattr("styleid.vectors.store.store._PIECE", 16)
    monkeypatch.setattr(
        "styleid.vectors.store.shards.read_vectors", lambda path, dim: pytest.fail("read a shard")
    )
    order = [8, 0, 5, 9, 4]
    found = SpaceStore(tmp_path, space()).matrix(manifest(order))
    np.testing.assert_array_equal(found, vectors(10)[order])


def test_a_store_is_read_where_derived_files_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store(tmp_path)
    for start in (0, 4):
        made.append(keys(4, start), vectors(4, start), {})

    def refuse(*args: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("styleid.vectors.store.store.os.replace", refuse)
    reader = SpaceStore(tmp_path, space())
    np.testing.assert_array_equal(reader.matrix(manifest([7, 1, 4])), vectors(8)[[7, 1, 4]])
    assert not list((reader.folder / "derived").glob("*")), "no half of one is left"
