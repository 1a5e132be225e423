"""What the study of the artist project found, in plain and short words; the tables hold the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from styleid.report.numbers import (
    enumerate_names,
    in_hundred,
    write_interval,
    write_points,
    write_points_interval,
    write_share,
)

Entry = Mapping[str, Any]

#: The project's own steps, as they are called beside each other.
_STORY = {"trainable": "left trainable", "frozen": "frozen", "refined": "refined"}


def write_artist_headline(result: Mapping[str, Any]) -> str:
    """Write the answer to the question, a sentence without its full stop."""
    best, step = best_head(result), best_step(result)
    difference = step_less_head(result, step, best_beside(result, step))
    ahead = ""
    if difference["low"] is not None and difference["value"] is not None and difference["low"] > 0:
        ahead = (
            f"; a training on pictures, “{step['words']}”, is ahead by {write_points(difference['value'])} "
            f"points{write_points_interval(difference, named=False)} where both see the same"
        )
    return (
        f"{result['target']} against all others: on cached vectors {best['head']}, the best of "
        f"{len(result['answer']['heads'])}, reaches a balanced accuracy of "
        f"{write_share(best['metrics']['balanced_accuracy'])} on subjects it has not seen{ahead}"
    )


def write_artist_findings(result: Mapping[str, Any]) -> list[str]:
    """List the findings with their intervals."""
    best, refined = best_step(result), find_step(result, "refined", "grouped")
    return [
        _story(result),
        _careless(result),
        _paired(result, best),
        *([] if refined is best else [_paired(result, refined)]),
        _times(result, best),
        _commonest(result, refined),
        _normalised(result),
        _misaligned(result),
        *_views(result),
        *_claimed(result),
    ]


def _story(result: Mapping[str, Any]) -> str:
    steps: list[str] = []
    for name, words in _STORY.items():
        score = find_step(result, name, "grouped")["metrics"]["balanced_accuracy"]
        steps.append(f"{words} {write_share(score, named=not steps)}")
    return (
        f"The project's three steps, subjects kept together, in balanced accuracy: backbone {steps[0]}, "
        f"{steps[1]}, {steps[2]}. Chance is 50 %."
    )


def _careless(result: Mapping[str, Any]) -> str:
    steps = [find_step(result, name, "per picture") for name in _STORY]
    values = [f"{in_hundred(step['metrics']['balanced_accuracy']['value'])} %" for step in steps]
    seen = {
        step["version"]: f"{step['n_test_seen']:,} of {step['n_test']:,} ({step['version']})"
        for step in steps
    }
    return (
        f"Divided picture by picture, as the project did, they reach {enumerate_names(values)}. Then "
        f"{enumerate_names([*seen.values()])} test pictures have another of their subject in training."
    )


def _paired(result: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """Set a training beside the head that does best on its division."""
    head = best_beside(result, step)
    difference = step_less_head(result, step, head)
    value, low, high = (difference[key] for key in ("value", "low", "high"))
    scores = [side["metrics"]["balanced_accuracy"]["value"] for side in (step, on_division(head, step))]
    if value is None or low is None or high is None:
        verdict = "The difference has no interval here"
    elif low > 0:
        verdict = f"The training is ahead by {write_points(value)} points{write_points_interval(difference)}"
    elif high < 0:
        turned = {"low": -high, "high": -low}
        verdict = f"The head is ahead by {write_points(-value)} points{write_points_interval(turned)}"
    else:
        verdict = (
            f"They are not to be told apart: {write_points(value, signed=True)} "
            f"points{write_points_interval(difference)}"
        )
    return (
        f"On the same pictures ({step['version']}: {step['n_train']:,} to learn from, {step['n_test']:,} to "
        f"score) “{step['words']}” reaches {in_hundred(scores[0])} %, the best of "
        f"{len(result['answer']['heads'])} heads, {head['head']}, {in_hundred(scores[1])} %. {verdict}."
    )


def _times(result: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    head, embedding = best_beside(result, step), result["embedding"]
    return (
        f"“{step['words']}” took {step['cpu_seconds']:.0f} s of processor time, {head['head']} "
        f"{on_division(head, step)['cpu_seconds']:.1f} s with its search. Embedding, once for all heads, "
        f"takes {embedding['cpu_seconds_a_picture'] * result['n_images']:.0f} s for one view of each picture."
    )


def _commonest(result: Mapping[str, Any], refined: Mapping[str, Any]) -> str:
    recall = refined["per_label"][result["target"]]["recall"]
    return (
        f"Always naming the commoner of the two is right {in_hundred(refined['majority_accuracy'])} times in "
        f"100. The refined step finds {in_hundred(recall['value'])} in 100 pictures of the "
        f"target{write_interval(recall)}."
    )


def _normalised(result: Mapping[str, Any]) -> str:
    changes = [
        f"the {pair['step']} step by {_signed(pair['balanced_accuracy'])}"
        for pair in result["normalisation"]
        if pair["split"] == "grouped"
    ]
    return (
        "Mean and deviation of the weights, which the project left out, change the balanced accuracy of "
        f"{enumerate_names(changes)}."
    )


def _misaligned(result: Mapping[str, Any]) -> str:
    shown, drawn = result["misalignment"], result["misalignment"]["orders"]
    aligned = shown["aligned"]["balanced_accuracy"]
    orders = f"{in_hundred(drawn['low'])} to {in_hundred(drawn['high'])} %"
    if aligned <= drawn["high"]:
        return (
            f"{shown['model']} is no better beside its own labels ({in_hundred(aligned)} %) than beside "
            f"labels in another order (95 % of {drawn['n']:,} orders: {orders}): a shuffled report shows "
            "nothing here."
        )
    return (
        "Where labels stand in another order than predictions, a good model looks like chance: "
        f"{shown['model']} falls from {in_hundred(aligned)} % to {in_hundred(drawn['value'])} % on average "
        f"(95 % of {drawn['n']:,} orders: {orders})."
    )


def _views(result: Mapping[str, Any]) -> list[str]:
    gains = [
        f"{head['head']} by {_signed({'value': head['gain']['gap'], **head['gain']})}"
        for head in result["answer"]["heads"]
        if head["gain"] is not None
    ]
    if not gains:
        return []
    count = result["answer"]["n_views"]
    return [
        f"Learning from {count} augmented {'view' if count == 1 else 'views'} of each training picture too "
        f"changes the balanced accuracy of {enumerate_names(gains)}."
    ]


def _claimed(result: Mapping[str, Any]) -> list[str]:
    gaps = {
        head["head"]: head["leakage_gap"]
        for head in result["answer"]["heads"]
        if head["leakage_gap"] is not None
    }
    if not gaps:
        return []
    best = max(gaps, key=lambda head: gaps[head]["grouped"])
    opened = [head for head, gap in gaps.items() if gap["opened"]]
    flattered = enumerate_names(opened) if opened else "no head"
    return [
        f"Random folds would put {best} at {in_hundred(gaps[best]['naive'])} % instead of "
        f"{in_hundred(gaps[best]['grouped'])} %. They flatter {flattered} by more than chance."
    ]


def _signed(difference: Mapping[str, Any]) -> str:
    """Write a difference with its interval."""
    if difference["value"] is None:
        return "an amount that cannot be told"
    return f"{write_points(difference['value'], signed=True)} points{write_points_interval(difference)}"


def best_head(result: Mapping[str, Any]) -> Entry:
    """Return the head with the highest out-of-fold balanced accuracy, the first of equals."""
    heads: Sequence[Entry] = result["answer"]["heads"]
    return max(heads, key=_balanced)


def find_step(result: Mapping[str, Any], step: str, split: str) -> Entry:
    """Return one step on one division."""
    first: Entry = next(
        entry for entry in result["steps"] if (entry["step"], entry["split"]) == (step, split)
    )
    return first


def best_step(result: Mapping[str, Any]) -> Entry:
    """Return the step with the highest balanced accuracy, subjects kept together, the first of equals."""
    return max((step for step in result["steps"] if step["split"] == "grouped"), key=_balanced)


def on_division(head: Entry, step: Entry) -> Entry:
    """Return what a head reaches on a step's division: one of the head's ``divisions``."""
    wanted = (step["version"], step["split"])
    first: Entry = next(entry for entry in head["divisions"] if (entry["version"], entry["split"]) == wanted)
    return first


def best_beside(result: Mapping[str, Any], step: Entry) -> Entry:
    """Return the head with the highest balanced accuracy on a step's division, the first of equals."""
    heads: Sequence[Entry] = result["answer"]["heads"]
    return max(heads, key=lambda head: _balanced(on_division(head, step)))


def step_less_head(result: Mapping[str, Any], step: Entry, head: Entry) -> Mapping[str, float | None]:
    """Return the paired difference in balanced accuracy: ``value``, ``low``, ``high``."""
    wanted = (step["step"], step["split"], head["head"])
    first: Mapping[str, float | None] = next(
        entry["balanced_accuracy"]
        for entry in result["trained_less_heads"]
        if (entry["step"], entry["split"], entry["head"]) == wanted
    )
    return first


def _balanced(entry: Entry) -> float:
    value: float = entry["metrics"]["balanced_accuracy"]["value"]
    return value
