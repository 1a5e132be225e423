"""A sheet as a page, or as a part of one."""

from __future__ import annotations

from pathlib import Path

from markupsafe import escape

from styleid.questions.evidence.measure import Sheet
from styleid.report.palette import tidy

#: What stands once on a page that holds sheets, beside the report's own style: their style and their script.
#: The script defines ``activate(root)``, which may be called again for each sheet that is added.
STYLE, SCRIPT = (Path(__file__).with_name(f"sheet.{kind}") for kind in ("css", "js"))


def sheet_html(sheet: Sheet, alone: bool = True) -> str:
    """Write a sheet as a whole offline page or, not alone, as an ``<article>`` with neither style nor script."""
    article = f'<article class="sheet"><h1>{escape(tidy(str(sheet.verdict.verdict)))}</h1></article>'
    return f"<!DOCTYPE html>\n{article}" if alone else article
