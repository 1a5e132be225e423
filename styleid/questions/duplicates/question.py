"""Which pictures are copies of each other, and which stand under two labels."""

from __future__ import annotations

from pathlib import Path

from styleid.questions.audit import CheckContext, CheckData
from styleid.questions.base import Answer, Question, Section
from styleid.questions.duplicates.measure import conflicts_record, duplicates_record
from styleid.questions.duplicates.plot import draw_pairs
from styleid.questions.duplicates.words import find
from styleid.questions.pictures import show_pairs

#: Pairs just short of the threshold that are shown.
_NEARLY = 8


def measure(context: CheckContext) -> Answer:
    """List near-duplicates, chains of them, and contents under two labels."""
    duplicates = duplicates_record(context.data, context.duplicates)
    conflicts = conflicts_record(context.chosen, duplicates["pairs"])
    return Answer({"duplicates": duplicates, "conflicts": conflicts})


def show(data: CheckData) -> list[Section]:
    """Show conflicts, near-duplicates across groups, and those just short of it."""
    duplicates, conflicts, here = data.result["duplicates"], data.result["conflicts"], Path(__file__)
    sections = []
    if conflicts:
        values = {"pairs": show_pairs(conflicts, data.paths), "total": len(conflicts)}
        sections.append(Section("conflicts", here.with_name("conflicts.html.j2"), values))
    across = [pair for pair in duplicates["pairs"] if not pair["same_group"]]
    values = {
        "across": show_pairs(across, data.paths),
        "nearly": show_pairs(duplicates["nearly"][:_NEARLY], data.paths),
        "min_cosine": duplicates["min_cosine"],
        "max_bits": duplicates["max_bits"],
        "total": len(across),
    }
    return [*sections, Section("duplicates", here.with_name("section.html.j2"), values)]


def draw(data: CheckData) -> bytes:
    """Draw the pairs on both sides of the threshold."""
    duplicates = data.result["duplicates"]
    inside = sorted(duplicates["pairs"], key=lambda pair: -int(pair["bits"]))
    return draw_pairs(inside, duplicates["nearly"], data.paths, duplicates["max_bits"])


QUESTION = Question("duplicates", measure, findings=find, sections=show, plots={"pairs.png": draw})
