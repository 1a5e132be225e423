"""What is done with vectors, as nodes: the head, the map to probabilities, the distance to the known.

Each function draws what its namesake in `styleid.model.file.scorer` or `styleid.rules` computes, in double
precision.
"""

from __future__ import annotations

import numpy as np

from styleid.errors import BundleError
from styleid.heads.scores import POSITIVE
from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.export.graph import DOUBLE, Graph
from styleid.model.file.scorer import TEMPERATURES, Fitted, Scorer
from styleid.rules.calibrator import SIGMOID, TEMPERATURE, Calibrator
from styleid.rules.formulas import NEAREST as NEAREST_DISTANCE
from styleid.rules.formulas import TINY
from styleid.rules.strangers import KIND, NEAREST, NEIGHBOUR, Detector


def draw_scores(graph: Graph, rows: str, bundle: Bundle) -> str:
    """Draw the model's scores, (n, k): of vectors (n, dim), where views vote side by side."""
    columns = []
    for estimator in bundle.estimators:
        if not isinstance(estimator, Scorer):
            raise BundleError("expected a model as it is read from its file; save it, and load_model it")
        scores = _head(graph, graph.cast(rows, DOUBLE), estimator.fitted)
        wanted = bundle.labels if bundle.kind == MULTICLASS else (POSITIVE,)
        classes = [str(label) for label in estimator.classes_]
        columns.append(graph.node("Gather", scores, graph.shape(*map(classes.index, wanted)), axis=1))
    return _calibrated(graph, graph.node("Concat", *columns, axis=1), bundle.trust.calibrator)


def draw_distance(graph: Graph, vectors: str, detector: Detector) -> str:
    """Draw how far (n, dim) vectors, one a picture, lie from everything known: (n, 1)."""
    unit = _unit(graph, graph.cast(vectors, DOUBLE))
    arrays = detector.arrays
    if detector.kind == "knn":
        rows = arrays["rows"]
        cosines = graph.node("MatMul", unit, graph.exact(rows.T))
        apart = graph.node("Sub", graph.exact(2.0), graph.node("Mul", graph.exact(2.0), cosines))
        nearest = graph.largest(graph.node("Neg", apart), min(NEIGHBOUR, len(rows)))[0]
        last = graph.node("ReduceMin", nearest, axes=[1], keepdims=1)
        return graph.node("Sqrt", graph.node("Max", graph.node("Neg", last), graph.exact(0.0)))
    whitening = graph.exact(arrays["whitening"])
    to_means = _to_means(graph, graph.node("MatMul", unit, whitening), detector)
    if detector.kind != KIND:
        return to_means
    white = graph.node("MatMul", graph.node("Sub", unit, graph.exact(arrays["middle"])), whitening)
    cosines = graph.node("MatMul", _unit(graph, white), graph.exact(arrays["rows"].T))
    nearest = graph.largest(cosines, min(NEAREST, len(arrays["rows"])))[0]
    to_nearest = graph.node("Neg", graph.node("ReduceMean", nearest, axes=[1], keepdims=1))
    mean, deviation = arrays["scale"].astype(np.float64)
    parts = graph.node("Concat", to_means, to_nearest, axis=1)
    return graph.total(graph.node("Div", graph.node("Sub", parts, graph.exact(mean)), graph.exact(deviation)))


