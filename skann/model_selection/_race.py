"""A race between the candidates of a stage: who is clearly behind stops training early.

Rungs and margin were chosen on recorded curves: 3 learning rates x 3 rates of dropout, 3 folds,
two seeds each on the telco, bank, HR and telecom tables and on one of loans. In two stages such a
race takes 9 to 23% of the full grid's epochs, and its best AUC is the grid's but for .0001 (bank),
.0005 (HR) and .0008 (loans). Without the head start (see ``goes_on``) it takes 8 to 21% and is
.0003, .0001, .0016 and .0008 behind; with a head start of a third of the epochs it takes 23 to 36%
and is .0005 behind on HR alone. A first rung at 8 takes a tenth more epochs, for the same AUC.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed

from skann._checkpoints import without_checkpoints
from skann._churn_ann._classifier import ChurnANNClassifier
from skann._churn_ann._fit_in_parts import FitInParts
from skann._sklearn_callbacks import Task
from skann._sklearn_private import _check_method_params, _safe_indexing
from skann._typing import Labels, Table
from skann.model_selection._handover import Failed, Handover

FIRST_RUNG = 4
HEAD_START = 1 / 8

# What leaves the validation rows, their weights and the meaning of their loss as they are. The
# penalty of `l2` is left out of the comparison.
_COMPARABLE = {
    *("hidden_layer_sizes", "activation", "dropout", "l2", "n_heads"),
    *("numeric_encoding", "categorical_encoding", "preprocessor"),
    *("optimizer", "learning_rate", "batch_size", "epochs", "patience", "reduce_lr"),
    *("correct_prior", "metrics"),
}

Curves = Sequence[Sequence[float]]  # the losses of a candidate, a sequence for each fold


def goes_on(contestants: Sequence[Curves], epoch: int) -> list[bool]:
    """Tell which contestants are not clearly behind after ``epoch`` epochs.

    Each has its best loss so far in each fold; the leader has the lowest mean. A contestant is
    clearly behind if it lags the leader, as that stood an eighth of the epochs before, by more on
    average than the standard error over folds: who starts slower may still win.

    Parameters
    ----------
    contestants : sequence of curves
        Losses of each, per fold and epoch; curves may have ended before.
    epoch : int
    """
    if not contestants:
        return []
    now = np.array([_best(curves, epoch) for curves in contestants])
    leader = int(np.argmin(now.mean(axis=1)))
    earlier = epoch - int(np.ceil(HEAD_START * epoch))
    with np.errstate(invalid="ignore"):  # of a loss that is infinite
        lag = now - _best(contestants[leader], earlier)
        error = lag.std(axis=1, ddof=1) / np.sqrt(lag.shape[1])
        return (lag.mean(axis=1) <= error).tolist()


def _best(curves: Curves, epoch: int) -> list[float]:
    return [
        min((loss for loss in curve[:epoch] if np.isfinite(loss)), default=np.inf)
        for curve in curves
    ]


def rungs() -> Iterator[int]:
    """Yield the epochs at which candidates are compared: 4, 8, 16, and so on."""
    epoch = FIRST_RUNG
    while True:
        yield epoch
        epoch *= 2


def network_of(estimator: BaseEstimator) -> Any:
    """Return the ChurnANNClassifier that is the estimator, or its last step; None if neither is."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return last if isinstance(last, ChurnANNClassifier) else None


def can_race(estimator: BaseEstimator) -> bool:
    """Tell whether a fit stops on validation rows, and gets the same rows each time it goes on."""
    network = network_of(estimator)
    if network is None or not network.early_stopping:
        return False
    if network.cv is None and network.validation_fraction is None:
        return False
    steps = [step for _, step in estimator.steps[:-1]] if network is not estimator else []
    return all(map(_is_repeatable, (*steps, network.preprocessor)))


def are_comparable(estimator: BaseEstimator, names: set[str]) -> bool:
    """Tell whether the validation losses of networks that differ in ``names`` can be compared."""
    prefix = "" if network_of(estimator) is estimator else f"{estimator.steps[-1][0]}__"
    return all(
        name.startswith(prefix) and name.removeprefix(prefix) in _COMPARABLE for name in names
    )


def _is_repeatable(step: BaseEstimator) -> bool:
    parameters = step.get_params() if hasattr(step, "get_params") else {}
    return not any(
        name.endswith("random_state") and not isinstance(value, int | np.integer)
        for name, value in parameters.items()
    )


@dataclass
class Fit:
    """The fit of one candidate on one fold, as far as it went."""

    estimator: BaseEstimator
    seconds: float = 0.0
    error: Exception | None = None

    @property
    def parts(self) -> FitInParts:
        """How far the network has come."""
        return network_of(self.estimator)._parts

    def trained(self) -> BaseEstimator:
        """Return the estimator at its best so far; its next ``fit`` has nothing left to do."""
        self.parts.end()
        return self.estimator if self.error is None else Failed(self.error)


@dataclass
class Data:
    """What a search fits on."""

    X: Table
    y: Labels
    folds: list[tuple[np.ndarray, np.ndarray]]
    fit_params: Mapping[str, Any]


def train_until(
    fit: Fit, X: Any, y: Any, train: Any, fit_params: Mapping[str, Any], epoch: int
) -> Fit:
    """Train up to ``epoch`` epochs in all, on some rows of the table."""
    fit_params = _check_method_params(X, fit_params, indices=train)
    fit.parts.until = epoch
    start = perf_counter()
    try:
        fit.estimator.fit(_safe_indexing(X, train), _safe_indexing(y, train), **fit_params)
    except Exception as error:
        fit.error = error
    fit.seconds += perf_counter() - start
    return fit


