"""Write a model as one graph of ONNX, kept only if onnxruntime computes with it what the model does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from styleid.backbones.base import Preset, Tensors
from styleid.backbones.choose import choose_backbone
from styleid.backbones.runtimes.base import FP32, RuntimeOptions, open_runtime
from styleid.backbones.weights_file import load_weights
from styleid.data.decode.images import decode
from styleid.errors import BundleError
from styleid.files import StrPath, write_atomic
from styleid.model.contents import Bundle
from styleid.model.export.graph import FLOAT, UINT8, Graph, Value, draw_network
from styleid.model.export.head import draw_distance, draw_scores
from styleid.model.export.recipe import describe, view_recipes
from styleid.model.predict import policy_of, views_of
from styleid.vectors.embed.prepare import Preparer
from styleid.vectors.pooling import MEAN, mean_of_views, pool_views
from styleid.vectors.store.space import Space, space_of

#: Most that a probability may differ, or a distance by its size; and a number of a vector, in which the
#: runtimes themselves differ by some 1e-5.
TOLERANCE, OF_VECTORS = 1e-5, 1e-4
#: The architecture that there is a graph of.
DRAWN = "resnet18"

Outputs: TypeAlias = dict[str, NDArray[Any]]


def export_onnx(bundle: Bundle, path: Path, weights: StrPath | None = None) -> None:
    """Write the graph and, beside it, what a program must know of it.

    The graph is held against the model on its golden vectors, and on pictures that are drawn for it. Where
    they differ, or a part has no graph, it is a `BundleError`, and nothing is written.
    """
    parts = Space(bundle.space).parts
    space, (views, pool), policy = parts[0], views_of(bundle), policy_of(bundle)
    choice = choose_backbone(str(space.identity["backbone"]), Path(weights) if weights else None)
    backbone, preset = choice.backbone, choice.backbone.preset
    found = f"{len(parts)} of {backbone.architecture} in {space.precision}"
    if found != (drawn := f"1 of {DRAWN} in {FP32}"):
        raise BundleError(
            f"expected a model of so many spaces of a network in a precision: {drawn}, found {found}, which "
            "has no graph; embed so, and fit again (--space names one space)",
            found=found,
        )
    bundle.require_space(space_of(choice, policy, space.descriptor).identity)
    recipes, tensors = view_recipes(views, preset), load_weights(choice.weights.path, backbone)
    graph = draw_model(bundle, (tensors, preset))
    preparer = Preparer(preset, policy, lambda data: decode(data, policy))
    ready = [preparer(picture, views).pixels for picture in _drawn()]
    pixels = np.concatenate([one for one in ready if one is not None])  # (n * v, crop, crop, 3)
    runtime = open_runtime(backbone, tensors, [space.descriptor], RuntimeOptions())
    vectors = runtime.vectors(pixels)[space.descriptor].reshape(-1, len(views), space.dim)
    golden = bundle.golden_vectors
    farthest_apart = {
        "golden vectors": _compare(
            bundle, golden, run(draw_model(bundle), {"rows": golden}), "golden vectors"
        ),
        "drawn pictures": _compare(
            bundle, pool_views(vectors, pool), run(graph, {"pixels": pixels}), "drawn pictures"
        ),
    }
    about = describe(bundle, recipes, preset.crop, farthest_apart)
    write_atomic(path, graph)
    text = json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomic(path.with_name(f"{path.name}.json"), text)


def draw_model(bundle: Bundle, network: tuple[Tensors, Preset] | None = None) -> bytes:
    """Draw a model behind its network; without one alone: then rows go in as it scores them."""
    (names, pool), graph, dim = views_of(bundle), Graph(), bundle.vector_dim
    if network is None:
        given, rows = ("rows", FLOAT, ["pictures", bundle.dim]), Value(graph, "rows")
    else:
        tensors, preset = network
        first = "pictures" if len(names) == 1 else f"{len(names)} views a picture"
        given = ("pixels", UINT8, [first, preset.crop, preset.crop, 3])
        rows = draw_network(Value(graph, "pixels"), tensors, Space(bundle.space).descriptor, preset)
        rows = _mean(rows, len(names), dim) if pool == MEAN else rows.rows_of(bundle.dim)
    vector = _mean(rows, bundle.n_views, dim)
    gives = {"scores": (draw_scores(rows, bundle), len(bundle.labels)), "vector": (vector, dim)}
    if bundle.trust.unknown is not None:
        gives["distance"] = (draw_distance(vector, bundle.trust.unknown.detector), 1)
    return graph.model(given, gives, {"labels": json.dumps(bundle.labels), "space": bundle.space_id})


def _mean(rows: Value, n_views: int, dim: int) -> Value:
    """Draw the mean of the views of each picture, (pictures, dim)."""
    return rows if n_views == 1 else rows.rows_of(n_views, dim).node("ReduceMean", axes=[1], keepdims=0)


def run(graph: bytes, given: Outputs) -> Outputs:
    """Compute by onnxruntime."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def _compare(bundle: Bundle, rows: NDArray[np.float32], computed: Outputs, name: str) -> dict[str, float]:
    """Return how far the graph's outputs lie from what the model computes of rows of vectors."""
    vectors = mean_of_views(rows, bundle.n_views)
    expected: Outputs = {"scores": bundle.scores(rows), "vector": vectors}
    if bundle.trust.unknown is not None:
        expected["distance"] = bundle.trust.unknown.detector.distances(vectors)[:, None]
    apart = {}
    for output, values in expected.items():
        size = np.maximum(np.abs(values), 1.0)  # a probability has none above 1
        apart[output] = float((np.abs(computed[output] - values) / size).max())
        allowed = OF_VECTORS if output == "vector" else TOLERANCE
        if not apart[output] <= allowed:
            raise BundleError(
                f"the graph and the model differ by {apart[output]:.1g} in {output} on {name}, where "
                f"{allowed:g} is allowed: nothing was written; the model itself judges as ever",
                output=output,
                gap=apart[output],
            )
    return apart


def _drawn() -> list[NDArray[np.uint8]]:
    """Draw eight pictures by a seed, of several shapes and more and more detail."""
    chance, drawn = np.random.default_rng(0), []
    for number in range(8):
        coarse = chance.integers(0, 256, (3 + 4 * number**2, 4 + 3 * number**2, 3), dtype=np.uint8)
        drawn.append(np.asarray(Image.fromarray(coarse).resize((240 + 40 * number, 420 - 20 * number))))
    return drawn