def _head(graph: Graph, X: str, head: Fitted) -> str:
    """Draw a head's own scores, (n, n_classes), in the order of its classes."""
    if head.kind == "Voting":
        dim = head.n_features_in_ // head.n_views
        scores = _head(graph, graph.node("Reshape", X, graph.shape(-1, dim)), head.estimator_)
        views = graph.node("Reshape", scores, graph.shape(-1, head.n_views, len(head.classes_)))
        return graph.node("ReduceMean", views, axes=[1], keepdims=0)
    if head.kind == "KNNHead":
        return _votes(graph, _unit(graph, _scaled(graph, head.scaler_, X)), head)
    if head.kind == "MLPHead":
        hidden = _linear(graph, _scaled(graph, head.scaler_, X), head.coefs_[0], head.intercepts_[0])
        logits = _linear(graph, graph.node("Relu", hidden), head.coefs_[1], head.intercepts_[1])
        return _softmax(graph, logits) if head.coefs_[1].shape[1] > 1 else _two_sides(graph, logits)
    if head.kind not in ("LogRegHead", *TEMPERATURES):
        raise BundleError(f"a {head.kind} has no graph; export a model of another head", head=head.kind)
    values, n_values = _decision_values(graph, X, head.model_)
    if head.kind == "LogRegHead":
        return _softmax(graph, values) if n_values > 1 else _two_sides(graph, values)
    if n_values == 1:
        values = graph.node("Concat", graph.node("Neg", values), values, axis=1)
    temperature = float(head.state.get("temperature_", TEMPERATURES[head.kind]))
    return _softmax(graph, graph.node("Div", values, graph.exact(temperature)))


def _decision_values(graph: Graph, X: str, model: Fitted) -> tuple[str, int]:
    """Draw decision values, (n, k), or (n, 1) where there is one for two labels; and say how many."""
    if model.kind == "Pipeline":
        (_, scaler), (_, model) = model.steps
        X = _scaled(graph, scaler, X)
    if model.kind == "NearestMean":
        means = model.means_
        products = graph.node("MatMul", _unit(graph, X), graph.exact(means.T))
        return _one_of_two(
            graph, graph.node("Sub", products, graph.exact((means**2).sum(axis=1) / 2)), len(means)
        )
    if model.kind == "WhiteCosine":
        white = _unit(graph, graph.node("MatMul", X, graph.exact(model.whitening_)))
        cosines = graph.node("MatMul", white, graph.exact(model.directions_.T))
        return _one_of_two(graph, cosines, len(model.directions_))
    if model.kind == "OneVsRestSVC":
        products = graph.node("MatMul", X, graph.exact(model.vectors_.T))
        X = products if model.kernel == "linear" else _rbf(graph, X, products, model)
    elif model.kind not in ("ShrunkLDA", "LogisticRegression"):
        raise BundleError(f"a {model.kind} has no graph; export a model of another head", head=model.kind)
    return _linear(graph, X, model.coef_.T, model.intercept_), len(model.coef_)


def _rbf(graph: Graph, X: str, products: str, model: Fitted) -> str:
    squares = graph.total(graph.node("Mul", X, X))
    theirs = graph.exact(np.einsum("ij,ij->i", model.vectors_, model.vectors_)[None, :])
    apart = graph.node("Sub", graph.node("Add", squares, theirs), graph.node("Add", products, products))
    apart = graph.node("Max", apart, graph.exact(0.0))
    return graph.node("Exp", graph.node("Mul", apart, graph.exact(-float(model.gamma))))


def _votes(graph: Graph, unit: str, head: Fitted) -> str:
    """Draw `vote_shares`."""
    rows, codes = head.rows_, head.codes_
    k, n_classes = min(head.n_neighbors, len(rows)), int(codes.max()) + 1
    cosines = graph.node("MatMul", unit, graph.exact(rows.T))
    two, zero = graph.exact(2.0), graph.exact(0.0)
    apart = graph.node("Max", graph.node("Sub", two, graph.node("Mul", two, cosines)), zero)
    apart = graph.node("Max", graph.node("Sqrt", apart), graph.exact(NEAREST_DISTANCE))
    closeness = graph.node("Reciprocal", apart)
    billion = graph.exact(1e9)
    rounded = graph.node("Div", graph.node("Round", graph.node("Mul", closeness, billion)), billion)
    _, nearest = graph.largest(rounded, k)  # of equals the first, as in numpy's stable sort
    weight = graph.node("GatherElements", closeness, nearest, axis=1)
    if head.weights != "distance":
        weight = graph.node("Div", weight, weight)
    weight = graph.node("Div", graph.node("Mul", weight, graph.exact(float(k))), graph.total(weight))
    code = graph.node("Gather", graph.constant(codes.astype(np.int64)), nearest, axis=0)
    shares, best = [], []
    for label in range(n_classes):
        its = graph.cast(graph.node("Equal", code, graph.shape(label)), DOUBLE)
        shares.append(graph.total(graph.node("Mul", weight, its)))
        of_label = graph.node("Gather", closeness, graph.shape(*np.flatnonzero(codes == label)), axis=1)
        best.append(graph.node("ReduceMax", of_label, axes=[1], keepdims=1))
    share, top = graph.node("Concat", *shares, axis=1), graph.node("Concat", *best, axis=1)
    sums = graph.node("Add", share, graph.node("Div", top, graph.total(top)))
    return graph.node("Div", sums, graph.exact(float(k + 1)))


