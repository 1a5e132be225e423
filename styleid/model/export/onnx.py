"""Write a model as one graph of ONNX, kept only if onnxruntime computes with it what the model does."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from styleid.errors import BundleError, InputError
from styleid.files import StrPath, write_atomic
from styleid.model.contents import Bundle
from styleid.model.export.graph import FLOAT, UINT8, Graph, draw_network
from styleid.model.export.head import draw_distance, draw_scores
from styleid.model.export.recipe import describe, view_recipes
from styleid.model.predict import policy_of, views_of
from styleid.vectors.embed.prepare import Picture, Preparer
from styleid.vectors.pooling import MEAN, mean_of_views, pool_views
from styleid.vectors.store.space import Space, space_of

#: Most that a probability may differ, or a distance by its size; and a number of a vector, in which the
#: runtimes themselves differ by some 1e-5.
TOLERANCE, OF_VECTORS = 1e-5, 1e-4
#: The architecture that there is a graph of.
DRAWN = "resnet18"
#: Pictures that go through both at once.
_BATCH = 16

Outputs: TypeAlias = dict[str, NDArray[Any]]


def export_onnx(
    bundle: Bundle, path: Path, pictures: Sequence[Path] = (), weights: StrPath | None = None
) -> dict[str, Any]:
    """Write the graph and, beside it, what a program must know of it; return the latter.

    The graph is held against the model on its golden vectors, on pictures that are drawn for it, and on those
    given. Where they differ, or a part has no graph, it is a `BundleError`, and nothing is written.
    """
    space = Space(bundle.space)
    if len(space.parts) > 1:
        raise BundleError(
            f"expected a model of one space, found one of {len(space.parts)}, which has no graph; fit on one "
            "of them by --space",
            spaces=len(space.parts),
        )
    if space.precision != FP32:
        raise BundleError(
            f"expected a model on vectors of {FP32}, found one of {space.precision}: a graph computes in "
            "full precision; embed without --precision and fit again",
            precision=space.precision,
        )
    (views, pool), policy = views_of(bundle), policy_of(bundle)
    choice = choose_backbone(str(space.identity["backbone"]), Path(weights) if weights else None)
    bundle.require_space(space_of(choice, policy, space.descriptor).identity)
    backbone = choice.backbone
    if backbone.architecture != DRAWN:
        raise BundleError(
            f"expected a model on a network of {DRAWN}, found {backbone.architecture}, which has no graph "
            "here; embed with another --backbone and fit again",
            architecture=backbone.architecture,
        )
    view_recipes(views, backbone.preset)  # refuses before anything is computed
    tensors = load_weights(choice.weights.path, backbone)
    expected = _expected(bundle, bundle.golden_vectors) | {"scores": bundle.golden_scores}
    computed = _run(draw_model(bundle), {"rows": bundle.golden_vectors})
    apart = {"golden vectors": _widest({}, expected, computed, "the golden vectors")}
    graph = draw_model(bundle, (tensors, backbone.preset))
    runtime = open_runtime(backbone, tensors, [space.descriptor], RuntimeOptions())
    preparer = Preparer(backbone.preset, policy, lambda data: decode(data, policy))
    for name, asked in ("drawn pictures", _drawn()), ("pictures given", [*pictures]):
        n_usable = 0
        for start in range(0, len(asked), _BATCH):
            ready = [preparer(picture, views).pixels for picture in asked[start : start + _BATCH]]
            usable = [pixels for pixels in ready if pixels is not None]
            n_usable += len(usable)
            if usable:
                flat = np.concatenate(usable)  # (n * v, crop, crop, 3)
                vectors = runtime.vectors(flat)[space.descriptor].reshape(len(usable), len(views), -1)
                expected = _expected(bundle, pool_views(vectors, pool))
                apart[name] = _widest(apart.get(name, {}), expected, _run(graph, {"pixels": flat}), name)
        if asked and not n_usable:
            raise InputError(
                f"expected pictures to hold the graph against, found {len(asked)} that cannot be read"
            )
        if n_usable < len(asked):
            apart[name]["left out"] = len(asked) - n_usable
    about = describe(bundle, views, backbone.preset, {"tolerance": TOLERANCE, "farthest_apart": apart})
    write_atomic(path, graph)
    text = json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomic(path.with_name(f"{path.name}.json"), text)
    return about


def draw_model(bundle: Bundle, network: tuple[Tensors, Preset] | None = None) -> bytes:
    """Draw a model behind its network; without one alone: then rows go in as it scores them."""
    (names, pool), graph, dim = views_of(bundle), Graph(), bundle.vector_dim
    if network is None:
        given, rows = ("rows", FLOAT, ["pictures", bundle.dim]), "rows"
    else:
        tensors, preset = network
        first = "pictures" if len(names) == 1 else f"{len(names)} views a picture"
        given = ("pixels", UINT8, [first, preset.crop, preset.crop, 3])
        rows = draw_network(graph, "pixels", tensors, Space(bundle.space).descriptor, preset)
        rows = _pooled(graph, rows, len(names), dim) if pool == MEAN else _reshaped(graph, rows, bundle.dim)
    gives: dict[str, list[Any]] = {"scores": ["pictures", len(bundle.labels)], "vector": ["pictures", dim]}
    graph.name_as(graph.cast(draw_scores(graph, rows, bundle), FLOAT), "scores")
    vector = _pooled(graph, rows, bundle.n_views, dim)
    graph.name_as(vector, "vector")
    if bundle.trust.unknown is not None:
        gives["distance"] = ["pictures", 1]
        distance = draw_distance(graph, vector, bundle.trust.unknown.detector)
        graph.name_as(graph.cast(distance, FLOAT), "distance")
    about = {"labels": json.dumps(bundle.labels), "space": bundle.space_id}
    content: bytes = graph.model(given, gives, about).SerializeToString(deterministic=True)
    return content


def _pooled(graph: Graph, rows: str, n_views: int, dim: int) -> str:
    """Draw the mean of the views of each picture, (pictures, dim)."""
    if n_views == 1:
        return rows
    return graph.node("ReduceMean", _reshaped(graph, rows, n_views, dim), axes=[1], keepdims=0)


def _reshaped(graph: Graph, rows: str, *sides: int) -> str:
    return graph.node("Reshape", rows, graph.shape(-1, *sides))


def _run(graph: bytes, given: Outputs) -> Outputs:
    """Compute by onnxruntime."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def _expected(bundle: Bundle, rows: NDArray[np.float32]) -> Outputs:
    """Return what the model itself computes of rows of vectors."""
    vectors = mean_of_views(rows, bundle.n_views)
    expected: Outputs = {"scores": bundle.scores(rows), "vector": vectors}
    if bundle.trust.unknown is not None:
        expected["distance"] = bundle.trust.unknown.detector.distances(vectors)[:, None]
    return expected


