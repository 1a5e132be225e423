"""Put fitted heads together into a bundle."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

import styleid
from styleid.errors import BundleError
from styleid.model.contents import MULTICLASS, N_GOLDEN, ONE_VS_REST, Bundle, names
from styleid.model.trust import Trust

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops", "safetensors", "torch")


def make_bundle(
    head: str,
    labels: Sequence[str],
    estimator: Any,
    space: Mapping[str, Any],
    X: NDArray[np.float32],
    options: Mapping[str, Any],
    created: str | None = None,
    trust: Trust | None = None,
) -> Bundle:
    """Put fitted heads together with what must be known to use them.

    Parameters
    ----------
    head : str
        Name of the head in the registry.
    labels : sequence of str
        The labels, in the order of the scores.
    estimator : classifier or mapping of str to classifier
        One fitted classifier; or, for one-vs-rest, one a label.
    space : mapping
        Identity of the vector space.
    X : NDArray of float32
        (n, dim) rows as the estimators take them, evenly spaced ones of which become the golden vectors.
    options : mapping
        Plain values: views, pooling and options of the fit.
    created : str, optional
        When, in UTC, ISO 8601; now by default.
    trust : Trust, optional
        What is known of the scores; by default nothing, and they are plain.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        If labels, estimators and vectors do not fit together.
    """
    several = isinstance(estimator, Mapping)
    if several and set(estimator) != set(labels):
        raise BundleError(
            f"expected one estimator for each of {names(labels)}, found them for {names(estimator)}"
        )
    vectors = X[np.unique(np.linspace(0, len(X) - 1, N_GOLDEN).astype(int))].astype(np.float32)
    bundle = Bundle(
        kind=ONE_VS_REST if several else MULTICLASS,
        head=head,
        labels=tuple(labels),
        estimators=tuple(estimator[label] for label in labels) if several else (estimator,),
        space=dict(space),
        golden_vectors=vectors,
        golden_scores=np.zeros((len(vectors), len(labels))),
        options=dict(options),
        versions=library_versions(),
        created=created or datetime.now(UTC).isoformat(timespec="seconds"),
        trust=trust or Trust(),
    )
    return replace(bundle, golden_scores=bundle.scores(vectors))


def library_versions() -> dict[str, str]:
    """Return the versions of what a score depends on.

    Returns
    -------
    dict of str to str
    """
    found = {"styleid": styleid.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
