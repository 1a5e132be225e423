"""What stands beside a graph: how its output is read, how pictures are cut, and a program that does both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from styleid.backbones.base import Preset
from styleid.data.views.names import CENTER, FIT, SQUARE, window_of
from styleid.errors import BundleError
from styleid.model.contents import ONE_VS_REST, Bundle
from styleid.model.verdict import GUESSING

FORMAT_VERSION = 1
#: Rates for which the threshold of a label set is written down.
_COVERAGES = (0.8, 0.9, 0.95, 0.99)

#: Judges pictures by the graph with nothing but numpy, Pillow and onnxruntime.
_PROGRAM = """\
import json, sys
import numpy as np, onnxruntime
from PIL import Image, ImageOps

with open(sys.argv[1] + ".json", encoding="utf-8") as file:
    about = json.load(file)
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])

def rgb(path):
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode[0] in "IF":
        raise SystemExit(path + ": more than 8 bits a channel; styleid itself reads it")
    if "transparency" in image.info or image.mode[-1] in "Aa":
        rgba, image = image.convert("RGBA"), Image.new("RGB", image.size, "white")
        image.paste(rgba, mask=rgba)
    return image.convert("RGB")

def cut(image, short=None, aside=1, row=0, column=0, crop=about["crop"]):
    w, h = image.size
    if short is None:
        W, H = (max(1, round(crop * side / max(w, h))) for side in (w, h))
        square = Image.new("RGB", (crop, crop), "white")
        square.paste(image.resize((W, H), Image.Resampling.BILINEAR), ((crop - W) // 2, (crop - H) // 2))
        return np.asarray(square)
    W, H = (short, int(short * h / w)) if w <= h else (int(short * w / h), short)
    at = lambda side, i: round((side - crop) / 2 if aside == 1 else i * (side - crop) / (aside - 1))
    x, y, sx, sy = at(W, column), at(H, row), w / W, h / H
    if W * H <= (aside * crop) ** 2:
        return np.asarray(image.resize((W, H), Image.Resampling.BILINEAR))[y : y + crop, x : x + crop]
    box = x * sx, y * sy, min((x + crop) * sx, w), min((y + crop) * sy, h)
    return np.asarray(image.resize((crop, crop), Image.Resampling.BILINEAR, box=box))

for path in sys.argv[2:]:
    image = rgb(path)
    pixels = np.stack([cut(image, **view) for view in about["views"]])
    scores, vector, *distance = session.run(None, {"pixels": pixels})
    is_unknown = distance and distance[0] > about["unknown_beyond"]
    verdict = "unknown" if is_unknown else about["labels"][scores[0].argmax()]
    print(path, verdict, scores[0].tolist(), sep="\\t")
"""


def view_recipes(views: Sequence[str], preset: Preset) -> list[dict[str, int]]:
    """Return how each view is cut; an empty recipe is the whole picture on white."""
    recipes = []
    for view in views:
        if (window := window_of(view)) is not None:
            row, column = divmod(window.number, window.aside)
            recipes.append({"short": window.side, "aside": window.aside, "row": row, "column": column})
        elif view in (SQUARE, CENTER):
            recipes.append({"short": preset.crop if view == SQUARE else preset.resize})
        elif view == FIT:
            recipes.append({})
        else:
            raise BundleError(
                f"expected views that are cut from a picture, found {view}, which is changed at random: no "
                "other program can make it; fit on other views",
                view=view,
            )
    return recipes


def describe(
    bundle: Bundle, recipes: Sequence[Mapping[str, int]], crop: int, farthest_apart: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a program must know of the graph, as documented in ``docs/formats.md``."""
    unknown, sets = bundle.trust.unknown, bundle.trust.sets
    beyond = {} if sets is None else {level: sets.rule(level)[0].threshold for level in _COVERAGES}
    return {
        "format_version": FORMAT_VERSION,
        "labels": list(bundle.labels),
        "one_vs_rest": bundle.kind == ONE_VS_REST,
        "calibrated": bundle.calibrated,
        "guessing": bool(bundle.options.get(GUESSING)),
        "crop": crop,
        "views": recipes,
        "unknown_beyond": None if unknown is None else unknown.threshold,
        "label_sets": {f"{level:g}": 1 - value for level, value in beyond.items() if np.isfinite(value)},
        "farthest_apart": farthest_apart,
        "python": _PROGRAM.splitlines(),
    }
