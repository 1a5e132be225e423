"""What the networks of the studies share: outputs, seeds of trainings, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from styleid.studies.learner import Learner


class Recorder(Learner):
    """A network that writes down what it is asked for, and gives every row to its last class."""

    def __init__(self, size: int = 3, random_state: int = 0) -> None:
        self.size = size
        self.random_state = random_state

    def _rows(self, X: Any) -> np.ndarray:
        return np.asarray(X)

    def _draw(self, rows: np.ndarray, outputs: int, seed: int) -> None:
        self.outputs_, self.seeds_, self.codes_ = outputs, [seed], []

    def _train(self, rows: np.ndarray, codes: np.ndarray, seed: int) -> None:
        self.seeds_.append(seed)
        self.codes_.append(codes.tolist())

    def _logits(self, rows: np.ndarray) -> np.ndarray:
        return np.tile(np.arange(self.outputs_) + 5.0, (len(rows), 1))


X = np.zeros((4, 2))


def test_weights_and_each_training_have_seeds_of_their_own() -> None:
    one, again, other = (Recorder(random_state=seed).fit(X, list("abab")) for seed in (1, 1, 2))
    for network in (one, again, other):
        network.fit_further(X, list("aabb")).fit_further(X, list("bbbb"))
    assert len({*one.seeds_, *other.seeds_}) == 8
    assert one.seeds_ == again.seeds_
    assert one.n_trainings_ == 3
    assert one.codes_ == [[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]]
    # From new weights it is the first training again.
    assert one.fit(X, list("abab")).seeds_ == Recorder(random_state=1).fit(X, list("abab")).seeds_


@pytest.mark.parametrize(("labels", "outputs"), [("ba", 1), ("cab", 3), ("dcba", 4)])
def test_two_classes_have_one_output_and_more_have_one_each(labels: str, outputs: int) -> None:
    network = Recorder().prepare(X, list(labels))
    assert network.outputs_ == outputs
    assert network.classes_.tolist() == sorted(labels)
    assert network.predict_proba(X).shape == (4, len(labels))
    assert network.predict(X).tolist() == [max(labels)] * 4


def test_nothing_goes_on_or_predicts_before_there_are_weights() -> None:
    for call in (lambda: Recorder().fit_further(X, list("abab")), lambda: Recorder().predict(X)):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call()
    assert Recorder(size=7).recipe() == {"size": 7}
