"""What is done with vectors, drawn: the head, the map to probabilities, the distance to the known.

Each function draws what its namesake in `styleid.model.file.scorer` or `styleid.rules` computes, in double
precision.
"""

from __future__ import annotations

import numpy as np

from styleid.errors import BundleError
from styleid.heads.scores import POSITIVE
from styleid.model.contents import MULTICLASS, Bundle
from styleid.model.export.graph import DOUBLE, Value, join
from styleid.model.file.scorer import TEMPERATURES, Fitted
from styleid.rules.calibrator import SIGMOID, TEMPERATURE, Calibrator
from styleid.rules.formulas import NEAREST as NEAREST_DISTANCE
from styleid.rules.formulas import TINY
from styleid.rules.strangers import KIND, NEAREST, NEIGHBOUR, Detector


def draw_scores(rows: Value, bundle: Bundle) -> Value:
    """Draw the scores, (n, k), of a model that was read from its file: of what its heads take."""
    wanted = bundle.labels if bundle.kind == MULTICLASS else (POSITIVE,)
    scores = []
    for estimator in bundle.estimators:
        classes = [str(label) for label in estimator.classes_]
        scores.append(_head(rows.cast(DOUBLE), estimator.fitted).columns(map(classes.index, wanted)))
    return _calibrated(join(*scores), bundle.trust.calibrator)


def draw_distance(vectors: Value, detector: Detector) -> Value:
    """Draw how far (n, dim) vectors, one a picture, lie from everything known: (n, 1)."""
    unit, arrays = _unit(vectors.cast(DOUBLE)), detector.arrays
    if detector.kind == "knn":
        rows = arrays["rows"]
        nearest, _ = (unit @ rows.T).largest(min(NEIGHBOUR, len(rows)))
        squares = 2.0 - nearest.node("ReduceMin", axes=[1], keepdims=1) * 2.0
        return squares.node("Max", 0.0).node("Sqrt")
    whitening = unit.graph.exact(arrays["whitening"])
    means = arrays["means"].astype(np.float64) @ arrays["whitening"].astype(np.float64)
    white = unit @ whitening
    squares = (white * white).total() - white @ (2 * means.T) + (means**2).sum(axis=1)
    to_means: Value = squares.node("ReduceMin", axes=[1], keepdims=1).node("Max", 0.0).node("Sqrt")
    if detector.kind != KIND:
        return to_means
    cosines = _unit((unit - arrays["middle"]) @ whitening) @ arrays["rows"].T
    nearest, _ = cosines.largest(min(NEAREST, len(arrays["rows"])))
    to_nearest = -nearest.node("ReduceMean", axes=[1], keepdims=1)
    mean, deviation = arrays["scale"].astype(np.float64)
    parts: Value = (join(to_means, to_nearest) - mean) / deviation
    return parts.total()


def _head(X: Value, head: Fitted) -> Value:
    """Draw a head's own scores, (n, n_classes), in the order of its classes."""
    if head.kind == "Voting":
        scores = _head(X.rows_of(head.n_features_in_ // head.n_views), head.estimator_)
        views = scores.rows_of(head.n_views, len(head.classes_))
        return views.node("ReduceMean", axes=[1], keepdims=0)
    if head.kind == "KNNHead":
        return _vote(_unit(_scaled(head.scaler_, X)), head)
    if head.kind == "MLPHead":
        hidden = _scaled(head.scaler_, X) @ head.coefs_[0] + head.intercepts_[0]
        values = hidden.node("Relu") @ head.coefs_[1] + head.intercepts_[1]
    elif head.kind in ("LogRegHead", *TEMPERATURES):
        values = _decision_values(head.model_, X)
    else:
        raise BundleError(f"a {head.kind} has no graph; export a model of another head", head=head.kind)
    two = len(head.classes_) == 2
    if two:  # one value for two labels, (n, 1) -> (n, 2)
        values = join(-values, values)
    if head.kind not in TEMPERATURES:
        return values.node("Sigmoid") if two else _softmax(values)
    return _softmax(values / float(head.state.get("temperature_", TEMPERATURES[head.kind])))


def _decision_values(model: Fitted, X: Value) -> Value:
    """Draw decision values, (n, k), or (n, 1) for two labels."""
    if model.kind == "Pipeline":
        (_, scaler), (_, model) = model.steps
        X = _scaled(scaler, X)
    if model.kind == "NearestMean":
        return _one_of_two(_unit(X) @ model.means_.T - (model.means_**2).sum(axis=1) / 2, len(model.means_))
    if model.kind == "WhiteCosine":
        cosines = _unit(X @ model.whitening_) @ model.directions_.T
        return _one_of_two(cosines, len(model.directions_))
    if model.kind == "OneVsRestSVC":
        products = X @ model.vectors_.T
        squares = (X * X).total() + np.einsum("ij,ij->i", model.vectors_, model.vectors_) - products * 2.0
        X = products if model.kernel == "linear" else (squares.node("Max", 0.0) * -model.gamma).node("Exp")
    values: Value = X @ model.coef_.T + model.intercept_
    return values


def _one_of_two(values: Value, n_labels: int) -> Value:
    """Draw for two labels half of how much the second's value is larger, (n, 1)."""
    if n_labels != 2:
        return values
    half: Value = values @ np.array([[-0.5], [0.5]])
    return half


def _vote(unit: Value, head: Fitted) -> Value:
    """Draw `vote_shares`."""
    rows, codes = head.rows_, head.codes_
    k = int(min(head.n_neighbors, len(rows)))
    apart = (2.0 - unit @ rows.T * 2.0).node("Max", 0.0).node("Sqrt").node("Max", NEAREST_DISTANCE)
    closeness = apart.node("Reciprocal")
    _, nearest = (closeness * 1e9).node("Round").largest(k)  # of equals the first, as in numpy's stable sort
    weight = closeness.node("GatherElements", nearest, axis=1)
    if head.weights != "distance":
        weight = weight / weight
    weight = weight * float(k) / weight.total()
    code = unit.graph.constant(codes.astype(np.int64)).node("Gather", nearest, axis=0)
    shares, best = [], []
    for label in range(int(codes.max()) + 1):
        shares.append((weight * code.node("Equal", unit.graph.shape(label)).cast(DOUBLE)).total())
        of_label = closeness.columns(np.flatnonzero(codes == label))
        best.append(of_label.node("ReduceMax", axes=[1], keepdims=1))
    top = join(*best)
    votes: Value = join(*shares) + top / top.total()
    return votes / (k + 1.0)


def _calibrated(scores: Value, calibrator: Calibrator) -> Value:
    if calibrator.method == TEMPERATURE:
        return _softmax(scores.node("Max", TINY).node("Log") / calibrator.temperature)
    if calibrator.method != SIGMOID:
        return scores
    clipped = scores.node("Max", 1e-15).node("Min", 1 - 1e-15)
    odds = (clipped / (1.0 - clipped)).node("Log")
    lines: Value = odds * np.array(calibrator.slope) + np.array(calibrator.intercept)
    return lines.node("Sigmoid")


def _unit(X: Value) -> Value:
    lengths = (X * X).total().node("Sqrt")
    is_none = lengths.node("Less", 10 * np.finfo(np.float64).eps)
    return X / is_none.node("Where", 1.0, lengths)


def _scaled(scaler: Fitted | None, X: Value) -> Value:
    return X if scaler is None else (X - scaler.mean_) / scaler.scale_


def _softmax(values: Value) -> Value:
    return values.node("Softmax", axis=1)