def _to_means(graph: Graph, white: str, detector: Detector) -> str:
    arrays = {name: array.astype(np.float64) for name, array in detector.arrays.items()}
    means = arrays["means"] @ arrays["whitening"]
    products = graph.node("MatMul", white, graph.exact(2 * means.T))
    squares = graph.node("Sub", graph.total(graph.node("Mul", white, white)), products)
    squares = graph.node("Add", squares, graph.exact((means**2).sum(axis=1)))
    nearest = graph.node("ReduceMin", squares, axes=[1], keepdims=1)
    return graph.node("Sqrt", graph.node("Max", nearest, graph.exact(0.0)))


def _calibrated(graph: Graph, scores: str, calibrator: Calibrator) -> str:
    if calibrator.method == TEMPERATURE:
        logs = graph.node("Log", graph.node("Max", scores, graph.exact(TINY)))
        return _softmax(graph, graph.node("Div", logs, graph.exact(calibrator.temperature)))
    if calibrator.method != SIGMOID:
        return scores
    clipped = graph.node("Min", graph.node("Max", scores, graph.exact(1e-15)), graph.exact(1 - 1e-15))
    odds = graph.node("Div", clipped, graph.node("Sub", graph.exact(1.0), clipped))
    lines = graph.node("Mul", graph.node("Log", odds), graph.exact(np.array(calibrator.slope)))
    return graph.node("Sigmoid", graph.node("Add", lines, graph.exact(np.array(calibrator.intercept))))


def _unit(graph: Graph, X: str) -> str:
    lengths = graph.node("Sqrt", graph.total(graph.node("Mul", X, X)))
    none = graph.node("Less", lengths, graph.exact(10 * np.finfo(np.float64).eps))
    return graph.node("Div", X, graph.node("Where", none, graph.exact(1.0), lengths))


def _scaled(graph: Graph, scaler: Fitted | None, X: str) -> str:
    if scaler is None:
        return X
    return graph.node("Div", graph.node("Sub", X, graph.exact(scaler.mean_)), graph.exact(scaler.scale_))


def _linear(graph: Graph, X: str, coef: np.ndarray, intercept: np.ndarray) -> str:
    return graph.node("Add", graph.node("MatMul", X, graph.exact(coef)), graph.exact(intercept))


def _softmax(graph: Graph, values: str) -> str:
    return graph.node("Softmax", values, axis=1)


def _two_sides(graph: Graph, value: str) -> str:
    """Draw the probabilities of both labels, (n, 2), of one logit (n, 1) for the second."""
    both = graph.node("Concat", graph.node("Neg", value), value, axis=1)
    return graph.node("Sigmoid", both)


def _one_of_two(graph: Graph, values: str, n_labels: int) -> tuple[str, int]:
    """Draw for two labels half of how much the second's value is larger, (n, 1)."""
    if n_labels != 2:
        return values, n_labels
    half = graph.exact(np.array([[-0.5], [0.5]]))
    return graph.node("MatMul", values, half), 1
