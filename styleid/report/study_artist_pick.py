"""Find entries of the artist study: the best head, a step, the best head beside a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]


def best_head(result: Mapping[str, Any]) -> Entry:
    """Return the head with the highest out-of-fold balanced accuracy, the first of equals."""
    heads: Sequence[Entry] = result["answer"]["heads"]
    return max(heads, key=_balanced)


def find_step(result: Mapping[str, Any], step: str, split: str) -> Entry:
    """Return one step on one division."""
    found: Entry = next(of for of in result["steps"] if (of["step"], of["split"]) == (step, split))
    return found


def best_step(result: Mapping[str, Any]) -> Entry:
    """Return the step with the highest balanced accuracy, subjects kept together, the first of equals."""
    return max((of for of in result["steps"] if of["split"] == "grouped"), key=_balanced)


def on_division(head: Entry, step: Entry) -> Entry:
    """Return what a head reaches on a step's division: one of the head's ``divisions``."""
    wanted = (step["version"], step["split"])
    found: Entry = next(of for of in head["divisions"] if (of["version"], of["split"]) == wanted)
    return found


def best_beside(result: Mapping[str, Any], step: Entry) -> Entry:
    """Return the head with the highest balanced accuracy on a step's division, the first of equals."""
    heads: Sequence[Entry] = result["answer"]["heads"]
    return max(heads, key=lambda head: _balanced(on_division(head, step)))


def step_less_head(result: Mapping[str, Any], step: Entry, head: Entry) -> Mapping[str, float | None]:
    """Return the paired difference in balanced accuracy: ``value``, ``low``, ``high``."""
    wanted = (step["step"], step["split"], head["head"])
    found: Mapping[str, float | None] = next(
        of["balanced_accuracy"]
        for of in result["trained_less_heads"]
        if (of["step"], of["split"], of["head"]) == wanted
    )
    return found


def _balanced(of: Entry) -> float:
    value: float = of["metrics"]["balanced_accuracy"]["value"]
    return value
