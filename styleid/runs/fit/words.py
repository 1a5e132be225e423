"""What a fit says in words: its views, its cautions, what stands out, and a summary of the report."""

from __future__ import annotations

from styleid.data.views.names import CENTER, DEFAULT_VIEW, parse_views
from styleid.questions.base import FIT, NOTE, Finding, Result, by_claim, find_all, load_questions
from styleid.vectors.pooling import MEAN, VOTE


def write_views(result: Result) -> str:
    """Say which views a run looked at and how they were pooled; empty for the default alone.

    Results of runs made before there were views lack the keys; those runs looked at the centre.
    """
    text = str(result.get("views") or CENTER)
    if text == DEFAULT_VIEW:
        return ""
    count = len(parse_views(text))
    if count == 1:
        return text
    if result.get("pool", MEAN) == VOTE:
        return f"{text}: {count} a picture, each judged by itself, their scores averaged"
    return f"{text}: {count} a picture, their vectors averaged"


def write_cautions(result: Result) -> list[str]:
    """List what speaks against trusting the headline or a single answer, the findings of a check too."""
    audit = [Finding(**finding) for finding in result.get("audit") or ()]
    findings = by_claim([*find_all(load_questions(FIT), result), *audit])
    return [text for _, severity, text in findings if severity != NOTE]


def write_notes(result: Result) -> list[str]:
    """List what else stands out, one sentence each."""
    return [text for _, severity, text in find_all(load_questions(FIT), result) if severity == NOTE]


def write_summary(result: Result) -> list[str]:
    """Say in few lines what the sections of the report say at length."""
    return [line for question in load_questions(FIT) for line in question.summary(result)]
