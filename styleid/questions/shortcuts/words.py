"""What an audit says of shortcuts: labels told by files or colours, not by the drawing."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import Finding, Result
from styleid.report.numbers import count_of, write_number, write_points, write_points_interval

SHORTCUTS = {
    "logreg": "the head: vectors, logistic regression",
    "centroid": "vectors, nearest centroid",
    "majority": "commonest label",
    "facts": "file facts, all together",
    "size": "size alone",
    "encoding": "encoding alone",
    "metadata": "metadata alone",
    "border": "border colour alone",
    "colours": "colours alone",
    "both": "file facts and colours",
}
#: What a witness is to the head, the gravest last: key of the JSON file -> words everywhere.
VERDICTS = {
    "chance": "at chance",
    "behind": "behind the head",
    "level": "level with the head",
    "ahead": "ahead of the head",
}
#: The head of an audit, to which its shortcuts are compared.
AUDIT_HEAD = "logistic regression on the vectors"
_GRAVITY = list(VERDICTS)
#: Witnesses that are spoken of: severity where one is no worse than the head, what it is, and what follows.
_WITNESSES = {
    "facts": (
        "stop",
        "The files alone, without a look at the drawing,",
        "what is told apart may be the scanner or the export, not the hand. Make all files alike, or "
        "score on another source.",
    ),
    "colours": (
        "look",
        "The colours alone, without any shape,",
        "what is told apart may be a palette: part of a hand where it was the artist's choice, not where "
        "paper, scanner or camera gave it.",
    ),
    "both": (
        "look",
        "The files and the colours together, without any shape,",
        "what is told apart may be scanner, export and palette, not the hand, though neither files nor "
        "colours alone come as far.",
    ),
}


def find(result: Result) -> Iterator[Finding]:
    """Say what file facts and colours, alone and together, tell about the labels."""
    scored = result["shortcuts"]
    if scored is None:
        return
    head = write_number(scored["logreg"]["balanced_accuracy"])
    alone = max(_GRAVITY.index(scored[kind]["verdict"]) for kind in ("facts", "colours"))
    for kind, (severity, what, why) in _WITNESSES.items():
        own = write_number(scored[kind]["balanced_accuracy"])
        verdict = scored[kind]["verdict"]
        if verdict == "chance" or (kind == "both" and _GRAVITY.index(verdict) <= alone):
            continue
        named = _strongest(scored) if kind == "facts" else ""
        numbers = f"balanced accuracy {own} beside {head}, {_difference(scored[kind]['head_less'])}{named}"
        if verdict == "behind":
            what += " tell the labels better than chance, but"
            text = f"{what} are {VERDICTS[verdict]} ({AUDIT_HEAD}): {numbers}."
        else:
            tell = f"as far as {count_of(result['n_images'], 'picture')} can tell"
            text = f"{what} are {VERDICTS[verdict]} ({AUDIT_HEAD}), {tell}: {numbers}; {why}"
        yield Finding(f"shortcut-{kind}", "note" if verdict == "behind" else severity, text)


def name_witness(name: str, record: Result) -> str:
    """Name a row of the scores with what it is to the head, where it is a witness."""
    return SHORTCUTS[name] + (f": {VERDICTS[record['verdict']]}" if record["verdict"] else "")


def read_row(record: Result) -> tuple[str, str, str]:
    """Write a row of the page: the score, what it is to the head, and how many points the head is ahead."""
    own, verdict, less = write_number(record["balanced_accuracy"]), record["verdict"], record["head_less"]
    if verdict is None or less["value"] is None:
        return own, VERDICTS.get(verdict, ""), ""
    points = write_points(less["value"], signed=True)
    return own, VERDICTS[verdict], points + write_points_interval(less, named=False, signed=True)


def _difference(less: Result) -> str:
    """Write the difference from the head within a sentence, and that its interval holds 0 if it does."""
    interval = write_points_interval(less, signed=True)
    holds = ", which holds 0" if interval and less["low"] <= 0 <= less["high"] else ""
    return f"a difference of {write_points(less['value'], signed=True)} points{interval}{holds}"


def _strongest(scored: Result) -> str:
    """Name the bundle of facts that tells most."""
    bundles = [
        name
        for name in ("size", "encoding", "metadata", "border")
        if scored[name]["verdict"] not in ("chance", None)
    ]
    if not bundles:
        return ""
    best = max(bundles, key=lambda name: float(scored[name]["balanced_accuracy"]["value"]))
    return f" (all facts together; {best} alone: {scored[best]['balanced_accuracy']['value']:.3f})"
