"""What a head is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from styleid.errors import InputError

#: name -> module that defines ``HEAD``; adding a head is one file and one line here.
REGISTRY = {
    "lda": "styleid.heads.lda",
    "logreg": "styleid.heads.logreg",
    "svm": "styleid.heads.svm",
    "mlp": "styleid.heads.mlp",
    "knn": "styleid.heads.knn",
    "centroid": "styleid.heads.centroid",
}


@dataclass(frozen=True)
class Head:
    """A classifier on vectors: how to build it and what to search.

    Attributes
    ----------
    name : str
        Its name in the registry and on the command line.
    summary : str
        One line for ``styleid heads``.
    build : callable
        ``build(seed) -> unfitted scikit-learn classifier`` with ``predict_proba``.
    grid : mapping of str to sequence, or sequence of such mappings
        Values to search, as `sklearn.model_selection.ParameterGrid` takes them: several
        mappings where some parameters matter only beside some values of others. The first
        value of each is the more regular one, which wins ties; so does the first mapping.
    takes_groups : bool
        ``fit`` accepts ``groups=``, which it keeps together in parts it splits off by itself.
    takes_validation : bool
        ``fit`` accepts ``validation=(X, y)``, used instead of a part it splits off by itself.
    search_params : mapping of str to object
        Parameters set while searching only, to leave out work whose result is not looked at.
    complexity : int
        Place among the heads, the simplest first: of heads that cannot be told apart the simplest is
        recommended. Not seconds, which differ from one run to the next.
    plain_params : mapping of str to object
        Parameters that leave out the calibration a head does by itself; its scores are then plain, and
        `styleid.evaluate.calibrate` learns the whole map. Empty for a head without its own.
    """

    name: str
    summary: str
    build: Callable[[int], Any]
    grid: Mapping[str, Sequence[object]] | Sequence[Mapping[str, Sequence[object]]]
    takes_groups: bool = False
    takes_validation: bool = False
    search_params: Mapping[str, object] = field(default_factory=dict)
    complexity: int = 100
    plain_params: Mapping[str, object] = field(default_factory=dict)


def get_head(name: str) -> Head:
    """Return the head registered as `name`, importing its module.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.

    Returns
    -------
    Head

    Raises
    ------
    InputError
        If there is no such head; the message lists those there are.
    """
    if name not in REGISTRY:
        raise InputError(
            f"there is no head called {name!r}; choose one of: {', '.join(REGISTRY)}",
            name=name,
            available=tuple(REGISTRY),
        )
    head = import_module(REGISTRY[name]).HEAD
    assert isinstance(head, Head)
    return head


def make_head(name: str, seed: int = 0, **params: object) -> Any:
    """Build an unfitted classifier with its default or the given parameters.

    Parameters
    ----------
    name : str
        A key of `REGISTRY`.
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
        If there is no such head.
    """
    return get_head(name).build(seed).set_params(**params)


def plain_head(head: Head) -> Head:
    """Return the head without the calibration it does by itself, to be calibrated from outside.

    Parameters
    ----------
    head : Head
        Any head.

    Returns
    -------
    Head
        The same one if it has no calibration of its own; else one of the same name that predicts the same
        labels, with scores that only rank.
    """
    if not head.plain_params:
        return head

    def build(seed: int) -> Any:
        return head.build(seed).set_params(**head.plain_params)

    return replace(head, build=build, plain_params={})
