"""What an audit found, in sentences, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from styleid.questions.base import SEVERITIES, Finding
from styleid.questions.doubtful.words import _labels, _mislabels, _pictures
from styleid.questions.duplicates.words import _conflicts, _duplicates
from styleid.questions.shortcuts.words import write_shortcuts
from styleid.report.palette import tidy


def write_check_findings(result: Mapping[str, Any]) -> list[Finding]:
    """List an audit's findings, the gravest first: ``kind``, ``severity`` and ``text``."""
    found = [
        {"kind": kind, "severity": severity, "text": tidy(text)}
        for part in (_conflicts, write_shortcuts, _duplicates, _mislabels, _pictures, _labels)
        for kind, severity, text in part(result)
    ]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding["severity"]))


def write_verdict(result: Mapping[str, Any]) -> str:
    """Say in one sentence whether a score on this set can be believed."""
    severities = [finding["severity"] for finding in result["findings"]]
    if "stop" in severities:
        return "Do not believe a score on this set yet"
    if "look" in severities:
        return "Look at this before you believe a score on this set"
    return "Nothing was found that would make a score on this set untrue"
