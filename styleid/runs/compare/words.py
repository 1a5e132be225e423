"""What a comparison means, in plain words: which head to take, and why."""

from __future__ import annotations

from collections.abc import Sequence

from styleid.questions.base import Result
from styleid.report.numbers import enumerate_names, write_number


def write_recommendation(result: Result) -> list[str]:
    """Say which head to take, what speaks for it, and what cannot be known here.

    The first sentence names the head. Of ``recommended`` only ``head``, ``best`` and ``equals`` are read:
    its words are not there yet.
    """
    advice = result["recommended"]
    chosen, best, equals = advice["head"], advice["best"], advice["equals"]
    worse = [head for head in result["heads"][1:] if head not in equals]
    words = _why_best(result, best, equals) if chosen == best else _why_simpler(result, chosen, best)
    behind = [head for head in equals if head != chosen]
    if behind:
        words.append(
            f"These cannot be told apart from {best}{' either' * (chosen != best)}: "
            + "; ".join(f"{head}, {_shortfall(result, best, head)}" for head in behind)
            + "."
        )
    if worse:
        listed = "; ".join(
            f"{head}, {_pair(result, best, head)['difference']['value']:.3f} behind" for head in worse
        )
        words.append(f"These are worse than {best}, by more than chance: {listed}.")
    if equals:
        spans = [_pair(result, best, head)["difference"] for head in equals]
        varied = [span for span in spans if span["low"] is not None]
        unseen = max([0.01, *((span["high"] - span["low"]) / 2 for span in varied)])
        below = f"a difference from {best} below about {unseen:.2f}" if varied else "how far heads differ"
        words.append(
            f"On these pictures {below} cannot be seen. Heads "
            "that cannot be told apart need not be equal: more pictures, or more groups, would show more."
        )
    return words


def write_ranking(result: Result) -> str:
    """Say in one line who is best and who may be as good, as the title of a plot."""
    advice = result["recommended"]
    if not advice["equals"]:
        return f"{advice['best']} does best, by more than chance"
    tied = [advice["best"], *advice.get("tied", ())]
    if len(tied) == len(result["heads"]):
        return f"{enumerate_names(tied)} do equally well here"
    if len(tied) > 1:
        return f"{enumerate_names(tied)} lead, level with each other"
    if len(advice["equals"]) == len(result["heads"]) - 1:
        return f"{advice['best']} leads, but no head can be told apart from it"
    return f"{advice['best']} leads; {enumerate_names(advice['equals'])} cannot be told apart from it"


def fold_seconds(result: Result, head: str) -> float:
    """Return the seconds a head takes for searching and fitting on one fold, on one core."""
    seconds = result["results"][head]["fold_seconds"]
    return float(seconds["search"] + seconds["fit"])


def _why_best(result: Result, best: str, equals: Sequence[str]) -> list[str]:
    if not equals:
        return [f"Take {best}: {_scored(result, best)}, better than every other head by more than chance."]
    tied = result["recommended"].get("tied", ())
    highest = f"as high as {enumerate_names(tied)}" if tied else "the highest"
    return [
        f"Take {best}: {_scored(result, best)}, {highest}.",
        f"No simpler head is as good, as far as can be told, and within {result['worth']:g} of it.",
    ]


def _why_simpler(result: Result, chosen: str, best: str) -> list[str]:
    seconds, best_seconds = fold_seconds(result, chosen), fold_seconds(result, best)
    quicker = (
        f" Searching and fitting take {seconds:.1f} s a fold instead of {best_seconds:.1f} s."
        if seconds < best_seconds
        else ""
    )
    return [
        f"Take {chosen}: {_scored(result, chosen)}; it is simpler than {best} and cannot be told apart from "
        "it.",
        f"{best} and {chosen} have the same mean.{quicker}"
        if chosen in result["recommended"].get("tied", ())
        else f"{best} has the highest mean; {chosen} lies {_shortfall(result, best, chosen)}.{quicker}",
    ]


def _scored(result: Result, head: str) -> str:
    metric = result["results"][head]["metrics"]["balanced_accuracy"]
    return f"balanced accuracy {write_number(metric, named=True)}"


def _shortfall(result: Result, best: str, head: str) -> str:
    difference = _pair(result, best, head)["difference"]
    tied = head in result["recommended"].get("tied", ())
    behind = "level" if tied else f"{difference['value']:.3f} behind"
    if difference["low"] is None:
        return f"{behind} in every fold, which leaves no interval"
    return f"{behind}, 95 % interval {_side(difference['high'])} to {_side(difference['low'])}"


def _side(value: float) -> str:
    return f"{abs(value):.3f} {'behind' if value >= 0 else 'ahead'}"


def _pair(result: Result, a: str, b: str) -> Result:
    return next(pair for pair in result["pairs"] if (pair["a"], pair["b"]) == (a, b))
