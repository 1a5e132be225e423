"""One label more: the others stay to the byte, and the new one is scored as honestly as they were."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import draw
from drawn_model import Drawn, N, draw_series, drawn_model
from PIL import Image
from safetensors.numpy import save_file
from sklearn.metrics import balanced_accuracy_score, precision_score, recall_score, roc_auc_score

from styleid import DecodePolicy, StyleIdError, load_model, make_head, make_table, predict
from styleid.backbones.base import get_backbone
from styleid.backbones.weights_file import load_tensors
from styleid.data.manifest.table import Manifest, read_manifest, write_manifest
from styleid.errors import BundleError, InputError, OutputError, StoreError
from styleid.model import bundle as bundle_module
from styleid.model.bundle import save_bundle
from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.file.archive import unpack
from styleid.model.make import make_bundle
from styleid.questions.strangers.measure import hidden_means, learn_unknown
from styleid.runs.add import run as add_module
from styleid.runs.add.pictures import new_rows
from styleid.runs.add.record import unmeasured
from styleid.runs.add.run import AddOptions, add_label
from styleid.vectors.store.space import read_current, write_current


@pytest.fixture(scope="module")
def _first(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    made = drawn_model(tmp_path_factory.mktemp("first") / "set")
    made.embed_only(made.new, made.root / "beside" / "new.csv")  # so that most tests need no network
    return made


@pytest.fixture
def drawn(_first: Drawn, tmp_path: Path) -> Drawn:
    return _first.copy(tmp_path / "set")


def add(drawn: Drawn, label: str = "noise", folder: Path | None = None, **options: Any) -> dict[str, Any]:
    places = {"manifest": drawn.manifest, "root": drawn.vectors}
    places |= {name: options.pop(name) for name in places if name in options}
    asked = {"label": label, "folder": folder or drawn.new, "model": drawn.model, **options}
    return add_label(AddOptions(**asked), **places, n_jobs=1)


def members(path: Path) -> dict[str, bytes]:
    return unpack(path.read_bytes(), str(path))


def digests(path: Path) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in members(path).items()}


def some_vectors(bundle: Bundle, n: int = 37) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, bundle.dim)).astype(np.float32)


def spied(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what becomes a list of the training sets that are learned from."""
    seen: list[Any] = []
    real = add_module.training_set

    def spy(*arguments: Any) -> Any:
        seen.append(real(*arguments))
        return seen[-1]

    monkeypatch.setattr(add_module, "training_set", spy)
    return seen


def test_another_manifest_is_named(drawn: Drawn) -> None:
    """The same pictures in other groups, or other pictures, are not what the model was made from."""
    bundle, rows = load_model(drawn.model), read_manifest(drawn.manifest).rows
    out = drawn.root / "other.styleid"
    assert not [note for note in add(drawn, out=out)["notes"] if "made from" in note]

    def noted(**change: Callable[[Any], Any]) -> list[str]:
        out.unlink(missing_ok=True)
        changed = [change[row.label](row) if row.label in change else row for row in rows]
        write_manifest(Manifest(tuple(changed), drawn.manifest.parent), drawn.manifest)
        return [note for note in add(drawn, out=out)["notes"] if "made from" in note]

    (note,) = noted(blot=lambda row: replace(row, group=f"alone {row.sha256}"))
    assert "other groups of 'blot'" in note
    assert not noted(blot=lambda row: replace(row, group=f"{row.group} by another name")), "the same parts"
    (note,) = noted(
        stripe=lambda row: replace(row, label="" if row.image_id.endswith("0.png") else row.label)
    )
    assert "other pictures of 'stripe'" in note

    former = {name: value for name, value in bundle.options.items() if name != "made_from"}
    save_bundle(drawn.model, replace(bundle, options=former))
    (note,) = noted()
    assert "does not say what it was made from" in note, "models saved before open, and are told apart"


