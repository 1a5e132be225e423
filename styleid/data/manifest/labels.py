"""Labels that one person would take for one, and labels that would be taken for a verdict."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from styleid.data.manifest.table import Row
from styleid.errors import InputError
from styleid.report.numbers import count_of

#: What `predict` says of a hand it does not know, and what `--target` calls everybody else.
UNKNOWN, OTHERS = "unknown", "others"


def some(names: Sequence[object], most: int = 3) -> str:
    """Name the first of many, and count the rest."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + rest


class ToldBefore(str):
    """A note on what whoever scanned and embedded the pictures was told then, in more words."""


def left_out(names: Sequence[str], why: str) -> str:
    """Say which pictures are left out; `why` begins with its verb, in the plural."""
    they = f"they {why}"
    if len(names) == 1:
        first, _, rest = why.partition(" ")
        verb = {"are": "is", "have": "has", "do": "does"}.get(first, first)
        they = f"it {verb} {rest.replace('their rows', 'its row').replace('them', 'it')}"
    return f"{count_of(len(names), 'picture')} left out: {they}: {some(names)}"


def label_twins(counts: Mapping[str, int]) -> list[list[str]]:
    """List labels that differ by blanks, case or the form of accents only, the commonest of each first."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        alike[_trimmed(label).casefold()].append(label)
    return [labels for labels in alike.values() if len(labels) > 1]


def one_spelling(counts: Mapping[str, int]) -> dict[str, str]:
    """Map each label that has twins, or blanks around it, to the spelling that stands for all."""
    first = {label: labels[0] for labels in label_twins(counts) for label in labels}
    spelling = {label: _trimmed(first.get(label, label)) for label in counts}
    return {label: spelt for label, spelt in spelling.items() if spelt != label}


def _trimmed(label: str) -> str:
    return " ".join(unicodedata.normalize("NFC", label).split())


def refuse_verdicts(labels: Collection[str], verdicts: Collection[str]) -> None:
    """Raise `InputError` for a label that would be mistaken for a verdict."""
    for label in sorted(label for label in labels if label.strip().casefold() in verdicts):
        raise InputError(
            f"a label called {label!r} would be mistaken for the verdict {label.strip().casefold()!r}; give "
            "it another name, or empty it in the manifest (where it stays empty) to leave its pictures out",
            label=label,
        )


def label_notes(rows: Sequence[Row], new: Collection[str] = ()) -> list[str]:
    """Say what of the labels a person should look at; of pictures without one the `new` ones come first."""
    counts = Counter(row.label for row in rows if row.sha256)
    notes = []
    if flat := [row.image_id for row in rows if row.sha256 and not row.label]:
        count = f" ({count:,} new)" if (count := len({*flat}.intersection(new))) else ""
        notes.append(
            f"{count_of(len(flat), 'picture')} without a label{count}, by folder, table or hand: embedded, "
            f"but no head learns from them: {some(sorted(flat, key=lambda name: name not in new))}"
        )
    if lost := sorted({row.label for row in rows} - counts.keys()):
        notes.append(f"{count_of(len(lost), 'label')} without a picture that can be read: {some(lost)}")
    for twins in label_twins(counts):
        names = ", ".join(f"{label!r} ({counts[label]:,})" for label in twins)
        notes.append(f"labels that differ by blanks, case or accents only: {names}; --tidy-labels joins them")
    for label in sorted(label for label in counts if label.strip().casefold() == UNKNOWN):
        notes.append(
            f"{label!r} is what predict says of a hand it does not know, and no fit takes it: name this "
            "label otherwise, or empty it in the manifest to leave its pictures out"
        )
    return notes
