"""Turn the decision values of a classifier into probabilities with one learned temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils import check_random_state

from styleid.heads.inner_folds import calibration_folds
from styleid.heads.rows import RowClassifier


class CalibratedHead(RowClassifier):
    """Base of heads whose classifier gives decision values: softmax(values / temperature).

    The temperature is fitted on out-of-fold values of the training rows (Guo et al. 2017, "On Calibration of
    Modern Neural Networks"), then the classifier on all rows. That costs ``calibration_folds`` more fits and
    never changes which label scores highest, so a search may leave it out. ``calibrated_`` is False with
    ``probability=False`` and where a class has too few groups for inner folds: scores then only rank.

    A subclass stores ``probability``, ``calibration_folds`` and ``random_state`` and gives, in `_classifier`,
    what is calibrated. ``model_`` knows the labels by their codes, 0 to n_classes - 1.
    """

    probability: bool
    calibration_folds: int  # wished number; fewer where groups are few
    random_state: Any
    #: Temperature where none is learned, so that scores are not all alike.
    _plain_temperature = 1.0

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        raise NotImplementedError

    def fit(self, X: Any, y: Any, groups: Any = None) -> CalibratedHead:
        """Fit the classifier and, with ``probability``, its temperature; inner folds keep groups whole."""
        X, codes, groups = self._training_rows(X, y, groups)
        seed = check_random_state(self.random_state).randint(2**31)
        folds = calibration_folds(codes, groups, self.calibration_folds, seed) if self.probability else []
        self.calibrated_ = bool(folds)
        if not folds:
            self.model_ = self._classifier(X).fit(X, codes)
            self.temperature_ = self._plain_temperature
            return self
        calibration = CalibratedClassifierCV(
            self._classifier(X), method="temperature", ensemble=False, cv=folds
        ).fit(X, codes)
        # Only the classifier and the number are kept: the whole would carry the folds along for ever.
        (fitted,) = calibration.calibrated_classifiers_
        self.model_ = fitted.estimator
        learned = 1.0 / float(fitted.calibrators[0].beta_)
        self.temperature_ = max(learned, self._lowest_temperature(X))
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return (n, n_classes), rows sum to 1: probabilities if ``calibrated_``, else scores that rank."""
        scores: NDArray[np.float64] = softmax(self._logits(self._rows(X)) / self.temperature_, axis=1)
        return scores

    def _logits(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.asarray(self.model_.decision_function(X), dtype=np.float64)
        if values.ndim == 1:  # two classes, (n,) -> (n, 2), as CalibratedClassifierCV does it
            return np.column_stack([-values, values])
        return values

    def _lowest_temperature(self, X: NDArray[np.float64]) -> float:
        """Return the temperature at which the median row beats its runner-up as (n + 1) to 1.

        Without a mistake in the inner folds the likelihood grows as the temperature falls to 0, and every
        later picture would be "100 %"; the rule of succession lets n such rows claim this much.
        """
        top = np.sort(self._logits(X), axis=1)
        return float(np.median(top[:, -1] - top[:, -2]) / np.log(len(X) + 1))
