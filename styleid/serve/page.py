"""The page, what a page saved from it is made of, and what browsers may load for it: nothing."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from styleid.questions.evidence.page import SCRIPT, STYLE
from styleid.report.page import STYLE as REPORT_STYLE
from styleid.report.page import render

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """The page as text, the frame that a saved page puts its sheets into, and the policy of both assets."""

    html: str
    frame: str  # of a saved page; it has a place for sheets
    policy: str

    @classmethod
    def of(cls, is_local: bool) -> Page:
        """Write the page; of one that other computers reach it is not said that pictures stay here."""
        style = _joined(REPORT_STYLE, STYLE, _HERE / "serve.css")
        script = _joined(SCRIPT, _HERE / "serve.js")
        html = render(
            _HERE / "serve.html.j2", own_style=Markup(style), own_script=Markup(script), is_local=is_local
        )
        frame = render(_HERE / "saved.html.j2", script=SCRIPT, sheet_style=Markup(_joined(STYLE)))
        policy = (
            f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data: blob:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return cls(html, frame, policy)


def _joined(*files: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
