"""What a bundle knows of its scores: written, read, refused when damaged, and used in verdicts."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bundle_cases import LABELS, OPTIONS, SPACE, bundle, vectors
from detector_cases import detector_of
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from styleid import load_model, make_head
from styleid.errors import BundleError, InputError
from styleid.heads.scores import against_rest
from styleid.model.bundle import save_bundle
from styleid.model.contents import Bundle
from styleid.model.file.archive import pack, unpack
from styleid.model.make import make_bundle
from styleid.model.trust import Trust
from styleid.model.verdict import judge, set_rule
from styleid.model.words import explain, write_csv, write_scores, write_verdict
from styleid.report.numbers import write_score
from styleid.rules.calibrator import Calibrator
from styleid.rules.label_sets import LabelSets
from styleid.rules.strangers import ARRAYS, Unknown

COOL = Calibrator("temperature", 2.0)
SIGMOIDS = Calibrator("sigmoid", 1.0, (1.0, 2.0, 0.5), (0.0, 1.0, -1.0))


def trust(kind: str = "knn", calibrator: Calibrator = COOL) -> Trust:
    X, y = vectors()
    own = np.linspace(0.01, 0.99, 60)
    measured = {"level": 0.9, "coverage": 0.93, "size": 1.5}
    sets = LabelSets("lac", own, np.arange(60), measured)
    detector = detector_of(kind, X, y)
    known = np.sort(detector.distances(X) + 0.1)
    gate = Unknown(detector, known, 0.1, {"auroc": 0.63, "fpr_at_95_tpr": 0.8, "recognised": 0.21})
    return Trust(calibrator, sets, gate)


def trusted(kind: str = "knn") -> Bundle:
    made = bundle()
    held = make_bundle("logreg", LABELS, made.estimators[0], SPACE, vectors()[0], OPTIONS, trust(kind))
    return replace(held, created=made.created)


def rewrite(path: Path, plain: dict[str, Any] | None = None, **arrays: Any) -> None:
    """Change a bundle's trust, with digests that fit, as somebody who means it would."""
    members = unpack(path.read_bytes(), "x")
    manifest = json.loads(members.pop("manifest.json"))
    for part, values in (plain or {}).items():
        manifest["trust"][part] = values
    held = load_tensors(members["trust.safetensors"])
    kept = {name: array for name, array in {**held, **arrays}.items() if array is not None}
    members["trust.safetensors"] = save_tensors(kept)
    manifest["members"] = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    path.write_bytes(pack({"manifest.json": json.dumps(manifest).encode(), **members}))


@pytest.mark.parametrize("kind", ARRAYS)
def test_what_is_read_judges_as_what_was_written(tmp_path: Path, kind: str) -> None:
    made = trusted(kind)
    save_bundle(tmp_path / "one", made)
    read = load_model(tmp_path / "one")
    X, _ = vectors()
    assert judge(read, X, set_rule(read, 0.8)[0]) == judge(made, X, set_rule(made, 0.8)[0])
    assert read.trust.calibrator == COOL
    assert read.trust.to_plain() == made.trust.to_plain()
    save_bundle(tmp_path / "two", read)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_scores_are_the_heads_after_the_map() -> None:
    X, _ = vectors()
    plain = bundle().scores(X)
    assert not bundle().calibrated
    assert trusted().calibrated
    np.testing.assert_allclose(trusted().scores(X), COOL.apply(plain))
    assert not np.allclose(trusted().scores(X), plain)
    np.testing.assert_allclose(trusted().golden_scores, trusted().scores(trusted().golden_vectors))


def test_a_bundle_without_any_says_so(tmp_path: Path) -> None:
    save_bundle(tmp_path / "plain", bundle())
    read = load_model(tmp_path / "plain")
    (verdict, *_) = judge(read, vectors()[0])
    assert (verdict.unknown, verdict.nearer, verdict.label_set) == (None, None, None)
    assert not verdict.calibrated
    assert verdict.plain()["calibrated"] is False
    assert explain(read) == [
        "the numbers rank the labels; those of logreg are not calibrated probabilities",
        "the model was made before models could tell what they learned from; fit it again",
    ]
    with pytest.raises(InputError, match="--coverage needs a model whose fit could set pictures aside"):
        set_rule(read, 0.9)


