"""Score a head and its baselines on the same folds, fit it on everything, and write the run's folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from styleid.errors import InputError
from styleid.evaluate.calibration import calibrate, calibrated_folds, with_calibration
from styleid.evaluate.crossval import (
    MAJORITY,
    Predictions,
    baseline_heads,
    cross_validate,
    evaluate_holdout,
    fit_final,
)
from styleid.evaluate.splits import given_split, grouped_folds, holdout
from styleid.evaluate.table import Fold, Table
from styleid.files import StrPath, write_atomic
from styleid.given import check_options
from styleid.heads.base import Head, get_head
from styleid.heads.joint import suited_head
from styleid.heads.one_vs_rest import one_vs_rest_head
from styleid.model.bundle import MODEL, save_bundle
from styleid.model.make import make_bundle
from styleid.model.trust import Trust
from styleid.model.verdict import GUESSING
from styleid.questions.base import FIT, Answer, load_questions
from styleid.questions.context import FitContext, Progress, Scored, Shipped
from styleid.questions.projection.measure import ProjectionHandle
from styleid.questions.run_data import Projection, RunData, is_guessing
from styleid.questions.scores.words import write_headline
from styleid.rows.made_from import MADE_FROM, made_from
from styleid.rows.selection import PROTOCOLS, FitOptions
from styleid.rows.training_set import TrainingSet
from styleid.rules.calibrator import Calibrator
from styleid.runs.desk import Desk, Run
from styleid.runs.fit.page import write_report
from styleid.runs.fit.pictures import off_centre
from styleid.runs.fit.record import fit_record, predictions_csv
from styleid.runs.fit.words import write_cautions
from styleid.runs.folder import RESULT
from styleid.runs.learned import known_pictures, learned_from

_UNCHECKED = (
    "nobody has looked yet whether these pictures can be trusted: run `styleid check`, which finds copies, "
    "shortcuts and wrong labels, by which a score says more than is true"
)


def fit(
    options: FitOptions,
    manifest: StrPath = "data/manifest.csv",
    store: StrPath = "data/vectors",
    out: StrPath = "reports",
    name: str | None = None,
    n_jobs: int | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Run:
    """Score a head honestly on stored vectors, fit it on all of them, and write ``out/name/``.

    Parameters
    ----------
    options : FitOptions
        What to fit and how to score it.
    manifest, store, out : path
        The manifest, the vector store, and the folder of the runs.
    name : str or None
        Name of the run; by default made from the options.
    n_jobs : int or None
        Folds worked on at a time; by default one per core. The numbers do not depend on it.
    progress : callable
        Called as ``progress(stage, done, total)``, with a total of 0 where nobody knows it.

    Returns
    -------
    Run
        Its folder holds the report, the model and ``predictions.csv``; its ``result`` is ``result.json``.

    Raises
    ------
    InputError
        If the options, the labels or the groups do not allow it.
    StoreError
        If vectors are missing.
    OutputError
        If the folder cannot be written; a run that was there before stays.

    Examples
    --------
    >>> run = fit(FitOptions(head="svm", folds=5))
    >>> run.result["metrics"]["balanced_accuracy"]
    """
    # One calibration for all heads, not one on top of a head's own.
    head = get_head(check_options(options, FitOptions).head)
    if options.protocol not in PROTOCOLS:
        raise InputError(f"--protocol expects one of {', '.join(PROTOCOLS)}; found {options.protocol!r}")
    if not 0 < options.false_alarm < 1:
        raise InputError(f"--false-alarm expects a rate between 0 and 1, found {options.false_alarm}")
    if options.target is not None and options.one_vs_rest:
        raise InputError("--target is one label against the others already; leave out --one-vs-rest")
    desk = Desk(options, manifest, store, out, name, n_jobs=n_jobs)
    options, clock, jobs = desk.options, desk.clock, desk.jobs
    data = desk.rows()
    head = suited_head(head, data.dims, data.n_views)
    if options.one_vs_rest:
        head = one_vs_rest_head(head)
    with ProjectionHandle(data.vectors, options.seed, kept=desk.store.folder / "projections") as projecting:
        with clock("evaluate"):
            scored = score(head, data, options, jobs, progress)
        with clock("final_fit"):
            progress("model", 0, 0)
            shipped = fit_shipped(head, data, options, scored.measured, jobs)
        context = FitContext(head, data, options, scored, shipped, projecting.result, jobs, progress)
        answers: dict[str, Answer] = {}
        for question in load_questions(FIT):
            with clock(question.name):
                answers[question.name] = question.measure(context)
    predictions, projection = scored.predictions, answers["projection"].kept
    measured = (note for answer in answers.values() for note in answer.notes)
    notes = [*data.notes, *dict.fromkeys([*scored.notes, *measured])]
    audit = desk.audit()
    if audit is None:
        notes.append(_UNCHECKED)
    result = fit_record(desk, context, answers, notes) | {"audit": audit}
    with desk.writing(RESULT, result) as folder:
        with clock("write"):
            bundle = make_bundle(
                head.name,
                data.labels,
                shipped.estimator,
                desk.store.space.identity,
                data.X,
                asdict(options)
                | {
                    "params": shipped.params,
                    "policy": desk.policy.plain(),
                    MADE_FROM: made_from(data.manifest.rows),
                    GUESSING: is_guessing(result),
                },
                trust=Trust(shipped.calibrator, answers["label_sets"].kept, answers["strangers"].kept),
            )
            said = {"headline": str(write_headline(result)), "cautions": write_cautions(result)}
            known = known_pictures(data, desk.store, jobs, projection.coordinates, said, options.thumbnails)
            learned = learned_from(data.manifest, desk.store, jobs)
            save_bundle(folder / MODEL, replace(bundle, learned=learned, known_members=known.to_members()))
            write_atomic(folder / "predictions.csv", predictions_csv(predictions, data))
            if predictions.curves:
                write_atomic(folder / "curves.json", json.dumps(predictions.curves, indent=1))
            write_atomic(folder / "projection.json", _projection_json(data, projection))
        with clock("report"):
            write_report(_run_data(result, data, predictions, projection), folder)
    return desk.done(result)


def fit_shipped(head: Head, data: TrainingSet, options: FitOptions, calibrated: bool, n_jobs: int) -> Shipped:
    """Fit on everything, and calibrate by out-of-fold scores if that could be measured."""
    final = fit_final(head, data.table, seed=options.seed)
    if not calibrated:
        return Shipped(final.estimator, final.params, Calibrator(), Calibrator(), None)
    units, known, _ = calibrate(head, final.params, data.table, seed=options.seed, n_jobs=n_jobs)
    return Shipped(final.estimator, final.params, units.in_units(final.lead), units, known)


def _run_data(
    result: Mapping[str, Any], data: TrainingSet, predictions: Predictions, projection: Projection
) -> RunData:
    rows = [data.manifest.rows[i] for i in predictions.rows.tolist()]
    return RunData(
        result=result,
        image_ids=[row.image_id for row in rows],
        paths=[data.manifest.file(row) for row in rows],
        true=predictions.true,
        predicted=predictions.predicted,
        scores=predictions.scores,
        off_centre=off_centre(data.vectors[predictions.rows], predictions.true),
        folds=predictions.folds.tolist(),
        projection=replace(projection, coordinates=projection.coordinates[predictions.rows]),
        curves=predictions.curves,
    )


def _projection_json(data: TrainingSet, projection: Projection) -> str:
    points = np.round(projection.coordinates, 4).tolist()
    return json.dumps(
        {
            "method": projection.method,
            "trustworthiness": projection.trustworthiness,
            "points": {row.image_id: point for row, point in zip(data.manifest.rows, points, strict=True)},
        }
    )


def score(head: Head, data: TrainingSet, options: FitOptions, n_jobs: int, progress: Progress) -> Scored:
    """Score a head and the baselines by the protocol asked for, all calibrated alike."""
    folds, notes = _folds(data, options)
    raw = _evaluate(head, data.table, folds, options, n_jobs, partial(progress, "folds"))
    progress("calibration", 0, 0)
    calibrated = calibrated_folds(head, data.table, folds, raw, seed=options.seed, n_jobs=n_jobs)
    predictions = with_calibration(raw, calibrated)
    # By one vector a picture, whatever the head is given: there is one number to beat.
    vectors = replace(data.table, X=data.vectors)
    baselines = score_baselines(
        vectors, folds, lambda other: _evaluate(other, vectors, folds, options, n_jobs), options.seed, n_jobs
    )
    notes += dict.fromkeys(predictions.notes)
    notes += dict.fromkeys(note for fold in calibrated for note in fold.notes)
    measured = predictions is not raw
    return Scored(predictions, measured, raw.scores, folds, calibrated, baselines, tuple(notes))


def score_baselines(
    table: Table, folds: list[Fold], evaluate: Callable[[Head], Predictions], seed: int, n_jobs: int = 1
) -> dict[str, Predictions]:
    """Score the baselines, calibrated as a head is, but for the commonest label, which ranks nothing."""
    scored = {}
    for head in baseline_heads(table):
        predictions = evaluate(head)
        if head.name != MAJORITY:
            calibrated = calibrated_folds(head, table, folds, predictions, seed=seed, n_jobs=n_jobs)
            predictions = with_calibration(predictions, calibrated)
        scored[head.name] = predictions
    return scored


def _folds(data: TrainingSet, options: FitOptions) -> tuple[list[Fold], list[str]]:
    splits = [row.split for row in data.manifest.rows]
    if options.protocol == "cv":
        folds, notes = grouped_folds(data.y, data.components, options.folds, options.seed)
        if "test" in splits:
            notes.append(
                "the manifest divides the pictures into parts; --protocol holdout scores on its test part"
            )
        return folds, notes
    if "test" in splits:
        fold = given_split(splits, data.y, data.components, options.seed)
    else:
        fold = holdout(data.y, data.components, options.seed)
    return [fold], []  # what is to be said of it comes with its predictions


def _evaluate(
    head: Head,
    table: Table,
    folds: list[Fold],
    options: FitOptions,
    n_jobs: int,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    if options.protocol == "holdout":
        return evaluate_holdout(head, table, folds[0], seed=options.seed)
    return cross_validate(head, table, folds, seed=options.seed, n_jobs=n_jobs, progress=progress)
