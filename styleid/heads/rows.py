"""What heads have in common: what they do with rows, and with decision values."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from styleid.errors import InputError
from styleid.rules.formulas import softmax


class RowClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the heads: checks rows, predicts the label with the highest score.

    Rows are cast to float64: vectors are stored as float32, and `StandardScaler` and `LogisticRegression`
    would go on computing in that. To fit on one class only is an `InputError`.
    """

    classes_: NDArray[Any]  # the labels, sorted; columns of the scores

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label with the highest score, of the type labels were given in; the first of equals."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return one score a label, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        raise NotImplementedError

    def _training_rows(
        self, X: Any, y: Any, groups: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[Any] | None]:
        """Check what is fitted on, set ``classes_`` and return X, label codes and groups."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        with warnings.catch_warnings():
            # Labels are names: many of few pictures are no sign of a number to be predicted.
            warnings.filterwarnings(
                "ignore", message="The number of unique classes is greater", category=UserWarning
            )
            check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError(
                f"a head tells at least two classes apart; all {len(y)} rows are of one class, "
                f"{self.classes_[0]!r}: give rows of another label too",
                labels=tuple(self.classes_),
            )
        if groups is not None:
            groups = np.asarray(groups)
            if groups.shape != (len(y),):
                raise InputError(
                    f"groups must be one a row: there are {len(y)} rows and groups of shape {groups.shape}",
                    rows=len(y),
                    groups=groups.shape,
                )
        return X, codes.astype(np.int64), groups

    def _rows(self, X: Any) -> NDArray[np.float64]:
        """Check rows to be scored against those fitted on; return them as float64."""
        check_is_fitted(self)
        rows: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, reset=False)
        return rows


class Around(RowClassifier):
    """Base of heads around a head, `estimator`."""

    estimator: Any

    def set_params(self, **params: Any) -> Self:
        """Set parameters; what is not its own is the estimator's, so that its grid serves as it is."""
        known = self.get_params(deep=True)
        super().set_params(**{name: value for name, value in params.items() if name in known})
        if theirs := {name: value for name, value in params.items() if name not in known}:
            self.estimator.set_params(**theirs)
        return self


class DecisionClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Base of classifiers that give decision values: predicts the label of the highest."""

    classes_: NDArray[Any]  # the labels, sorted; columns of the values

    def decision_function(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value a label, (n, n_classes), or for two labels (n,), above 0 for the second."""
        raise NotImplementedError

    def predict(self, X: NDArray[np.float64]) -> NDArray[Any]:
        """Return the label of the highest decision value."""
        values = self.decision_function(X)
        best = (values > 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels


class DecisionHead(RowClassifier):
    """Base of heads that score by softmax(decision values / temperature), which ranks and is no probability.

    A subclass gives the classifier, which knows the labels by their codes, 0 to n_classes - 1.
    """

    # A constant of the class, yet named as something learned: a head saved in a model by a former version
    # brings a temperature of its own under this name, and scores by that.
    temperature_ = 1.0

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        raise NotImplementedError

    def fit(self, X: Any, y: Any) -> DecisionHead:
        """Fit the classifier, ``model_``."""
        X, codes, _ = self._training_rows(X, y)
        self.model_ = self._classifier(X).fit(X, codes)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return scores that rank, (n, n_classes), in the order of ``classes_``; rows sum to 1."""
        rows = self._rows(X)
        values = np.asarray(self.model_.decision_function(rows), dtype=np.float64)
        if values.ndim == 1:  # two classes, (n,) -> (n, 2)
            values = np.column_stack([-values, values])
        scores: NDArray[np.float64] = softmax(values / self.temperature_)
        return scores
