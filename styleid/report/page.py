"""The one renderer of pages: each is a file that opens offline, in any browser, in ten years too."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from styleid.files import write_atomic
from styleid.report.palette import tidy

#: Where the layout wants its line of contents, and what stands in it. Names in a heading are escaped by then.
_CONTENTS = "<!-- contents -->"
_HEADING = re.compile(r'<h2 id="(h-[\w-]+)">([^<]*)</h2>')
#: A first word that may take a capital: no name of a file, a head, or a label before a colon.
_PLAIN_WORD = re.compile(r"(?!(?:lda|cosine|logreg|svm|mlp|knn|centroid)\b)[a-z-]+(?: |, )")
_PACKAGE = Path(__file__).parents[1]
STYLE = Path(__file__).parent / "templates" / "report.css"
#: Templates lie beside the page that fills them and are named by their place in the package.
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_PACKAGE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: Path, *, script: Path | Sequence[Path] = (), **context: Any) -> str:
    """Fill a template of the package; no other script than the one given may run, and nothing is requested.

    Several files make one script. ``notes`` of the context may hold anything; they are made safe to show.
    """
    parts = (script,) if isinstance(script, Path) else script
    source = "".join(part.read_text(encoding="utf-8") for part in parts)
    page = _ENVIRONMENT.get_template(template.relative_to(_PACKAGE).as_posix()).render(
        context,
        style=Markup(STYLE.read_text(encoding="utf-8")),
        script=Markup(source),
        script_digest=base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii"),
    )
    links = " ".join(f'<a href="#{place}">{title}</a>' for place, title in _HEADING.findall(page))
    return page.replace(_CONTENTS, links, 1)


def show_sentence(text: str) -> Markup:
    """Write a remark as a sentence: a capital first, a full stop last, and as code what backticks hold.

    A first word that is a name of anything (`_PLAIN_WORD` does not match it) stays as it is.
    """
    text = tidy(text)
    if _PLAIN_WORD.match(text):
        text = text[0].upper() + text[1:]
    if text[-1:].isalnum() or text[-1:] in ")”":
        text += "."
    parts = [escape(part.replace(" %", "\u00a0%")) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


_ENVIRONMENT.filters["sentence"] = show_sentence


def render_part(template: Path, values: Mapping[str, Any]) -> Markup:
    """Fill a template of the package that is a part of a page."""
    name = template.relative_to(_PACKAGE).as_posix()
    return Markup(_ENVIRONMENT.get_template(name).render(values))


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Write files by name into a folder, in their order, and return where they lie."""
    for name, content in files.items():
        write_atomic(folder / name, content)
    return [folder / name for name in files]


def list_method(
    result: Mapping[str, Any], rows: Sequence[str | tuple[str, str | None]]
) -> list[tuple[str, str]]:
    """List how the numbers came about; a row that is only a name is one that every result can fill.

    A row without text is left out.
    """
    pairs = [(row, _COMMON[row](result)) if isinstance(row, str) else row for row in rows]
    return [(name, tidy(text)) for name, text in pairs if text]


_COMMON: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
    "Pictures": lambda result: (
        f"{result['n_images']:,}, {len(result['labels'])} labels, {result['n_groups']:,} groups; "
        f"{result['n_excluded']:,} left out"
    ),
    "Target": lambda result: result["target"],
    "Seed": lambda result: str(result["seed"]),
    "Backbone": lambda result: f"{result['backbone']}, {result['descriptor']}",
    "Weights": lambda result: result["weights_digest"],
    "Vector space": lambda result: result["space"],
    "Time": lambda result: _list_seconds(result["timing_seconds"]),
    "Versions": lambda result: ", ".join(f"{name} {value}" for name, value in result["versions"].items()),
    "Run": lambda result: f"{result['run']}, {result['created']}",
}


def _list_seconds(seconds: Mapping[str, float]) -> str:
    """List the stages; the page is drawn before the command ends, so its total is not the last."""
    stages = [f"{name.replace('_', ' ')} {value:.1f} s" for name, value in seconds.items() if name != "total"]
    whole = [f"in all {seconds['total']:.0f} s before this page was drawn"] if "total" in seconds else []
    return ", ".join([*stages, *whole])


def embed_json(data: Mapping[str, Any]) -> str:
    r"""Write JSON that may stand inside a ``<script>`` element; the numbers must be finite.

    It is ASCII only, with ``<``, ``>`` and ``&`` as ``\u003c`` and so on: nothing in it can end the element
    or open a comment.
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def data_uri(picture: bytes) -> str:
    """Write a PNG or WebP file as an address that holds it."""
    kind = "png" if picture.startswith(b"\x89PNG") else "webp"
    return f"data:image/{kind};base64," + base64.b64encode(picture).decode("ascii")
