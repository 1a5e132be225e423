"""Copies never stand on both sides of a fold line, whether or not anyone ran an audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checked import Checked, Edit
from fitted import predictions, run
from PIL import Image, ImageEnhance

from styleid import CompareOptions, FitOptions, compare, join_groups
from styleid.data import hash_memory
from styleid.data.facts import read_facts
from styleid.data.hash_memory import HashMemory
from styleid.data.manifest.table import read_manifest
from styleid.errors import InputError
from styleid.rows import training_set as training_set_module
from styleid.rows.training_set import Duplicates, TrainingSet, find_duplicates, training_set

EDITS: tuple[Edit, ...] = (
    lambda picture: picture,  # saved anew as a JPEG, as all of them
    lambda picture: picture.resize((48, 48), Image.Resampling.LANCZOS),
    lambda picture: ImageEnhance.Brightness(picture).enhance(0.85),
)
JOINED = "near-duplicates tie {} groups to other groups"


def with_copies(folder: Path, every: int = 2) -> Checked:
    """Make a set in which every so many pictures have an edited copy of the same label, in no group."""
    made = Checked(folder, signal=0.0)
    made.rows = [replace(row, group=f"{row.label} {i // 2}") for i, row in enumerate(made.rows)]
    for i, row in enumerate(list(made.rows)[::every]):
        made.twin(i * every, row.label, edit=EDITS[i % 3])
    made.write()
    return made


def with_a_chain(folder: Path) -> Checked:
    """Make a set in which most of ann's pictures turn into each other by and by; two have true copies."""
    made = Checked(folder)
    made.rows = [replace(row, group="") for row in made.rows]
    first, last = (np.asarray(Image.open(made.root / made.rows[i].path), dtype=np.float64) for i in (0, 23))
    for i in range(24):
        if i < 16:
            share = i / 16
            mixed = np.sqrt(1 - share) * (first - 127) + np.sqrt(share) * (last - 127) + 127
            Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8)).save(made.root / made.rows[i].path)
            made.points[i] = made.points[0] + 0.01 * made.points[i]
    made.twin(20, "ann")
    made.twin(30, "bob")
    made.write()
    return made


def with_a_chain_through_one_group(folder: Path) -> Checked:
    """Make a set whose chain is one only if look-alikes within a group count.

    Five pictures of a group, each like the next, then two alone: seven of ann's twelve.
    """
    made = Checked(folder, n=12)
    made.rows = [replace(row, group="five" if i < 5 else "") for i, row in enumerate(made.rows)]
    for i in range(7):
        (made.root / made.rows[i].path).unlink()
        made.rows[i] = replace(made.rows[i], path=f"images/ann/{i}.jpg")
        Image.open(made.root / made.rows[7].path).save(made.root / made.rows[i].path, quality=80 + i)
        made.points[i] = 5 * (np.cos(0.3 * i) * np.eye(12)[10] + np.sin(0.3 * i) * np.eye(12)[11])
    made.write()
    return made


def folds_of(made: Checked, **options: object) -> TrainingSet:
    return training_set(read_manifest(made.manifest), made.store, FitOptions(**options), 1)  # type: ignore[arg-type]


def checked(made: Checked) -> tuple[TrainingSet, Duplicates]:
    """Do what `styleid check` does, with a memory of its own."""
    data = training_set(read_manifest(made.manifest), made.store, FitOptions(), near_duplicates=False)
    memory = HashMemory(made.root / "of check.json")
    memory.learn(read_facts([data.manifest.file(row) for row in data.manifest.rows]))
    return data, find_duplicates(data.table, data.X, memory.of([row.sha256 for row in data.manifest.rows]))


def test_copies_are_on_one_side_of_every_fold(tmp_path: Path) -> None:
    made = with_copies(tmp_path)
    done = run(made, folds=3)
    fold = {row["image_id"]: row["fold"] for row in predictions(done)}
    for original, copy in zip(made.rows[:72:2], made.rows[72:], strict=True):
        assert fold[original.image_id] == fold[copy.image_id]
    assert done.result["n_groups"] == 36
    assert JOINED.format(36) in done.result["notes"]


def test_parted_copies_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The labels tell nothing, and every picture has a copy: what is above chance is the copies'."""
    made = with_copies(tmp_path, every=1)
    kept = run(made, head="knn").result
    assert kept["metrics"]["balanced_accuracy"]["low"] < 1 / 3
    assert kept["metrics"]["balanced_accuracy"]["value"] < 0.5
    assert kept["leakage_gap"]["opened"]
    monkeypatch.setattr(training_set_module, "join_near_duplicates", lambda *args: (args[3], []))
    torn = run(made, head="knn").result
    assert torn["metrics"]["balanced_accuracy"]["value"] > 0.7


@pytest.mark.parametrize("make", [with_copies, with_a_chain, with_a_chain_through_one_group])
def test_fit_compare_and_check_agree(tmp_path: Path, make: Callable[[Path], Checked]) -> None:
    made = make(tmp_path)
    data = folds_of(made)
    as_is, found = checked(made)
    assert (data.components == found.components).all()
    assert len(np.unique(data.components)) < len(np.unique(as_is.components)) or make is not with_copies
    assert bool(found.chains) == (make is not with_copies)
    assert any("hang together in a row" in note for note in data.notes) == bool(found.chains)
    for label in ("ann", "bob"):
        assert (folds_of(made, target=label).components == found.components).all()
    options = CompareOptions(heads=("centroid", "knn"), folds=2, repeats=1)
    compared = compare(options, made.manifest, made.vectors, made.out, n_jobs=1).result
    assert compared["n_groups"] == len(np.unique(found.components))
    assert [note for note in data.notes if note not in compared["notes"]] == []