@pytest.mark.parametrize(
    ("plain", "arrays"),
    [
        ({"calibration": {"method": "temperature", "temperature": -1.0}}, {}),
        ({"calibration": {"method": "magic"}}, {}),
        ({"calibration": {"method": "sigmoid", "slope": [1.0] * 3, "intercept": [0.0] * 3}}, {}),
        ({"calibration": None}, {}),
        ({"label_sets": {"method": "raps", "measured": {}}}, {}),
        ({"label_sets": {"measured": {}}}, {}),
        ({"label_sets": {"method": "lac", "measured": {"level": "x"}}}, {}),
        *(({"label_sets": {"method": "lac", "measured": wrong}}, {}) for wrong in ("x", 7, None)),
        ({"unknown": {"false_alarm": 0.1, "measured": {"auroc": "x"}}}, {}),
        *(({"unknown": {"false_alarm": 0.1, "measured": wrong}}, {}) for wrong in ("x", 7, None)),
        ({"unknown": {"false_alarm": 2.0, "measured": {}}}, {}),
        ({"unknown": {"false_alarm": "often", "measured": {}}}, {}),
        ({}, {"sets.own": None}),
        ({}, {"sets.own": np.full(60, np.nan)}),
        ({}, {"sets.groups": np.zeros(3, dtype=np.int64)}),
        ({}, {"unknown.known": None}),
        ({}, {"unknown.known": np.zeros(0)}),
        ({}, {"unknown.known": np.array([2.0, 1.0])}),
        ({}, {"unknown.known": np.array([np.inf])}),
        ({}, {"unknown.knn.rows": None}),
        ({}, {"unknown.knn.rows": np.zeros((4, 3), dtype=np.float32)}),
        ({}, {"unknown.more": np.zeros(3)}),
    ],
)
def test_damaged_trust_is_refused_in_one_line(tmp_path: Path, plain: dict[str, Any], arrays: Any) -> None:
    path = tmp_path / "model.styleid"
    save_bundle(path, trusted())
    rewrite(path)
    load_model(path)  # the rewriting alone does no harm
    rewrite(path, plain, **arrays)
    with pytest.raises(BundleError, match="expected") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


def test_a_far_picture_is_unknown_and_a_near_one_is_not() -> None:
    made, (X, _) = trusted(), vectors()
    known = made.trust.unknown
    assert known is not None
    middle = X.mean(axis=0)
    far = (-20 * middle).astype(np.float32)
    near, strange = judge(made, np.stack([X[0], far]))
    assert (near.unknown, near.verdict) == (False, near.label)
    assert (strange.unknown, strange.verdict, strange.nearer) == (True, "unknown", 1.0)
    assert strange.label in LABELS, "the likeliest label is told all the same"
    assert strange.plain()["verdict"] == "unknown"
    distance = known.detector.distances(X[:1])[0]
    assert near.nearer == np.mean(known.known < distance)


def test_the_threshold_is_the_one_of_the_false_alarm_rate() -> None:
    gate = trust().unknown
    assert gate is not None
    assert gate.threshold == gate.known[54]  # ceil(61 * 0.9) = 55th of 60
    assert replace(gate, false_alarm=0.5).threshold == gate.known[30]
    shares = gate.nearer(np.array([gate.known[0], gate.known[30], gate.known[-1] + 1]))
    np.testing.assert_allclose(shares, [0, 0.5, 1])


def test_a_set_holds_every_label_up_to_the_threshold_the_likeliest_first() -> None:
    made, (X, _) = trusted(), vectors()
    rule, notes = set_rule(made, 0.8)
    assert notes == ()
    assert rule.threshold == pytest.approx(np.linspace(0.01, 0.99, 60)[48])  # ceil(61 * 0.8) = 49th
    scores = made.scores(X)
    for verdict, row in zip(judge(made, X, rule), scores, strict=True):
        order = [LABELS[k] for k in np.argsort(-row) if 1 - row[k] <= rule.threshold]
        assert list(verdict.label_set or ()) == (order or [verdict.label])
        assert verdict.plain()["label_set"] == list(verdict.label_set or ())
    with pytest.raises(InputError, match="between 0 and 1"):
        set_rule(made, 1.0)


def test_more_coverage_than_groups_allow_gives_every_label_and_a_note() -> None:
    made, (X, _) = trusted(), vectors()
    rule, (note,) = set_rule(made, 0.99)
    assert "to promise 99 % takes at least 99 groups of pictures, found 60" in note
    assert all(set(verdict.label_set or ()) == set(LABELS) for verdict in judge(made, X, rule))
    assert note in explain(made, 0.99)


def test_the_numbers_are_put_into_words() -> None:
    first, _, unknown, sets = explain(trusted(), 0.9)
    assert first == "the numbers are probabilities if one of these 3 hands made the picture"
    assert "farther from all that is known than 90 in 100" in unknown
    assert "recognised 21 in 100 (AUROC 0.63" in unknown
    assert "at 90 %, they held the true one for 93 in 100" in sets
    assert "1.5 labels" in sets
    assert len(explain(trusted())) == 3
    silent = replace(trusted(), trust=replace(trust(), unknown=replace(trust().unknown, measured={})))  # type: ignore[type-var]
    assert "AUROC" not in explain(silent)[2]


