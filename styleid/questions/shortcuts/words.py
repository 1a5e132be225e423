"""What an audit says of shortcuts: labels told by files or colours, not by the drawing."""

from __future__ import annotations

from collections.abc import Iterator

from styleid.questions.base import Finding, Result
from styleid.report.numbers import count_of, write_number, write_points, write_points_interval

SHORTCUTS = {
    "logreg": "vectors, logistic regression",
    "centroid": "vectors, nearest centroid",
    "majority": "commonest label",
    "facts": "file facts, all together",
    "size": "size alone",
    "encoding": "encoding alone",
    "metadata": "metadata alone",
    "border": "border colour alone",
    "colours": "colours alone",
}
#: The head of an audit, to which its shortcuts are compared.
AUDIT_HEAD = "one on the vectors"


def find(result: Result) -> Iterator[Finding]:
    """Say what file facts and colours alone tell about the labels."""
    scored = result["shortcuts"]
    if scored is None:
        return
    head = write_number(scored["logreg"]["balanced_accuracy"])
    for kind, severity, what, why in (
        (
            "facts",
            "stop",
            "A head that sees the files alone",
            "what is told apart may be the scanner or the export, not the hand. Make all files alike, or "
            "score on another source.",
        ),
        (
            "colours",
            "look",
            "A head that sees the colours alone",
            "what is told apart may be a palette: part of a hand where it was the artist's choice, not where "
            "paper, scanner or camera gave it.",
        ),
    ):
        own = write_number(scored[kind]["balanced_accuracy"])
        verdict, less = scored[kind]["verdict"], scored[kind]["head_less"]
        interval = write_points_interval(less, signed=True)
        ahead = f", a difference of {write_points(less['value'], signed=True)} points{interval}"
        named = _strongest(scored) if kind == "facts" else ""
        if verdict == "whole":
            # Where the head is ahead, but by a hair or on few pictures, chance may have it either way.
            level = "does as well as" if less["value"] <= 0 else "cannot be told apart from"
            yield Finding(
                f"shortcut-{kind}",
                severity,
                f"{what} {level} {AUDIT_HEAD}, as far as {count_of(result['n_images'], 'picture')} can tell: "
                f"balanced accuracy {own} beside {head}{ahead}{named}; {why}",
            )
        elif verdict == "part":
            yield Finding(
                f"shortcut-{kind}",
                "note",
                f"{what} does better than chance, but less well than {AUDIT_HEAD}: balanced "
                f"accuracy {own} beside {head}{ahead}{named}.",
            )


def _strongest(scored: Result) -> str:
    """Name the bundle of facts that tells most."""
    bundles = [
        name
        for name in ("size", "encoding", "metadata", "border")
        if scored[name]["verdict"] not in ("none", None)
    ]
    if not bundles:
        return ""
    best = max(bundles, key=lambda name: float(scored[name]["balanced_accuracy"]["value"]))
    return f" (all facts together; {best} alone: {scored[best]['balanced_accuracy']['value']:.3f})"
