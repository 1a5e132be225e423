"""The page of the forgetting study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styleid.report.numbers import Reading, read_points, write_p, write_percent, write_recipe
from styleid.report.page import data_uri, list_method, render, write_files
from styleid.report.palette import tidy
from styleid.studies.forgetting.plot import draw_order_effect, draw_stages, place

LEARNERS = {"dense": "Dense head on cached vectors", "cnn": "Small network on pictures"}

#: The page; also what tells a study's folder from any other.
PAGE = "forgetting.html"
_MEASURES = {
    "mean_just_trained": "just trained",
    "mean_at_end": "at the end",
    "backward_transfer": "backward transfer",
    "forgetting": "forgetting",
    "forward_transfer": "forward transfer",
}


def write_forgetting(result: Mapping[str, Any], folder: Path) -> None:
    """Write ``scores-LEARNER.png`` and ``order-LEARNER.png`` for each learner, and `PAGE`."""
    plots = {}
    for learner, scores in result["learners"].items():
        name = LEARNERS[learner]
        plots[f"scores-{learner}.png"] = draw_stages(
            scores, result["labels"], f"{name}: what it can do, and when"
        )
        plots[f"order-{learner}.png"] = draw_order_effect(scores, f"{name}: does the order matter?")
    page = render(
        Path(__file__).with_name("forgetting.html.j2"),
        result=result,
        questions=_questions(result),
        theirs=_theirs(result),
        learners=[_learner(result, learner, plots) for learner in result["learners"]],
        measured=write_method(result),
        notes=result["notes"],
    )
    write_files(folder, {**plots, PAGE: page})


def _questions(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Gather the answers of all learners under each question, beside what the notebook concluded."""
    questions = dict.fromkeys(answer["question"] for answer in result["answers"])
    theirs = dict(
        zip(
            ("Does the order matter?", "Does it forget?", "Is one model per person better?"),
            result["theirs"]["conclusions"],
            strict=True,
        )
    )
    return [
        {
            "question": question,
            "theirs": theirs[question],
            "answers": [
                {**answer, "learner": LEARNERS[answer["learner"]], "answer": tidy(answer["answer"])}
                for answer in result["answers"]
                if answer["question"] == question
            ],
        }
        for question in questions
    ]


