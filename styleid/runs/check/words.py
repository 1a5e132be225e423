"""What an audit says of a set as a whole."""

from __future__ import annotations

from styleid.questions.base import LOOK, STOP, Result


def write_verdict(result: Result) -> str:
    """Say in one sentence whether a score on this set can be believed."""
    severities = [finding["severity"] for finding in result["findings"]]
    if STOP in severities:
        return "Do not believe a score on this set yet"
    if LOOK in severities:
        return "Look at this before you believe a score on this set"
    return "Nothing was found that would make a score on this set untrue"
