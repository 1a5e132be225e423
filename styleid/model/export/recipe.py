"""What stands beside a graph: what goes in, what comes out, and twenty lines of Python that use it."""

from __future__ import annotations

from collections.abc import Sequence
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

_READING = """\
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
        rgba = np.asarray(image.convert("RGBA"), dtype=np.int64)
        white = (rgba[..., :3] * rgba[..., 3:] + 255 * (255 - rgba[..., 3:]) + 127) // 255
        image = Image.fromarray(white.astype(np.uint8))
    return image.convert("RGB")
"""
_MIDDLE = """
def window(image, short, crop=about["crop"]):
    w, h = image.size
    W, H = (short, int(short * h / w)) if w <= h else (int(short * w / h), short)
    x, y, sx, sy = round((W - crop) / 2), round((H - crop) / 2), w / W, h / H
    box = x * sx, y * sy, min((x + crop) * sx, w), min((y + crop) * sy, h)
    return np.asarray(image.resize((crop, crop), Image.Resampling.BILINEAR, box=box))
"""
_WINDOW = """
def window(image, short, aside=1, row=0, column=0, crop=about["crop"]):
    w, h = image.size
    W, H = (short, int(short * h / w)) if w <= h else (int(short * w / h), short)
    at = lambda side, i: round((side - crop) / 2 if aside == 1 else i * (side - crop) / (aside - 1))
    x, y, sx, sy = at(W, column), at(H, row), w / W, h / H
    if W * H <= (aside * crop) ** 2:
        return np.asarray(image.resize((W, H), Image.Resampling.BILINEAR))[y : y + crop, x : x + crop]
    box = x * sx, y * sy, min((x + crop) * sx, w), min((y + crop) * sy, h)
    return np.asarray(image.resize((crop, crop), Image.Resampling.BILINEAR, box=box))
"""
_WHOLE = """
def whole(image, crop=about["crop"]):
    w, h = (max(1, round(crop * side / max(image.size))) for side in image.size)
    square, x, y = np.full((crop, crop, 3), 255, dtype=np.uint8), (crop - w) // 2, (crop - h) // 2
    square[y : y + h, x : x + w] = np.asarray(image.resize((w, h), Image.Resampling.BILINEAR))
    return square
"""
_UNKNOWN = '"unknown" if distance[0, 0] > about["unknown_beyond"] else label'
_JUDGING = """
for path in sys.argv[2:]:
    image = rgb(path)
    pixels = np.stack([window(image, **view) if view else whole(image) for view in about["views"]])
    scores, distance = session.run(["scores", "distance"], {"pixels": pixels})
    label = about["labels"][scores[0].argmax()]
    verdict = "unknown" if distance[0, 0] > about["unknown_beyond"] else label
    print(path, verdict, scores[0].tolist(), sep="\\t")
"""


def view_recipes(views: Sequence[str], preset: Preset) -> list[dict[str, int]]:
    """Return how each view is cut; an empty recipe is the whole picture on white.

    A view that is changed at random has none, and is a `BundleError`.
    """
    recipes = []
    for view in views:
        if (window := window_of(view)) is not None:
            row, column = divmod(window.number, window.aside)
            recipes.append({"short": window.side, "aside": window.aside, "row": row, "column": column})
        elif view in (SQUARE, CENTER):
            short = preset.crop if view == SQUARE else preset.resize
            recipes.append({"short": short})
        elif view == FIT:
            recipes.append({})
        else:
            raise BundleError(
                f"expected views that are cut from a picture, found {view}, which is changed at random: no "
                "other program can make it; fit on other views",
                view=view,
            )
    return recipes


def describe(bundle: Bundle, views: Sequence[str], preset: Preset, checked: dict[str, Any]) -> dict[str, Any]:
    """Return what a program must know of the graph, as documented in ``docs/formats.md``."""
    recipes, unknown = view_recipes(views, preset), bundle.trust.unknown
    farthest = None if unknown is None else unknown.measured.get("farthest")
    sets = bundle.trust.sets
    return {
        "format_version": FORMAT_VERSION,
        "labels": list(bundle.labels),
        "one_vs_rest": bundle.kind == ONE_VS_REST,
        "calibrated": bundle.calibrated,
        "guessing": bool(bundle.options.get(GUESSING)),
        "target": bundle.options.get("target"),
        "input": f"pixels: uint8, ({len(recipes)} a picture, {preset.crop}, {preset.crop}, 3); red, green, "
        "blue",
        "outputs": {
            "scores": "float32, (pictures, labels)",
            "vector": "float32, (pictures, dim): the mean over a picture's views",
            **({} if unknown is None else {"distance": "float32, (pictures, 1): to all that is known"}),
        },
        "crop": preset.crop,
        "views": recipes,
        "unknown_beyond": None if unknown is None else unknown.threshold,
        "false_alarm": None if unknown is None else unknown.false_alarm,
        "another_kind_beyond": None
        if unknown is None or farthest is None
        else max(farthest, unknown.threshold),
        "label_sets": {
            f"{level:g}": 1 - threshold
            for level in (() if sets is None else _COVERAGES)
            if np.isfinite(threshold := sets.rule(level)[0].threshold)  # type: ignore[union-attr]
        },
        "made_from": {"space": bundle.space_id, "head": bundle.head, "created": bundle.created},
        "checked": checked,
        "python": program(recipes, unknown is not None).splitlines(),
    }


def program(recipes: Sequence[dict[str, int]], tells_unknown: bool) -> str:
    """Return a program that judges pictures by the graph, with nothing but numpy, Pillow and onnxruntime."""
    judging = _JUDGING
    if all(recipes):
        judging = judging.replace(" if view else whole(image)", "")
    elif not any(recipes):
        judging = judging.replace("window(image, **view) if view else ", "")
    if not tells_unknown:
        judging = judging.replace("scores, distance = ", "(scores,) = ").replace(', "distance"', "")
        judging = judging.replace(_UNKNOWN, "label")
    cuts = [_WINDOW if any("aside" in recipe for recipe in recipes) else _MIDDLE] if any(recipes) else []
    return "".join([_READING, *cuts, *([] if all(recipes) else [_WHOLE]), judging])
