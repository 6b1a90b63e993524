"""How a search of scikit-learn gets estimators that are trained already."""

from collections import deque
from collections.abc import Iterable
from typing import Self

from sklearn.base import BaseEstimator, clone


class Handover:
    """Hands trained estimators to a search that would train clones of its own.

    A search clones its estimator once for itself, and then for each candidate and fold in order;
    it sets the candidate's parameters, then fits and scores the clone. The clones of ``stand_in``
    are what ``give`` was given, as long as that lasts, and plain ones afterwards.

    Parameters
    ----------
    estimator : estimator
    """

    def __init__(self, estimator: BaseEstimator) -> None:
        self._estimator = estimator
        self.stand_in = clone(estimator)
        vars(self.stand_in)["__sklearn_clone__"] = self._next
        self._waiting = deque([self.stand_in])  # for the search itself

    def give(self, trained: Iterable[BaseEstimator]) -> None:
        """Let the next clones be these, whose ``fit`` has nothing left to do."""
        self._waiting.extend(trained)

    def _next(self) -> BaseEstimator:
        return self._waiting.popleft() if self._waiting else clone(self._estimator)


class Failed(BaseEstimator):
    """Fails in ``fit`` as an earlier fit did, for the search to deal with."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def set_params(self, **parameters: object) -> Self:
        """Ignore the parameters of the candidate."""
        return self

    def fit(self, X: object, y: object = None, **fit_params: object) -> Self:
        """Raise the error."""
        raise self.error
