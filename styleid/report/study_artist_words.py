"""What the study of the artist project found, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from styleid.report.compare_words import enumerate_names
from styleid.report.words_share import in_hundred, write_interval


def write_artist_headline(result: Mapping[str, Any]) -> str:
    """Say what the question's answer is.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.

    Returns
    -------
    str
        A sentence.
    """
    best = best_head(result)
    score = best["metrics"]["balanced_accuracy"]
    return (
        f"{result['target']} against all others: on cached vectors {best['head']}, the best of "
        f"{len(result['answer']['heads'])}, reaches a balanced accuracy of {score['value']:.2f} "
        f"(95 % interval {score['low']:.2f} to {score['high']:.2f}) on subjects it has not seen"
    )


def best_head(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the head with the highest out-of-fold balanced accuracy.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.

    Returns
    -------
    mapping
        Its entry.
    """
    heads: Sequence[Mapping[str, Any]] = result["answer"]["heads"]
    return max(heads, key=lambda head: head["metrics"]["balanced_accuracy"]["value"])


def find_step(result: Mapping[str, Any], step: str, split: str) -> Mapping[str, Any]:
    """Return one step on one division.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.
    step, split : str
        Which.

    Returns
    -------
    mapping
    """
    found: Mapping[str, Any] = next(
        of for of in result["steps"] if (of["step"], of["split"]) == (step, split)
    )
    return found


def write_artist_findings(result: Mapping[str, Any]) -> list[str]:
    """List the findings, each with its intervals.

    Parameters
    ----------
    result : mapping
        The content of ``study.json``.

    Returns
    -------
    list of str
        Sentences; the first warns, where the study was a quick one.
    """
    quick = ["This was a quick run: it shows that everything works, its numbers mean little."]
    return [
        *(quick if result["options"]["quick"] else []),
        _story(result, "grouped"),
        _story(result, "per picture"),
        _commonest(result),
        _normalised(result),
        _misaligned(result),
        _route(result),
        _views(result),
        _claimed(result),
    ]


def _story(result: Mapping[str, Any], split: str) -> str:
    told = []
    for step in ("trainable", "frozen", "refined"):
        of = find_step(result, step, split)
        told.append(
            f"{of['words']} ({of['version']}): accuracy {_percent(of, 'accuracy')}, "
            f"balanced accuracy {_percent(of, 'balanced_accuracy')}"
        )
    how = {
        "grouped": "The project's three steps, subjects kept together",
        "per picture": "The same as the project divided its pictures, each by itself, so that variants of a "
        "subject stand on both sides",
    }[split]
    return f"{how}: {'; '.join(told)}."


def _commonest(result: Mapping[str, Any]) -> str:
    refined = find_step(result, "refined", "grouped")
    target = refined["per_label"][result["target"]]["recall"]
    return (
        f"Plain accuracy flatters here: only {result['n_target']:,} of {result['n_images']:,} pictures are "
        "the target's, so "
        f"whoever always says “others” is right {in_hundred(refined['majority_accuracy'])} times in 100. "
        "The refined "
        f"step finds {in_hundred(target['value'])} in 100 of the target's pictures{write_interval(target)}."
    )


def _normalised(result: Mapping[str, Any]) -> str:
    told = []
    for of in result["normalisation"]:
        if of["split"] == "grouped":
            told.append(f"{of['step']} {_points(of['balanced_accuracy'])}")
    return (
        "What the weights' own mean and deviation would have changed, instead of pixels from 0 to 1, in "
        "balanced "
        f"accuracy on the same pictures: {'; '.join(told)}."
    )


def _misaligned(result: Mapping[str, Any]) -> str:
    of, target = result["misalignment"], result["target"]
    good, bad, many = of["aligned"], of["shuffled"], of["orders"]
    return (
        f"Labels in another order than predictions make chance of a good model: {of['model']} has a balanced "
        f"accuracy of {good['balanced_accuracy']:.3f} and, when it says {target}, is right "
        f"{in_hundred(good['precision'][target])} times in 100. The same predictions beside shuffled "
        f"labels: {bad['balanced_accuracy']:.3f} and {in_hundred(bad['precision'][target])} in 100, where "
        "chance has "
        f"{in_hundred(of['chance'][target])}; over {many['n']:,} orders {many['value']:.3f} on average, 95 "
        "% of "
        f"them from {many['low']:.3f} to {many['high']:.3f}."
    )


def _route(result: Mapping[str, Any]) -> str:
    best = next(of for of in result["refined_against"] if of["head"] == best_head(result)["head"])
    n = best["refined_cpu_seconds"] / max(best["cpu_seconds"], 1e-9)
    told = f"{n:.0f} times as fast" if n >= 2 else f"{1 / n:.1f} times as slow" if n < 1 else "about as fast"
    embedding = result["embedding"]
    return (
        f"On the refined step's own grouped division, {best['head']} on cached vectors took "
        f"{best['cpu_seconds']:.1f} s of processor time, its search included, against "
        f"{best['refined_cpu_seconds']:.0f} s ({told}); its balanced accuracy differs by "
        f"{_points(best['balanced_accuracy'])}. Embedding comes "
        f"before, once: {embedding['cpu_seconds_a_picture'] * result['n_images']:.0f} s for all pictures and "
        f"one view, at the rate of {embedding['n_timed']} that were timed."
    )


def _views(result: Mapping[str, Any]) -> str:
    told = [
        f"{of['head']} {_points({'value': of['gain']['gap'], **of['gain']})}"
        for of in result["answer"]["heads"]
        if of["gain"] is not None
    ]
    return (
        f"{result['answer']['n_views']} augmented views of each training picture, embedded once, changed "
        "balanced "
        f"accuracy by: {'; '.join(told)}."
    )


def _claimed(result: Mapping[str, Any]) -> str:
    gaps = [of for of in result["answer"]["heads"] if of["leakage_gap"] is not None]
    opened = [of["head"] for of in gaps if of["leakage_gap"]["opened"]]
    told = "; ".join(
        f"{of['head']} {of['leakage_gap']['naive']:.3f} for {of['leakage_gap']['grouped']:.3f}" for of in gaps
    )
    flattered = (
        f"by more than chance for {enumerate_names(opened)}" if opened else "for no head by more than chance"
    )
    return f"Random folds would have claimed more, {flattered}: {told} (balanced accuracy)."


def _percent(of: Mapping[str, Any], metric: str) -> str:
    return f"{in_hundred(of['metrics'][metric]['value'])} %{write_interval(of['metrics'][metric])}"


def _points(of: Mapping[str, Any]) -> str:
    """Write a difference with its interval."""
    told = f"{of['value']:+.3f} (95 % interval {of['low']:+.3f} to {of['high']:+.3f})"
    return told.replace("-", "\u2212")