def test_a_grown_model_knows_the_pictures_of_old_labels_and_of_the_new(drawn: Drawn) -> None:
    blank, halves = drawn.new / "series0/blank.png", drawn.root / "halves.png"
    Image.new("RGB", (64, 64), "white").save(blank)
    Image.new("RGB", (64, 64), "white").save(halves)
    with Image.open(
        halves
    ) as picture:  # its hash has few bits, and that of one colour, which has none, all 0
        picture.paste((0, 0, 0), (0, 0, 32, 64))
        picture.save(halves)
    add(drawn)
    old, new = drawn.images / "blot/series0/0.png", drawn.new / "series0/0.png"
    for picture in (old, new):
        Image.open(picture).resize((96, 96)).save(picture.with_suffix(".jpg"), quality=80)
    draw(drawn.root / "other.png", seed=900, style=1, size=(64, 64))
    known = [old, new, blank, old.with_suffix(".jpg"), new.with_suffix(".jpg")]
    verdicts = predict(load_model(drawn.model), [*known, drawn.root / "other.png", halves])
    told = [verdict.learned for verdict in verdicts]
    assert told == ["exact", "exact", "exact", "near", "near", "no", "no"]


def test_a_label_is_added_and_nothing_else_moves(drawn: Drawn) -> None:
    before, old = drawn.model.read_bytes(), load_model(drawn.model)
    write_current(drawn.vectors, drawn.store().space, automatic=True)
    kept = {path: path.read_bytes() for path in (drawn.manifest, drawn.vectors / "current.json")}
    was = digests(drawn.model)

    result = add(drawn)

    new, now = load_model(drawn.model), digests(drawn.model)
    assert new.labels == ("blot", "stripe", "noise")
    heads = {name for name in was if name.startswith("heads/")}
    assert heads == {"heads/000.skops", "heads/001.skops"}
    assert {name: now[name] for name in heads} == {name: was[name] for name in heads}
    assert {name for name in now if name.startswith("heads/")} == heads | {"heads/002.skops"}
    X = some_vectors(old)
    np.testing.assert_array_equal(new.scores(X)[:, :2], old.scores(X))
    assert {path: path.read_bytes() for path in kept} == kept
    assert read_current(drawn.vectors).automatic == "resnet18-style", (
        "the set's own backbone is as it was chosen"
    )
    assert result["unknown"] is None, "what the model had not is not made up"
    assert (drawn.root / "model.previous.styleid").read_bytes() == before
    assert result["previous"] == str(drawn.root / "model.previous.styleid")
    assert (result["model"], result["labels"]) == (str(drawn.model), ["blot", "stripe", "noise"])
    assert (result["n_images"], result["n_groups"], result["n_rest"]) == (N, N // 2, 2 * N)
    assert result["embedding"] == {"n_images": N, "n_embedded": 0, "n_known": N, "failures": []}
    for metric in (*result["metrics"].values(), result["calibration"]["ece"]):
        assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 1
    assert result["metrics"]["balanced_accuracy"]["value"] == 1.0, "noise is easy to tell"
    assert result["metrics"]["balanced_accuracy"]["low"] < 1.0, "ten pictures do not prove perfection"
    assert result["calibration"]["method"] == "sigmoid"
    assert json.loads(json.dumps(result)) == result
    seen = predict(new, [draw(drawn.root / "x.png", seed=900, style=2, size=(64, 64))])
    assert "noise" in (seen[0].likely or ())


def test_only_the_new_head_is_written_anew(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes made again by the same libraries would be the same; those of later versions need not be."""
    written: list[Any] = []
    real = bundle_module.dump_estimator

    def spy(estimator: Any) -> bytes:
        written.append(estimator)
        return real(estimator)

    monkeypatch.setattr(bundle_module, "dump_estimator", spy)
    add(drawn)
    assert len(written) == 1


def test_it_is_scored_as_the_model_was(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    tasks: list[Any] = []
    found: list[Any] = []
    real = add_module.score_label

    def spy(*arguments: Any, **options: Any) -> Any:
        asked.append(options)
        tasks.append(arguments[0])
        found.append(real(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(add_module, "score_label", spy)
    draw_series(drawn.root / "hard", 0, 700)  # stripes, like a known hand's
    result = add(drawn, "hard", drawn.root / "hard")
    assert (asked[0]["n_splits"], asked[0]["seed"], tasks[0].calibrate) == (3, 3, True)
    predictions, _ = found[0]
    table = (predictions.true, predictions.predicted)
    value = {name: metric["value"] for name, metric in result["metrics"].items()}
    assert value["precision"] == pytest.approx(precision_score(*table, zero_division=0))
    assert value["recall"] == pytest.approx(recall_score(*table))
    assert value["recall"] != pytest.approx(recall_score(*table, pos_label=0)), "the two sides differ"
    assert value["roc_auc"] == pytest.approx(roc_auc_score(predictions.true, predictions.scores[:, 1]))
    assert value["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(*table))


def test_what_the_other_heads_make_of_the_new_pictures(drawn: Drawn) -> None:
    """They learned without them, and may take them for their own: whoever adds a label should know."""
    old = load_model(drawn.model)
    among = add(drawn)["among_all"]
    vectors = drawn.store().matrix(new_manifest(drawn))
    scores = old.scores(vectors)
    assert among["claimed_by"] == pytest.approx(
        dict(zip(old.labels, (scores > 0.5).mean(axis=0), strict=True))
    )
    assert among["claimed"]["value"] == pytest.approx((scores > 0.5).any(axis=1).mean())
    assert among["claimed"]["low"] <= among["claimed"]["value"] <= among["claimed"]["high"]
    grown = load_model(drawn.model).scores(vectors)
    # Out of fold the new head knows less than the one that is shipped, which has seen the pictures.
    assert among["named"]["value"] <= (grown.argmax(axis=1) == 2).mean()


def new_manifest(drawn: Drawn) -> Manifest:
    rows, unreadable, _ = new_rows(drawn.new, "noise", read_manifest(drawn.manifest), DecodePolicy())
    assert unreadable == []
    return Manifest(tuple(rows), drawn.root)


def test_it_is_said_where_names_of_the_model_may_say_nothing(drawn: Drawn) -> None:
    bundle = load_model(drawn.model)
    save_bundle(drawn.model, replace(bundle, options=bundle.options | {"no_better_than_guessing": True}))
    said = "the model was no better than guessing without 'noise', and goes on saying so; `styleid fit "
    assert [note for note in add(drawn)["notes"] if said in note]
    assert load_model(drawn.model).options["no_better_than_guessing"] is True
    for low, told in ((0.6, 0), (0.5, 1), (None, 1)):
        notes = unmeasured(bundle, "noise", {"value": 0.7, "low": low, "high": 0.9})
        assert len([note for note in notes if "of 'noise' cannot be told from guessing" in note]) == told


def test_what_was_added_is_on_record_in_the_model(drawn: Drawn) -> None:
    result = add(drawn)
    options = load_model(drawn.model).options
    assert options["params"]["noise"] == result["params"]
    assert set(options["params"]) == {"blot", "stripe", "noise"}
    record = options["added"]["noise"]
    assert record["metrics"] == result["metrics"]
    contents = {hashlib.sha256(path.read_bytes()).hexdigest() for path in drawn.new.rglob("*.png")}
    assert {sha256 for sha256, _ in record["pictures"]} == contents
    assert {group for _, group in record["pictures"]} == {f"noise/series{i}" for i in range(N // 2)}
    assert str(drawn.root) not in json.dumps(dict(options)), (
        "a model that is passed on tells nobody's folders"
    )


def test_a_label_that_cannot_be_told_scores_like_chance(drawn: Drawn) -> None:
    """Stripes under another name: half of what looks like them is theirs."""
    draw_series(drawn.root / "twin hand", 0, 700)
    metrics = add(drawn, "twin hand", drawn.root / "twin hand")["metrics"]
    assert metrics["balanced_accuracy"]["value"] < 0.85
    assert metrics["precision"]["low"] < 0.6


def test_the_order_of_rows_changes_nothing(drawn: Drawn, tmp_path: Path) -> None:
    other = drawn.copy(tmp_path / "other")
    manifest = read_manifest(other.manifest)
    order = np.random.default_rng(1).permutation(len(manifest)).tolist()
    write_manifest(replace(manifest, rows=tuple(manifest.rows[i] for i in order)), other.manifest)
    for i, path in enumerate(sorted(other.new.rglob("*.png"))):
        path.rename(path.with_name(f"{99 - i}.png"))
    one, two = add(drawn), add(other)
    for name in ("metrics", "calibration", "params", "notes"):
        assert one[name] == two[name]
    left, right = digests(drawn.model), digests(other.model)
    left.pop("manifest.json"), right.pop("manifest.json")  # when it was made
    assert left == right


def test_pictures_are_embedded_once(drawn: Drawn) -> None:
    shutil.rmtree(drawn.vectors)
    drawn.embed()
    shutil.copytree(drawn.new / "series0", drawn.root / "half" / "series0")
    drawn.embed_only(drawn.root / "half", drawn.root / "beside" / "half.csv")
    first = add(drawn, out=drawn.root / "a.styleid")["embedding"]
    assert (first["n_known"], first["n_embedded"]) == (2, N - 2)
    again = add(drawn, out=drawn.root / "b.styleid")["embedding"]
    assert (again["n_known"], again["n_embedded"]) == (N, 0)
    left, right = digests(drawn.root / "a.styleid"), digests(drawn.root / "b.styleid")
    assert {**left, "manifest.json": ""} == {**right, "manifest.json": ""}


def test_another_place_leaves_the_model_alone(drawn: Drawn) -> None:
    before = drawn.model.read_bytes()
    result = add(drawn, out=drawn.root / "elsewhere" / "grown.styleid")
    assert drawn.model.read_bytes() == before
    assert not (drawn.root / "model.previous.styleid").exists()
    assert result["previous"] is None
    assert load_model(drawn.root / "elsewhere" / "grown.styleid").labels[-1] == "noise"


def test_a_picture_that_is_known_under_another_label_is_left_out(drawn: Drawn) -> None:
    shutil.copy(drawn.images / "blot" / "series0" / "0.png", drawn.new / "series0" / "stolen.png")
    result = add(drawn)
    assert (result["n_images"], result["n_rest"]) == (N, 2 * N - 1)
    twice = "2 pictures left out: they have the same bytes under two labels: blot/series0/0.png, "
    assert any(note.startswith(twice) for note in result["notes"])
    assert result["n_excluded"] == 2


def test_near_duplicates_of_known_pictures_stay_beside_them(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = drawn.images / "blot" / "series0" / "0.png"
    Image.open(original).save(drawn.new / "copy.jpg", quality=92)
    seen = spied(monkeypatch)
    result = add(drawn)
    (data,) = seen
    by_name = {Path(row.path).name: i for i, row in enumerate(data.manifest.rows) if row.label == "noise"}
    known = next(i for i, row in enumerate(data.manifest.rows) if row.path == "images/blot/series0/0.png")
    assert data.components[by_name["copy.jpg"]] == data.components[known]
    assert any("near-duplicates tie 1 group" in note for note in result["notes"])
    assert not result["label_sets"], "a group with known and new pictures would be counted twice"
    assert any("sets of labels are left out" in note for note in result["notes"])


def test_groups_come_from_folders_a_table_and_the_manifest(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(drawn.new, drawn.images / "noise")
    drawn.embed()  # the pictures are in the manifest too, as somebody may have them
    manifest = read_manifest(drawn.manifest)
    rows = [replace(row, group="mine") if row.image_id.endswith("noise/series0/0.png") else row
            for row in manifest.rows]  # fmt: skip
    write_manifest(replace(manifest, rows=tuple(rows)), drawn.manifest)
    told = "file_name,group\nseries0/0.png,not this\nseries1/2.png,table\nalone.png,\n"
    (drawn.new / "metadata.csv").write_text(told)
    draw(drawn.new / "alone.png", seed=700, style=2, size=(64, 64))
    draw(drawn.new / "series3" / "deep" / "d.png", seed=701, style=2, size=(64, 64))
    seen = spied(monkeypatch)
    add(drawn)
    groups = {Path(row.image_id).relative_to(drawn.new).as_posix(): row.group
              for row in seen[0].manifest.rows if row.label == "noise"}  # fmt: skip
    assert len(groups) == N + 2, "its rows in the manifest are not taken for others"
    assert groups["series0/0.png"] == "mine"
    # The manifest knows the copy of this one by its folder, which is what it says of the same bytes.
    assert groups["series1/2.png"] == "noise/series1"
    assert groups["alone.png"] == ""
    assert groups["series3/deep/d.png"] == "noise/series3/deep"


def test_a_table_names_groups(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    (drawn.new / "metadata.csv").write_text("file_name,group\nseries0/0.png,blot/series0\n")
    seen = spied(monkeypatch)
    add(drawn)
    data = seen[0]
    own = {row.group for row in data.manifest.rows if row.label == "noise"}
    assert "blot/series0" in own
    joined = {
        c for row, c in zip(data.manifest.rows, data.components, strict=True) if row.group == "blot/series0"
    }
    assert len(joined) == 1, "a group of a table may span labels"


def test_the_condition_of_the_fit_holds(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = read_manifest(drawn.manifest)
    rows = [replace(row, source="" if "series0" in row.path else "kept") for row in manifest.rows]
    rows.append(replace(rows[-1], image_id="a third hand", label="third", sha256="0" * 64))
    write_manifest(replace(manifest, rows=tuple(rows)), drawn.manifest)
    bundle = load_model(drawn.model)
    save_bundle(drawn.model, replace(bundle, options={**bundle.options, "where": "source=kept"}))
    seen = spied(monkeypatch)
    result = add(drawn)
    assert result["n_rest"] == 2 * N - 4
    assert set(seen[0].labels) == {"blot", "stripe", "noise"}


def test_a_model_whose_scores_only_rank_gets_one_that_only_ranks(drawn: Drawn) -> None:
    held = load_model(drawn.model)
    estimators = dict(zip(held.labels, held.estimators, strict=True))
    bundle = make_bundle(held.head, held.labels, estimators, held.space, held.golden_vectors, held.options)
    save_bundle(drawn.model, bundle)
    result = add(drawn)
    grown = load_model(drawn.model)
    assert not grown.calibrated
    assert result["calibration"]["method"] == "identity"
    assert (grown.trust.sets, grown.trust.unknown) == (None, None)
    X = some_vectors(grown)
    np.testing.assert_array_equal(grown.scores(X)[:, :2], bundle.scores(X))
    plain = grown.estimators[2].predict_proba(X)[:, 1]
    assert list(grown.estimators[2].classes_) == ["rest", "this"]
    np.testing.assert_allclose(grown.scores(X)[:, 2], plain)


def test_sets_of_labels_grow_by_the_new_pictures(drawn: Drawn) -> None:
    before = load_model(drawn.model).trust.sets
    result = add(drawn)
    after = load_model(drawn.model).trust.sets
    assert before is not None
    assert after is not None
    assert result["label_sets"]
    np.testing.assert_array_equal(after.own[: len(before.own)], before.own)
    np.testing.assert_array_equal(after.components[: len(before.components)], before.components)
    assert len(after.own) == len(before.own) + N
    fresh = after.components[len(before.components) :]
    assert len(np.unique(fresh)) == N // 2
    assert not set(fresh.tolist()) & set(before.components.tolist())
    assert (after.own[-N:] < 0.5).all(), "noise is easy, and the score of the true label is high"
    assert after.measured == {}
    assert any("not measured again" in note for note in result["notes"])
    (verdict,) = predict(load_model(drawn.model), [drawn.new / "series0" / "0.png"], coverage=0.8)
    assert "noise" in (verdict.label_set or ())


def test_the_detector_of_strangers_learns_the_new_pictures(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = spied(monkeypatch)
    result = add(drawn, model=drawn.watchful)
    (data,) = seen
    gate = load_model(drawn.watchful).trust.unknown
    assert gate is not None
    rule = learn_unknown(make_table(data.X, data.y, data.components), false_alarm=0.1, seed=3)
    assert gate.false_alarm == 0.1, "as the model's fit had it"
    np.testing.assert_allclose(gate.known, np.sort(rule.known.values), atol=1e-9)
    expected = {**hidden_means(rule), "farthest": gate.measured["farthest"]}
    assert dict(gate.measured) == pytest.approx(expected)
    assert result["unknown"] == pytest.approx(expected)
    verdicts = predict(load_model(drawn.watchful), [drawn.new])
    assert sum(bool(verdict.unknown) for verdict in verdicts) <= 2


def test_the_next_label_is_learned_against_the_one_before(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(drawn)
    seen = spied(monkeypatch)
    draw_series(drawn.root / "more", 2, 800)  # noise again: hard to tell from the label added first
    result = add(drawn, "more", drawn.root / "more")
    assert result["n_rest"] == 3 * N
    assert result["labels"] == ["blot", "stripe", "noise", "more"]
    assert result["metrics"]["balanced_accuracy"]["value"] < 0.9
    rows = [row for row in seen[0].manifest.rows if row.label == "noise"]
    assert {row.group for row in rows} == {f"noise/series{i}" for i in range(N // 2)}
    assert set(load_model(drawn.model).options["added"]) == {"noise", "more"}
    # Once its folder lies under the images, the manifest speaks for it.
    shutil.copytree(drawn.new / "series0", drawn.images / "noise" / "series0")
    drawn.embed()
    draw_series(drawn.root / "third", 0, 900, n=4)
    assert add(drawn, "third", drawn.root / "third")["n_rest"] == 2 * N + 2 + N


def test_pictures_added_before_whose_vectors_are_gone(drawn: Drawn, tmp_path: Path) -> None:
    add(drawn)
    shutil.rmtree(drawn.vectors)
    drawn.embed()
    with pytest.raises(
        StoreError, match=r"10 pictures of 'noise', added to the model before, have no vector"
    ):
        add(drawn, "more", drawn.new)


def multiclass(drawn: Drawn) -> dict[str, Any]:
    data = read_manifest(drawn.manifest)
    X, y = drawn.store().matrix(data), [row.label for row in data.rows]
    made = make_bundle(
        "logreg", ("blot", "stripe"), make_head("logreg").fit(X, y), drawn.store().space.identity, X, {}
    )
    assert made.kind == MULTICLASS
    save_bundle(drawn.model, made)
    return {}


def empty(drawn: Drawn) -> dict[str, Any]:
    shutil.rmtree(drawn.new)
    drawn.new.mkdir()
    return {}


def junk(drawn: Drawn) -> dict[str, Any]:
    empty(drawn)
    (drawn.new / "a.png").mkdir()
    return {}


def one_group(drawn: Drawn) -> dict[str, Any]:
    folder = drawn.root / "one"
    shutil.copytree(drawn.new / "series0", folder / "series0")
    return {"folder": folder}


def one_real_group(drawn: Drawn) -> dict[str, Any]:
    """Two pictures alone, one of them a copy of a known one."""
    folder = drawn.root / "two"
    draw(folder / "a.png", seed=1000, style=2)
    shutil.copy(drawn.images / "blot" / "series0" / "0.png", folder / "b.png")
    return {"folder": folder}


def no_space(drawn: Drawn) -> dict[str, Any]:
    return {"root": drawn.root / "other vectors"}


def vectors_lost(drawn: Drawn) -> dict[str, Any]:
    for shard in (drawn.vectors).rglob("*.parquet"):
        shard.unlink()
    return {}


def wrong_manifest(drawn: Drawn) -> dict[str, Any]:
    manifest = read_manifest(drawn.manifest)
    rows = tuple(row for row in manifest.rows if row.label != "blot")
    write_manifest(replace(manifest, rows=rows), drawn.manifest)
    return {}


def other_weights(drawn: Drawn) -> dict[str, Any]:
    tensors = load_tensors(get_backbone("resnet18-style").fetch().path)
    save_file({**tensors, "bn1.bias": tensors["bn1.bias"] + 1}, drawn.root / "other.safetensors")
    return {"weights": drawn.root / "other.safetensors"}


def taken(drawn: Drawn) -> dict[str, Any]:
    (drawn.root / "taken").write_text("mine")
    return {"out": drawn.root / "taken"}


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (multiclass, BundleError, "one independent head a label, found a multiclass one"),
        (lambda drawn: {"label": "blot"}, BundleError, "has the label 'blot' already (blot, stripe)"),
        (lambda drawn: {"label": "Unknown"}, InputError, "mistaken for the verdict 'unknown'"),
        (lambda drawn: {"label": "others"}, InputError, "mistaken for the verdict 'others'"),
        (lambda drawn: {"label": " "}, InputError, "expected a name for the label"),
        (lambda drawn: {"folder": drawn.root / "nowhere"}, InputError, "nowhere does not exist"),
        (empty, InputError, "expected pictures of 'noise'"),
        (junk, InputError, "found 1 that cannot be read"),
        (one_group, InputError, "expected at least 2 groups of pictures of 'noise'"),
        (one_real_group, InputError, "found 1 in"),
        (no_space, StoreError, "run `styleid embed --backbone resnet18-style`"),
        (vectors_lost, StoreError, "20 of 30 pictures have no vector"),
        (wrong_manifest, InputError, "found none of 'blot' in the manifest"),
        (other_weights, BundleError, "weights_digest"),
        (taken, InputError, "is there already"),
        (lambda drawn: {"model": drawn.root / "no.styleid"}, BundleError, "cannot read the model"),
        (lambda drawn: {"manifest": drawn.root / "no.csv"}, InputError, "no manifest at"),
    ],
)
def test_what_cannot_be_added_is_one_line_and_changes_nothing(
    drawn: Drawn, spoil: Callable[[Drawn], dict[str, Any]], kind: type[StyleIdError], message: str
) -> None:
    changed = spoil(drawn)
    before = drawn.model.read_bytes()
    with pytest.raises(kind, match=re.escape(message)) as caught:
        add(drawn, **changed)
    assert "\n" not in str(caught.value)
    assert drawn.model.read_bytes() == before
    assert not (drawn.root / "model.previous.styleid").exists()
    assert not (drawn.root / "other vectors").exists()


def test_a_model_that_cannot_be_written_stays(drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn.model.read_bytes()

    def full(path: Path, bundle: Bundle) -> None:
        raise OutputError(f"cannot write {path}: no space left")

    monkeypatch.setattr(add_module, "save_bundle", full)
    with pytest.raises(OutputError, match="no space left"):
        add(drawn)
    assert drawn.model.read_bytes() == before


def test_a_damaged_picture_is_told_and_passed_over(drawn: Drawn) -> None:
    (drawn.new / "bad.png").write_bytes(b"junk")
    (drawn.new / "empty.png").write_bytes(b"")
    result = add(drawn)
    assert result["n_images"] == N
    assert [Path(f["image_id"]).name for f in result["embedding"]["failures"]] == ["empty.png", "bad.png"]
    assert result["embedding"]["n_images"] == N + 2
    assert any("could not be decoded" in note for note in result["notes"])
