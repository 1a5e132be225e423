"""What the numbers of a verdict mean, in words."""

from __future__ import annotations

from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.verdict import HALF, UNKNOWN, Verdict, set_rule


def write_score(score: float) -> str:
    """Write a probability with two digits, and never as certain.

    Parameters
    ----------
    score : float
        0 to 1.

    Returns
    -------
    str
        Such as ``0.83``; ``>0.99`` and ``<0.01`` for what would round to 1 or 0.
    """
    if score >= 0.995:
        return ">0.99"
    return "<0.01" if score < 0.005 else f"{score:.2f}"


def write_verdict(verdict: Verdict) -> str:
    """Write a verdict for a person.

    Parameters
    ----------
    verdict : Verdict
        On a picture that could be used.

    Returns
    -------
    str
        The label or `UNKNOWN`; where each label has a probability by itself, every label that is more likely
        than not, or that none is.
    """
    if verdict.unknown or verdict.likely is None:
        return str(verdict.verdict)
    return " and ".join(verdict.likely) or f"none above {HALF}"


def explain(bundle: Bundle, coverage: float | None = None) -> list[str]:
    """Say how to read the verdicts of a model, from what was measured when it was made.

    Parameters
    ----------
    bundle : Bundle
        The model.
    coverage : float or None
        Coverage that sets of labels were asked for, if they were.

    Returns
    -------
    list of str
        One sentence each.
    """
    lines = [_scores(bundle)]
    unknown = bundle.trust.unknown
    if unknown is not None:
        line = (
            f"{UNKNOWN}: farther from all that is known than {100 * (1 - unknown.false_alarm):g} in 100 "
            "pictures by known hands"
        )
        recognised, auroc = (unknown.measured.get(name) for name in ("recognised", "auroc"))
        if recognised is not None and auroc is not None:
            line += (
                f"; by hands it had not seen, this recognised {100 * recognised:.0f} in 100 "
                f"(AUROC {auroc:.2f}, where 0.5 is blind)"
            )
        lines.append(line)
    if coverage is not None:
        lines += set_rule(bundle, coverage)[1]
        lines.append(_coverage(bundle))
    return lines


def _scores(bundle: Bundle) -> str:
    if not bundle.calibrated:
        return f"the numbers rank the labels; those of {bundle.head} are not calibrated probabilities"
    if bundle.kind == MULTICLASS:
        return "the numbers are calibrated probabilities, for pictures by one of these hands"
    return (
        "the numbers are calibrated probabilities, each label's by itself: they need not add up to 1, and "
        f"none or several may be above {HALF}"
    )


def _coverage(bundle: Bundle) -> str:
    sets = bundle.trust.sets
    measured = {} if sets is None else sets.measured
    level, held, size = (measured.get(name) for name in ("level", "coverage", "size"))
    if level is None or held is None or size is None:
        return "sets of labels were not measured on pictures set aside"
    return (
        f"sets of labels: measured at {100 * level:g} %, they held the true one for {100 * held:.0f} in 100 "
        f"pictures by known hands, with {size:.1f} labels on average"
    )
