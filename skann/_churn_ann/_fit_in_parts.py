"""A fit that pauses after some epochs and goes on as if it had not."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class FitInParts:
    """What a fit has to keep, beside the fitted estimator, to go on exactly where it paused.

    Set as the private attribute ``_parts`` of an unfitted `ChurnANNClassifier`, it makes each call
    of `fit` with the same rows train up to ``until`` epochs in all. In a pause the estimator has
    its best weights so far and can be scored; rows are not kept.

    Parameters
    ----------
    until : int
        Epochs, in all, after which the next call of `fit` pauses.
    done : bool
        Whether the fit has ended, by early stopping or at the estimator's own ``epochs``; `fit`
        then leaves the estimator as it is.
    losses : list of float
        Loss of the watched rows in each epoch, without the penalty on the weights, so that
        networks with different penalties can be compared.
    seeds : list of int
        Seeds of the split, of resampling and of the network, since the same rows have to come out.
    callbacks : list of keras.callbacks.Callback
        Those of the whole fit, with the state of early stopping and of the learning rate.
    weights : list of ndarray
        Weights of the last epoch.
    """

    until: int = 0
    done: bool = False
    losses: list[float] = field(default_factory=list)
    seeds: list[int] | None = None
    callbacks: list[Any] = field(default_factory=list)
    weights: list[Any] | None = None

    def end(self) -> None:
        """Forget what only a fit that goes on needs."""
        self.done, self.callbacks, self.weights = True, [], None
