"""What the networks of the studies share: each can go on training from its present weights."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from styleid.errors import InputError
from styleid.evaluate.seeds import child_seed
from styleid.rules.formulas import probabilities


class Learner(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that is trained, and trained further; each training has a seed of its own."""

    random_state: int
    classes_: NDArray[Any]

    def prepare(self, X: NDArray[Any], classes: ArrayLike) -> Self:
        """Draw the first weights, without training; of X only the shape counts, `classes` are all labels."""
        from styleid.heads.mlp_network import n_outputs  # torch: only where something is trained

        rows, labels = self._rows(X), np.unique(np.asarray(classes))
        if len(labels) < 2:
            raise InputError(
                f"expected at least 2 classes, found {len(labels)}; add pictures of another label"
            )
        self._draw(rows, n_outputs(len(labels)), child_seed(self.random_state, 0))
        self.classes_, self.n_trainings_ = labels, 0
        return self

    def fit(self, X: NDArray[Any], y: ArrayLike) -> Self:
        """Train from new weights."""
        return self.prepare(X, y).fit_further(X, y)

    def fit_further(self, X: NDArray[Any], y: ArrayLike) -> Self:
        """Go on training from the present weights, as in retraining from person to person.

        A label that is not among ``classes_`` raises InputError.
        """
        check_is_fitted(self, "classes_")
        rows, labels = self._rows(X), np.asarray(y)
        unknown = sorted({str(label) for label in np.setdiff1d(labels, self.classes_)})
        if unknown or len(labels) != len(rows):
            raise InputError(
                f"expected {len(rows)} labels that the network knows, found {len(labels)}, unknown: "
                f"{', '.join(unknown) or 'none'}; give all labels at the first training",
                unknown=tuple(unknown),
            )
        codes = np.searchsorted(self.classes_, labels).astype(np.int64)
        self._train(rows, codes, child_seed(self.random_state, 1, self.n_trainings_))
        self.n_trainings_ += 1
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return one score a label, in the order of ``classes_``; each row sums to 1."""
        check_is_fitted(self, "classes_")
        return probabilities(self._logits(self._rows(X)))

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the label with the highest score."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    def recipe(self) -> dict[str, Any]:
        """Return all parameters but the seed, which each training has for itself."""
        return {name: value for name, value in self.get_params().items() if name != "random_state"}

    def _rows(self, X: NDArray[Any]) -> NDArray[Any]:
        """Check what is learned from or scored."""
        raise NotImplementedError

    def _draw(self, rows: NDArray[Any], outputs: int, seed: int) -> None:
        raise NotImplementedError

    def _train(self, rows: NDArray[Any], codes: NDArray[np.int64], seed: int) -> None:
        raise NotImplementedError

    def _logits(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return what the last layer gives, (n, outputs), without dropout."""
        raise NotImplementedError