def _theirs(result: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the notebook's figures beside those of retraining here, by place in the order."""
    theirs = result["theirs"]
    rows = []
    for i in range(max(len(theirs["just_trained"]), len(result["labels"]))):
        ours = []
        for scores in result["learners"].values():
            matrix = scores["sequential"]["matrix"]
            shown = i < len(matrix[0])
            ours += [_percent(matrix[row][i] if shown else None) for row in (i + 1, -1)]
        known = i < len(theirs["just_trained"])
        rows.append(
            {
                "place": f"learned {place(i)}",
                **{k: write_percent(theirs[k][i]) if known else "–" for k in ("just_trained", "at_end")},
                "own": ours,
            }
        )
    return {"rows": rows, "learners": [LEARNERS[learner] for learner in result["learners"]]}


def _learner(result: Mapping[str, Any], learner: str, plots: Mapping[str, bytes]) -> dict[str, Any]:
    scores = result["learners"][learner]
    regimes = {
        "Retrained from label to label": scores["sequential"],
        "Models of their own": scores["independent"],
        "One joint model": scores["joint"],
    }
    return {
        "name": LEARNERS[learner],
        "id": learner,
        "scores": data_uri(plots[f"scores-{learner}.png"]),
        "order": data_uri(plots[f"order-{learner}.png"]),
        "seeds": len(result["seeds"][learner]),
        "measures": list(_MEASURES.values()),
        "regimes": [
            (
                name,
                [
                    _percent(measured.get(key)) if key.startswith("mean") else read_points(measured.get(key))
                    for key in _MEASURES
                ],
            )
            for name, measured in regimes.items()
        ],
        "differences": [
            (
                name,
                read_points(scores["differences"][key]),
                "–" if scores["differences"][key]["p"] is None else write_p(scores["differences"][key]["p"]),
            )
            for name, key in (
                ("own models, less retrained", "independent_less_sequential"),
                ("joint model, less retrained", "joint_less_sequential"),
                ("own models, less joint model", "independent_less_joint"),
            )
        ],
        "labels": [_label(scores, label) for label in result["labels"]],
    }


def _label(scores: Mapping[str, Any], label: str) -> dict[str, Any]:
    parts = {
        "just trained": scores["sequential"]["by_label"][label]["just_trained"],
        "at the end": scores["sequential"]["by_label"][label]["at_end"],
        "own model": scores["independent"]["by_label"][label],
        "joint model": scores["joint"]["by_label"][label],
    }
    return {
        "name": tidy(label),
        "rows": [
            (
                name,
                _percent(part["accuracy"]),
                _percent(part["f1"]),
                [*part["confusion"][1], *part["confusion"][0]],
            )
            for name, part in parts.items()
        ],
    }


def _percent(metric: Mapping[str, Any] | None) -> Reading:
    if metric is None:
        return Reading("–")
    low, high = metric["low"], metric["high"]
    interval = "" if low is None else f"{100 * low:.1f} to {100 * high:.1f}"
    return Reading(write_percent(metric["value"]), interval)


def write_method(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, a term and a text each."""
    others = (
        "the same for all tasks, of labels that are not studied"
        if result["options"]["shared_others"]
        else "of all other labels, those studied among them: what one task calls its own, the next calls "
        "others"
    )
    sizes = "; ".join(
        f"{label} {task['n_train']:.0f} to train, {task['n_test']:.0f} to test"
        for label, task in result["tasks"].items()
    )
    tasks = (
        "one label against the rest, half of the pictures each; divided 70/30 by groups, the same division "
        f"for all tasks of a seed. The others are {others}. {sizes}"
    )
    seeds = ", ".join(
        f"{len(drawn)} for the {LEARNERS[learner].lower()}" for learner, drawn in result["seeds"].items()
    )
    repeats = (
        f"{len(result['orders'])} orders; seeds: {seeds}. A seed draws pictures and division; weights and "
        "training differ from run to run"
    )
    recipes = "; ".join(
        f"{LEARNERS[learner].lower()}: {write_recipe(recipe)}"
        for learner, recipe in result["recipes"].items()
    )
    regimes = (
        "retrained: the weights go on from label to label, Adam's moments begin anew; own: each label's "
        "network from first weights; joint: one network says whose, on the training pictures of all tasks "
        "together, and counts as right where it names, or does not name, the label"
    )
    measures = (
        "backward and forward transfer by Lopez-Paz and Ranzato (2017), forgetting by Chaudhry and others "
        "(2018), means over orders. Forgetting takes the best of several scores, so chance alone lifts it "
        "above 0; of models of their own it is 0 by construction"
    )
    intervals = (
        "95 %, t over seeds, orders of a seed averaged first; seeds divide the same pictures anew, so their "
        "spread has Nadeau and Bengio's correction for overlapping training sets (2003), test over training "
        f"pictures {result['test_ratio']:.2f}"
    )
    order = "sums of squares over seeds, orders and labels; p by exchanging the orders of each seed at random"
    counts = f"{result['n_images']:,}, {result['n_groups']:,} groups; {result['n_excluded']:,} left out"
    return list_method(
        result,
        [
            ("Tasks", tasks),
            ("Repeats", repeats),
            ("Regimes", regimes),
            ("Measures", measures),
            ("Intervals", intervals),
            ("Order effect", order),
            ("Recipes", recipes),
            ("Pictures", counts),
            ("Backbone", f"{result['backbone']}, vector space {result['space']}"),
            "Time",
            "Versions",
            "Run",
        ],
    )