def test_the_chain_is_parted_and_the_copies_beside_it_are_not(tmp_path: Path) -> None:
    made = with_a_chain(tmp_path)
    components = folds_of(made).components
    assert len(set(components[:16].tolist())) == 16
    assert components[20] == components[72]
    assert components[30] == components[73]
    assert len(set(components.tolist())) == 72


def test_a_clean_set_reads_nothing_and_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Checked(tmp_path, signal=0.0)
    made.write()
    monkeypatch.setattr(hash_memory, "read_facts", lambda paths, workers: pytest.fail("a picture was read"))
    data = folds_of(made)
    assert data.notes == ()
    assert not (made.vectors / "hashes.json").exists()


def test_only_candidates_are_read_and_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = with_copies(tmp_path, every=9)
    asked: list[Path] = []

    def spy(paths, workers):
        asked.extend(paths)
        return read_facts(paths, workers)

    monkeypatch.setattr(hash_memory, "read_facts", spy)
    first = folds_of(made)
    originals, copies = made.rows[:72:9], made.rows[72:]
    assert {file.name for file in asked} >= {Path(row.path).name for row in [*originals, *copies]}
    assert len(asked) < 40
    n = len(asked)
    for file in asked:
        file.unlink()
    second = folds_of(made)
    assert len(asked) == n, "no picture is asked for a second time"
    assert (second.components == first.components).all()
    assert second.notes == first.notes


def test_a_check_leaves_fit_nothing_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from styleid import CheckOptions, check

    made = with_copies(tmp_path)
    found = check(CheckOptions(folds=2), made.manifest, made.vectors, made.out, 1).result
    monkeypatch.setattr(hash_memory, "read_facts", lambda paths, workers: pytest.fail("a picture was read"))
    data = folds_of(made)
    row = {row.image_id: i for i, row in enumerate(made.rows)}
    pairs = [
        [row[name] for name in pair["image_ids"]] for pair in found["duplicates"]["pairs"] if pair["joined"]
    ]
    expected = join_groups([r.sha256 for r in made.rows], [r.group for r in made.rows], pairs=pairs)
    assert (data.components == expected).all()
    assert found["scores"]["together"]["n_groups"] == len(np.unique(expected))


def gone(file: Path) -> None:
    file.unlink()


def changed(file: Path) -> None:
    Image.new("RGB", (64, 64), (255, 0, 0)).save(file)


def damaged(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:300])


@pytest.mark.parametrize("spoil", [gone, changed, damaged])
def test_what_cannot_be_read_is_noted_and_fails_nothing(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    made = with_copies(tmp_path, every=12)  # six copies
    spoil(made.root / made.rows[0].path)
    spoil(made.root / made.rows[-1].path)
    done = run(made, folds=3)
    assert done.result["n_groups"] == 36 + 6 - 4
    assert JOINED.format(4) in done.result["notes"]
    told = next(note for note in done.result["notes"] if "gone, changed or unreadable" in note)
    assert told.startswith("2 pictures may be copies of others by their vectors")


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    made = with_copies(tmp_path)
    (made.vectors / "hashes.json").mkdir()  # as good as a disk that is mounted for reading only
    done = run(made, folds=3)
    assert done.result["n_groups"] == 36
    assert any("cannot be kept: cannot write" in note for note in done.result["notes"])


def test_a_damaged_memory_is_made_anew(tmp_path: Path) -> None:
    made = with_copies(tmp_path)
    good = folds_of(made).components
    path = made.vectors / "hashes.json"
    whole = json.loads(path.read_bytes())
    hexes = whole["hashes"]
    whole["hashes"] = dict.fromkeys(hexes, "0" * 256)  # all alike, were they believed
    path.write_text(json.dumps(whole))
    assert (folds_of(made).components == good).all()
    assert json.loads(path.read_bytes())["hashes"] == hexes


def test_labels_that_copies_make_small_are_skipped(tmp_path: Path) -> None:
    made = Checked(tmp_path, n=12)
    made.rows, made.points = made.rows[:25], made.points[:25]  # one of cy's is left
    made.twin(24, "cy")
    made.write()
    data = folds_of(made, skip_small=True)
    assert data.labels == ("ann", "bob")
    assert any("2 pictures left out" in note for note in data.notes)
    assert not any("near-duplicates" in note for note in data.notes)


def test_copies_stay_together_where_another_label_is_left_out(tmp_path: Path) -> None:
    made = Checked(tmp_path, n=12)
    made.rows, made.points = made.rows[:25], made.points[:25]  # one of cy's is left
    for i in (0, 5, 14):
        made.twin(i, made.rows[i].label)
    made.write()
    done = run(made, folds=3, skip_small=True)
    assert any("fewer than 2 groups ('cy')" in note for note in done.result["notes"])
    fold = {row["image_id"]: row["fold"] for row in predictions(done)}
    for i, copy in zip((0, 5, 14), made.rows[25:], strict=True):
        assert fold[made.rows[i].image_id] == fold[copy.image_id]
    assert JOINED.format(3) in done.result["notes"]


def test_a_set_of_which_nothing_is_left(tmp_path: Path) -> None:
    made = Checked(tmp_path, n=4)
    made.rows = [replace(row, label="") for row in made.rows]
    made.write()
    with pytest.raises(InputError, match="at least two labels, found none"):
        folds_of(made)
