"""How a forgetting study came to its numbers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.report.recipe_words import write_recipe

LEARNERS = {"dense": "Dense head on cached vectors", "cnn": "Small network on pictures"}


def write_method(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how the numbers came about, a term and a text each."""
    seconds = result["timing_seconds"]
    return [
        ("Tasks", _tasks(result)),
        ("Repeats", _repeats(result)),
        (
            "Regimes",
            "retrained: the weights go on from label to label, Adam's moments begin anew; own: each label's "
            "network from first weights; joint: one network says whose, on the training pictures of all "
            "tasks together, and counts as right where it names, or does not name, the label",
        ),
        (
            "Measures",
            "backward and forward transfer by Lopez-Paz and Ranzato (2017), forgetting by Chaudhry and "
            "others (2018), means over orders. Forgetting takes the best of several scores, so chance alone "
            "lifts it above 0; of models of their own it is 0 by construction",
        ),
        (
            "Intervals",
            "95 %, t over seeds, orders of a seed averaged first; seeds divide the same pictures anew, so "
            "their spread has Nadeau and Bengio's correction for overlapping training sets (2003), test over "
            f"training pictures {result['test_ratio']:.2f}",
        ),
        (
            "Order effect",
            "sums of squares over seeds, orders and labels; p by exchanging the orders of each seed at "
            "random",
        ),
        ("Recipes", _recipes(result)),
        (
            "Pictures",
            f"{result['n_images']:,}, {result['n_groups']:,} groups; {result['n_excluded']:,} left out",
        ),
        ("Backbone", f"{result['backbone']}, vector space {result['space']}"),
        ("Time", ", ".join(f"{name} {of:.0f} s" for name, of in seconds.items())),
        ("Versions", ", ".join(f"{name} {value}" for name, value in result["versions"].items())),
        ("Run", f"{result['run']}, {result['created']}"),
    ]


def _tasks(result: Mapping[str, Any]) -> str:
    sizes = "; ".join(
        f"{label} {of['n_train']:.0f} to train, {of['n_test']:.0f} to test"
        for label, of in result["tasks"].items()
    )
    return (
        "one label against the rest, half of the pictures each; divided 70/30 by groups, the same division "
        f"for all tasks of a seed. The others are {_others(result)}. {sizes}"
    )


def _others(result: Mapping[str, Any]) -> str:
    if result["options"]["shared_others"]:
        return "the same for all tasks, of labels that are not studied"
    return "of all other labels, those studied among them: what one task calls its own, the next calls others"


def _repeats(result: Mapping[str, Any]) -> str:
    seeds = ", ".join(
        f"{len(of)} for the {LEARNERS[learner].lower()}" for learner, of in result["seeds"].items()
    )
    return (
        f"{len(result['orders'])} orders; seeds: {seeds}. A seed draws pictures and division; weights and "
        "training differ from run to run"
    )


def _recipes(result: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{LEARNERS[learner].lower()}: {write_recipe(recipe)}"
        for learner, recipe in result["recipes"].items()
    )
