"""What the numbers of a verdict mean, in words."""

from __future__ import annotations

from collections.abc import Sequence

from styleid.files import csv_text, guarded
from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.learned import EXACT, NEAR
from styleid.model.verdict import GUESSING, HALF, UNKNOWN, Verdict, set_rule
from styleid.report.notebook import show
from styleid.report.numbers import count_of, in_hundred, write_score

#: What is said of a picture that the model knows.
LEARNED = {EXACT: "this picture", NEAR: "a near-duplicate"}
#: Columns of a table of verdicts, before the scores.
_COLUMNS = (
    *("path", "verdict", "guessing", "likeliest", "unknown", "nearer", "another_kind", "strangers"),
    *("learned", "label_set", "error"),
)
#: By which a table of verdicts is known, also one with fewer columns that was made before.
TABLE_START = ("\ufeff" + ",".join(_COLUMNS[:2])).encode()


def write_verdict(verdict: Verdict) -> str:
    """Write a verdict for a person: the label, `UNKNOWN`, or all labels more likely than not."""
    if verdict.another_kind:
        return f"{verdict.verdict}, of another kind"
    if verdict.unknown or verdict.likely is None:
        text = str(verdict.verdict)
    else:
        text = " and ".join(verdict.likely) or f"none above {HALF}"
    return f"({text})" if verdict.guessing and not verdict.unknown else text


def write_scores(verdict: Verdict) -> list[str]:
    """Write each label with its score, the likeliest first; in brackets where none is meant."""
    cells = [f"{label} {write_score(score)}" for label, score in verdict.scores.items()]
    return [f"({cell})" for cell in cells] if verdict.unknown or verdict.guessing else cells


def write_price(verdict: Verdict) -> str:
    """Write of how many in 100 strangers as much would be said; empty where nothing is known of it."""
    return "" if verdict.strangers is None else f"{in_hundred(verdict.strangers)} in 100"


def write_csv(bundle: Bundle, verdicts: Sequence[Verdict]) -> str:
    """Write verdicts as CSV that a spreadsheet opens as UTF-8, and runs nothing of."""
    rows = [[*_COLUMNS, *(f"score:{guarded(label)}" for label in bundle.labels)]]
    for verdict in verdicts:
        values = {**vars(verdict), "verdict": verdict.verdict, "likeliest": verdict.label}
        values["guessing"] = None if verdict.label is None else verdict.guessing
        if verdict.guessing and verdict.verdict is not None and not verdict.unknown:
            values["verdict"] = f"({verdict.verdict})"
        values["label_set"] = ", ".join(verdict.label_set or ())
        scores = [verdict.scores.get(label) for label in bundle.labels]
        rows.append([_cell(value) for value in [*map(values.get, _COLUMNS), *scores]])
    return "\ufeff" + csv_text(rows)


def _cell(value: object) -> str:
    """Write a value for a spreadsheet: numbers short and never as certain, truths in words, text harmless."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{min(max(value, 1e-4), 1 - 1e-4) if 0 < value < 1 else value:.4f}"
    return "" if value is None else guarded(str(value))


def explain(bundle: Bundle, coverage: float | None = None, verdicts: Sequence[Verdict] = ()) -> list[str]:
    """Say in sentences how to read a model's verdicts, by what was measured when it was made."""
    lines = [_scores(bundle)]
    if bundle.options.get(GUESSING):
        lines = [
            "this model was no better than guessing when it was tested: its names, in brackets, say nothing, "
            "and neither do the numbers beside them"
        ]
    if bundle.learned is None:
        lines.append("the model was made before models could tell what they learned from; fit it again")
    elif any(verdict.learned in LEARNED for verdict in verdicts):
        lines.append(
            "learned from: the model knows this picture, or a near-duplicate; that it is right there says "
            "nothing, the run's report says how it does on pictures it has not seen"
        )
    unknown = bundle.trust.unknown
    if unknown is not None and (not verdicts or any(verdict.unknown for verdict in verdicts)):
        line = (
            f"{UNKNOWN}: farther from all that is known than {100 * (1 - unknown.false_alarm):g} in 100 "
            "pictures by known hands; what stands beside it in brackets holds only if a known hand made it"
        )
        recognised, auroc = (unknown.measured.get(name) for name in ("recognised", "auroc"))
        if recognised is not None and auroc is not None:
            line += (
                f"; by hands it had not seen, this recognised {100 * recognised:.0f} in 100 "
                f"(AUROC {auroc:.2f}, where 0.5 is blind)"
            )
        lines.append(line)
    if any(verdict.another_kind for verdict in verdicts):
        lines.append(
            "of another kind: farther out than 99 in 100 pictures by hands it had not seen, so perhaps not "
            "what these hands make at all"
        )
    if any(verdict.strangers is not None for verdict in verdicts):
        lines.append(
            "strangers named so: of 100 pictures by hands it had not seen, how many it gave a name at least "
            "as surely"
        )
    if coverage is not None:
        lines += set_rule(bundle, coverage)[1]
        lines.append(_coverage(bundle))
    return lines


def _scores(bundle: Bundle) -> str:
    if not bundle.calibrated:
        return f"the numbers rank the labels; those of {bundle.head} are not calibrated probabilities"
    if bundle.kind == MULTICLASS:
        return f"the numbers are probabilities if one of these {len(bundle.labels)} hands made the picture"
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


class Verdicts(list[Verdict]):
    """Verdicts that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        rows = []
        for one in self:
            said = write_verdict(one) if one.error is None else f"cannot be used: {one.error}"
            known = LEARNED.get(one.learned or "", "")
            rows.append((one.path, said, "; ".join(write_scores(one)[:3]), known))
        header = ("picture", "verdict", "if by a known hand", "learned from")
        return show(count_of(len(self), "verdict"), (), header, rows)