def _widest(before: dict[str, float], expected: Outputs, computed: Outputs, name: str) -> dict[str, float]:
    """Return how far apart they are at most; beyond `TOLERANCE` the graph is refused."""
    apart = {}
    for output, values in expected.items():
        size = np.maximum(np.abs(values), 1.0)  # a probability has none above 1
        gap = float((np.abs(computed[output] - values) / size).max(initial=0.0))
        allowed = OF_VECTORS if output == "vector" else TOLERANCE
        if not gap <= allowed:
            raise BundleError(
                f"the graph and the model differ by {gap:.1g} in {output} on {name}, where {allowed:g} is "
                "allowed: nothing was written; the model itself judges as ever",
                output=output,
                gap=gap,
            )
        apart[output] = max(gap, before.get(output, 0.0))
    return apart


def _drawn() -> list[Picture]:
    """Draw eight pictures by a seed: flat fields, lines and noise, of several shapes."""
    chance = np.random.default_rng(0)
    drawn: list[Picture] = []
    for number in range(8):
        coarse = chance.integers(0, 256, (3 + 2 * number, 4 + number, 3), dtype=np.uint8)
        how = Image.Resampling.NEAREST if number % 2 else Image.Resampling.BICUBIC
        image = Image.fromarray(coarse).resize((240 + 40 * number, 420 - 20 * number), how)
        noise = chance.normal(0, 3 * number, (image.height, image.width, 3))
        drawn.append(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    return drawn
