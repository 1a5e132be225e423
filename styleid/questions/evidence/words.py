"""What stands on a sheet beside what it shows."""

from __future__ import annotations

from styleid.report.numbers import count_of, in_hundred
from styleid.report.palette import tidy

#: What the map is worth, by scripts/trials/halves.py: pictures of two halves by two hands that no model had
#: seen, and sets they were made from; of 100 halves, how many went to the right one of all hands (on average,
#: in the hardest and in the easiest set), by guessing, and of 100 pictures, how many the right way round.
N_PAIRS, N_SETS = 560, 14
HALVES_RIGHT, HALVES_LEAST, HALVES_MOST, HALVES_GUESSED, HALVES_ORDER = (65, 28, 100, 15, 89)
#: Why a part of a sheet is not there.
OLD = "The model was made before models kept what this is shown from; fit it again."
WITNESS_NAMES = {
    "colours": "The colours alone",
    "facts": "The file's facts alone (size, format, metadata, border)",
}


def write_learned(kind: str | None, n: int) -> str:
    """Say whether the model knows the picture, of the n it learned from."""
    whole = count_of(n, "picture") if n else "pictures"
    return {
        "exact": f"Yes: this very picture is among the {whole} that the model learned from. That it is "
        "right here says nothing of other pictures.",
        "near": f"Nearly: a near-duplicate is among the {whole} that the model learned from. That it is "
        "right here says little of other pictures.",
        None: "The model was made before models could tell what they learned from; fit it again.",
    }.get(kind, f"No: neither it nor a near-duplicate is among the {whole} that the model learned from.")


def write_rank(label: str, share: float | None) -> str:
    """Say how near a picture is to a label's pictures, among that label's own."""
    if share is None:
        return f"{tidy(label)} has one series alone, so there is nothing to compare with."
    return (
        f"It is nearer to them than {in_hundred(share)} of 100 pictures of {tidy(label)} are to their own "
        "nearest of another series."
    )


def write_worth() -> str:
    """Say what the map is worth."""
    return (
        f"What such a map is worth: on {N_PAIRS} pictures made of two halves by two hands, of {N_SETS} sets, "
        f"it gave {HALVES_RIGHT} of 100 halves to the right one of all hands ({HALVES_LEAST} in the hardest "
        f"set, {HALVES_MOST} in the easiest; guessing: {HALVES_GUESSED}), and of 100 pictures {HALVES_ORDER} "
        "leaned the right way round. It shows where to look; it proves nothing."
    )


def write_right(share: float | None, guessing: float) -> str:
    """Say how often a witness is right."""
    if share is None:
        return "How often it is right could not be measured."
    return (
        f"Of 100 known pictures that it had not seen, it named {in_hundred(share)} right (guessing: "
        f"{in_hundred(guessing)})."
    )
