"""What a head is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from styleid.errors import InputError
from styleid.given import check_seed
from styleid.registry import load

#: Adding a head is one file and one line here.
REGISTRY = {
    "lda": "styleid.heads.lda:HEAD",
    "cosine": "styleid.heads.cosine:HEAD",
    "logreg": "styleid.heads.logreg:HEAD",
    "svm": "styleid.heads.svm:HEAD",
    "mlp": "styleid.heads.mlp:HEAD",
    "knn": "styleid.heads.knn:HEAD",
    "centroid": "styleid.heads.centroid:HEAD",
}


@dataclass(frozen=True)
class Head:
    """A classifier on vectors: how to build it and what to search.

    `grid` is as `sklearn.model_selection.ParameterGrid` takes it: several mappings where some parameters
    matter only beside some values of others. The first mapping, and the first value of each parameter, is the
    more regular one and wins ties. Of heads that cannot be told apart the one of least `complexity` is
    recommended.
    """

    name: str
    summary: str  # one line for ``styleid heads``
    build: Callable[[int], Any]  # seed -> unfitted scikit-learn classifier with predict_proba
    grid: Mapping[str, Sequence[object]] | Sequence[Mapping[str, Sequence[object]]]
    takes_groups: bool = False  # ``fit(groups=)`` keeps them together in parts that it splits off by itself
    takes_validation: bool = False  # ``fit(validation=(X, y))`` replaces a part that it splits off by itself
    remembers: bool = False  # scores of its own training rows say nothing of new ones: it finds them again
    complexity: int = 100  # place among the heads, the simplest first; not seconds, which vary by run
    by_label: Head | None = None  # of a one-vs-rest head: what is fitted for each label; params map labels


def get_head(name: str) -> Head:
    """Import and return the head called `name`; the `InputError` for another name lists them."""
    return load(REGISTRY, name, Head)


def make_head(name: str, seed: int = 0, **params: object) -> Any:
    """Build an unfitted classifier with its default or the given parameters.

    Its scores rank and sum to 1; what turns them into probabilities is learned by `fit`, from pictures that
    the classifier had not seen, and never by the classifier itself.

    Parameters
    ----------
    name : str
        Name of a head, as listed by ``styleid heads``.
    seed : int
        Seed of everything random in it.
    **params : object
        Parameters to set, as for ``set_params``.

    Returns
    -------
    sklearn.base.ClassifierMixin
        With ``fit``, ``predict``, ``predict_proba`` and ``classes_``.

    Raises
    ------
    InputError
        If there is no such head, or no such parameter; the message lists those there are.

    Examples
    --------
    >>> head = make_head("svm", C=1.0, kernel="rbf").fit(X, y)
    >>> head.predict_proba(X).shape  # (n, k), columns in the order of head.classes_
    """
    check_seed(seed)
    head = get_head(name).build(seed)
    if unknown := sorted(params.keys() - head.get_params().keys()):
        known = ", ".join(head.get_params())
        raise InputError(
            f"{name} has no parameter {unknown[0]!r}; choose from: {known}", unknown=tuple(unknown)
        )
    return head.set_params(**params)
