"""What every page is made with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"


def embed_json(data: Mapping[str, Any]) -> str:
    r"""Write JSON that may stand inside a ``<script>`` element; the numbers must be finite.

    It is ASCII only, with ``<``, ``>`` and ``&`` as ``\u003c`` and so on: nothing in it can end the element
    or open a comment.
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def data_uri(webp: bytes) -> str:
    """Write a WebP file as an address that holds it."""
    return "data:image/webp;base64," + base64.b64encode(webp).decode("ascii")
