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
    trust: Trust | None = None,
) -> Bundle:
    """Put fitted heads together with what must be known to use them.

    `estimator` is one classifier, or for one-vs-rest a mapping label -> classifier. Evenly spaced rows of
    `X`, (n, dim) as the estimators take them, become the golden vectors. Raises `BundleError` if the parts
    do not fit.
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
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        trust=trust or Trust(),
    )
    return replace(bundle, golden_scores=bundle.scores(vectors))


def library_versions() -> dict[str, str]:
    """Return the versions of everything that a score depends on."""
    found = {"styleid": styleid.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