def test_a_label_is_added_with_its_own_map() -> None:
    X, y = vectors()
    heads = {label: make_head("logreg").fit(X, against_rest(y, label)) for label in LABELS[:2]}
    two = Calibrator("sigmoid", 1.0, (1.5, 2.0), (0.0, 1.0))
    held = make_bundle("logreg", LABELS[:2], heads, SPACE, X, {}, trust=trust(calibrator=two))
    third = make_head("logreg").fit(X, against_rest(y, LABELS[2]))
    own = Calibrator("sigmoid", 1.0, (0.5,), (-1.0,))
    grown = held.with_label(LABELS[2], third, own)
    assert grown.trust.calibrator == Calibrator("sigmoid", 1.0, (1.5, 2.0, 0.5), (0.0, 1.0, -1.0))
    assert (grown.trust.sets, grown.trust.unknown) == (None, None), "they do not know the new label"
    np.testing.assert_array_equal(grown.scores(X)[:, :2], held.scores(X))
    np.testing.assert_allclose(grown.golden_scores, grown.scores(grown.golden_vectors))
    with pytest.raises(BundleError, match="calibrated as the bundle's, by sigmoid, found identity"):
        held.with_label(LABELS[2], third)
    assert "each label's by itself" in explain(grown)[0]


def test_a_map_for_other_columns_is_refused() -> None:
    X, _ = vectors()
    one_vs_rest = bundle("logreg", True)
    for made, wrong in ((bundle(), SIGMOIDS), (one_vs_rest, COOL)):
        with pytest.raises(BundleError, match="expected a calibration of 3"):
            replace(made, trust=Trust(wrong))
    with pytest.raises(BundleError, match="found one by sigmoid of 2"):
        replace(one_vs_rest, trust=Trust(Calibrator("sigmoid", 1.0, (1.0, 1.0), (0.0, 0.0))))
    narrow = Unknown(detector_of("knn", X[:, :5], np.array(["a"] * 60)), np.ones(3), 0.05)
    with pytest.raises(BundleError, match="vectors of 16 numbers, found one of 5"):
        replace(bundle(), trust=Trust(unknown=narrow))


def test_a_probability_is_never_written_as_certain() -> None:
    written = [write_score(score) for score in (1.0, 0.995, 0.994, 0.5, 0.005, 0.0049, 0.0)]
    assert written == [">0.99", ">0.99", "0.99", "0.50", "0.01", "<0.01", "<0.01"]


def test_where_labels_have_probabilities_of_their_own_none_or_several_may_be_likely() -> None:
    X, _ = vectors()
    made = bundle("logreg", True)
    one_vs_rest = make_bundle(
        "logreg", LABELS, dict(zip(LABELS, made.estimators, strict=True)), SPACE, X, {}, trust=Trust(SIGMOIDS)
    )
    X = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)  # none of the three hands
    told = judge(one_vs_rest, X)
    for verdict, row in zip(told, one_vs_rest.scores(X), strict=True):
        assert set(verdict.likely or ()) == {LABELS[k] for k in np.flatnonzero(row > 0.5)}
        assert list(verdict.likely or ()) == list(verdict.scores)[: len(verdict.likely or ())]
        assert verdict.plain()["likely"] == list(verdict.likely or ())
    none, one, several = (next(v for v in told if len(v.likely or ()) == n) for n in (0, 1, 2))
    assert write_verdict(none) == "none above 0.5"
    assert none.verdict == none.label, "the likeliest label is told all the same"
    assert write_verdict(one) == one.label
    assert write_verdict(several) == f"{several.label} and {(several.likely or ())[1]}"
    assert write_verdict(replace(none, unknown=True)) == "unknown"
    assert judge(made, X)[0].likely is None, "scores that only rank have no half"
    shared = judge(trusted(), X)[0]
    assert shared.likely is None
    assert "likely" not in shared.plain()
    assert write_verdict(shared) == shared.verdict


def test_a_model_that_guessed_says_so_first() -> None:
    assert not any("guessing" in line for line in explain(trusted()))
    guessed = replace(trusted(), options=trusted().options | {"no_better_than_guessing": True})
    lines, X = explain(guessed), vectors()[0]
    assert lines[0].startswith("this model was no better than guessing")
    assert not any("probabilit" in line for line in lines)
    verdict = next(verdict for verdict in judge(guessed, X) if not verdict.unknown)
    assert write_verdict(verdict) == f"({verdict.label})"
    assert all(cell.startswith("(") for cell in write_scores(verdict))
    assert verdict.plain()["guessing"] is True
    assert judge(trusted(), X)[0].plain()["guessing"] is False
    _, row = csv.reader(write_csv(guessed, [verdict]).splitlines())
    assert row[1:4] == [f"({verdict.label})", "yes", verdict.label]
    harmful = SimpleNamespace(labels=("'-x", "=1+1", "ann"))
    header = next(csv.reader(write_csv(harmful, []).splitlines()))  # type: ignore[arg-type]
    assert header[-3:] == ["score:''-x", "score:'=1+1", "score:ann"], "as the cells, and as in a run's table"
