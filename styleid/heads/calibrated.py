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

    The temperature is fitted on out-of-fold values of the training rows (Guo et al. 2017, "On
    Calibration of Modern Neural Networks"), then the classifier is fitted on all of them. A
    temperature never changes which label scores highest, so leaving the calibration out while
    searching leaves every prediction as it is.

    A subclass stores the parameters ``probability`` (bool), ``calibration_folds`` (int) and
    ``random_state`` and says in `_classifier` what is calibrated.

    Attributes
    ----------
    model_ : classifier
        Fitted on all rows, with the codes 0 to n_classes - 1 as labels.
    temperature_ : float
        What decision values are divided by.
    calibrated_ : bool
        Whether the temperature was learned. False with ``probability=False`` and where a class has
        too few groups for inner folds; the scores then only rank.
    """

    probability: bool
    calibration_folds: int
    random_state: Any
    #: Temperature where none is learned, so that scores are not all alike.
    _plain_temperature = 1.0

    def _classifier(self, X: NDArray[np.float64]) -> Any:
        raise NotImplementedError

    def fit(self, X: Any, y: Any, groups: Any = None) -> CalibratedHead:
        """Fit the classifier and, with ``probability``, its temperature.

        Parameters
        ----------
        X : array-like of shape (n, dim)
            Vectors.
        y : array-like of shape (n,)
            Labels, at least two different ones.
        groups : array-like of shape (n,), optional
            Rows of one group stay in one inner fold.

        Returns
        -------
        CalibratedHead

        Raises
        ------
        InputError
            If there is one class only, or groups are not one a row.
        """
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
        """Return one score a label, in the order of ``classes_``; each row sums to 1.

        Parameters
        ----------
        X : array-like of shape (n, dim)
            Vectors.

        Returns
        -------
        ndarray of shape (n, n_classes), float64
            Probabilities if ``calibrated_``, else values that rank alike.
        """
        scores: NDArray[np.float64] = softmax(self._logits(self._rows(X)) / self.temperature_, axis=1)
        return scores

    def _logits(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.asarray(self.model_.decision_function(X), dtype=np.float64)
        if values.ndim == 1:  # two classes, (n,) -> (n, 2), as CalibratedClassifierCV does it
            return np.column_stack([-values, values])
        return values

    def _lowest_temperature(self, X: NDArray[np.float64]) -> float:
        """Return the temperature at which the middle row beats its runner-up as (n + 1) to 1.

        Where the inner folds hold no mistake, the likelihood grows without end as the temperature
        falls, and every later picture would be "100 %". The rule of succession says what n rows
        without a mistake allow one to claim.
        """
        top = np.sort(self._logits(X), axis=1)
        return float(np.median(top[:, -1] - top[:, -2]) / np.log(len(X) + 1))