def train_all(fits: list[list[Fit]], data: Data, epoch: int, parallel: Parallel) -> None:
    """Train all that are not done up to ``epoch`` epochs in all."""
    pairs = [(row, fold) for row in fits for fold, fit in enumerate(row) if not fit.parts.done]
    # Rows as arguments of their own are what a cluster sends once, not with each fit.
    trained = parallel(
        delayed(train_until)(row[fold], data.X, data.y, data.folds[fold][0], data.fit_params, epoch)
        for row, fold in pairs
    )
    for (row, fold), fit in zip(pairs, trained, strict=True):
        row[fold] = fit


def run_race(
    fits: list[list[Fit]],
    data: Data,
    champion: Curves | None,
    parallel: Parallel,
    ended: Callable[[int], None],
) -> list[float]:
    """Train candidates side by side until each is trained to its end or clearly behind.

    Parameters
    ----------
    fits : list of list of Fit
        Of each candidate on each fold, untrained; trained in place.
    data : Data
    champion : curves or None
        Losses of the best candidate of earlier stages, by which it takes part.
    parallel : Parallel
        Runs the fits of a rung.
    ended : callable
        Called after each rung with the number of fits that have ended.

    Returns
    -------
    list of float
        The epoch at which each candidate fell out; NaN if it did not.
    """
    left_at = [np.nan] * len(fits)
    racing = list(range(len(fits)))
    for epoch in rungs():
        running = [i for i in racing if not all(fit.parts.done for fit in fits[i])]
        if not running:
            break
        # With nobody left to be compared with there is nothing to pause for.
        until = epoch if champion is not None or len(racing) > 1 else sys.maxsize
        train_all([fits[i] for i in running], data, until, parallel)
        racing = [i for i in racing if all(fit.error is None for fit in fits[i])]
        contestants = [[fit.parts.losses for fit in fits[i]] for i in racing]
        stays = goes_on([*contestants, *([champion] if champion is not None else [])], epoch)
        racing = [i for i, stay in zip(racing, stays, strict=False) if stay]
        for i in running:
            unfinished = not all(fit.parts.done or fit.error for fit in fits[i])
            if i not in racing and unfinished:
                left_at[i] = epoch
            if i not in racing or not unfinished:
                ended(i)
    return left_at


class Races:
    """All fits of a search, stage by stage, as races where they can be.

    Parameters
    ----------
    estimator : estimator
        What the search tunes.
    parallel : Parallel
        Runs fits.

    Attributes
    ----------
    fit_params : dict
        What the search hands to ``fit``; to be set first.
    data : Data
        To be set before the first stage.
    handover : Handover
        Through it the search gets the trained candidates.
    seconds : list of float
        How long each candidate and fold took to train, in the order of the search.
    """

    fit_params: Mapping[str, Any]
    data: Data

    def __init__(self, estimator: BaseEstimator, parallel: Parallel) -> None:
        self.handover = Handover(estimator)
        self.seconds: list[float] = []
        self._estimator = estimator
        self.parallel = parallel
        self._curves: list[Curves | None] = []

    def can_race(self, candidates: Sequence[Mapping[str, Any]], names: set[str]) -> bool:
        """Tell whether candidates that differ in the parameters ``names`` can race."""
        return (
            len(self.data.folds) > 1  # the noise is seen between folds
            and are_comparable(self._estimator, names)
            and all(can_race(self._of(candidate)) for candidate in candidates)
        )

    def run(
        self,
        candidates: Sequence[Mapping[str, Any]],
        race: bool,
        best: int | None,
        ended: Callable[[int], None],
        task: Task,
    ) -> dict[str, list[float]]:
        """Train candidates, in a race or whole, and hand them over.

        Parameters
        ----------
        candidates : sequence of dict of {parameter: value}
        race : bool
        best : int or None
            Which of the candidates so far is the best.
        ended : callable
            Called with the number of fits that have ended.

        Returns
        -------
        dict of {"n_epochs", "left_at": list of float}
            For ``cv_results_``, one value per candidate.
        """
        fits = [[Fit(self._of(one)) for _ in self.data.folds] for one in candidates]
        for fit in chain(*fits):
            network_of(fit.estimator)._parts = FitInParts()
        n_folds = len(self.data.folds)
        steps = [
            task.subtask("candidate-split-evaluation", number).begin()
            for number in range(len(fits) * n_folds)
        ]

        def candidate_ended(number: int) -> None:
            for step in steps[number * n_folds : (number + 1) * n_folds]:
                step.end()
            ended(n_folds)

        if race:
            champion = None if best is None else self._curves[best]
            left_at = run_race(fits, self.data, champion, self.parallel, candidate_ended)
        else:
            train_all(fits, self.data, sys.maxsize, self.parallel)
            left_at = [np.nan] * len(fits)
            for number in range(len(fits)):
                candidate_ended(number)
        curves = [[fit.parts.losses for fit in row] for row in fits]
        self._curves += curves if race else [None] * len(fits)
        self.seconds += [fit.seconds for fit in chain(*fits)]
        self.handover.give(fit.trained() for fit in chain(*fits))
        n_epochs = [float(sum(fit.parts.n_epochs for fit in row)) for row in fits]
        return {"n_epochs": n_epochs, "left_at": left_at}

    def _of(self, candidate: Mapping[str, Any]) -> BaseEstimator:
        estimator = clone(self._estimator).set_params(**clone(candidate, safe=False))
        return without_checkpoints(estimator)
