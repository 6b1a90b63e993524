"""A fit that pauses after some epochs and continues as if it had not."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skann._churn_ann._folds import Plan


@dataclass
class NetworkParts:
    """What one network keeps between the parts of its training.

    Parameters
    ----------
    done : bool
        Whether training has ended, by early stopping or at the estimator's own ``epochs``.
    losses : list of float
        Loss of the watched rows in each epoch, without the penalty on the weights, so that
        networks with different penalties can be compared.
    callbacks : list of keras.callbacks.Callback
        Those of the whole fit, with the state of early stopping and of the learning rate.
    weights : list of ndarray
        Weights of the last epoch.
    keeps_snapshots : bool
    snapshots : list of list of ndarray
        Weights of each epoch, if folds decide together which to keep.
    """

    until: int = 0
    done: bool = False
    losses: list[float] = field(default_factory=list)
    callbacks: list[Any] = field(default_factory=list)
    weights: list[np.ndarray] | None = None
    keeps_snapshots: bool = False
    snapshots: list[list[np.ndarray]] = field(default_factory=list)

    def end(self) -> None:
        """Drop what only a fit that continues needs."""
        self.done, self.callbacks, self.weights = True, [], None


@dataclass
class FitInParts:
    """What a fit keeps, beside the fitted estimator, to continue exactly where it paused.

    Set as the private attribute ``_parts`` of an unfitted ``ChurnANNClassifier``, it makes each
    call of ``fit`` with the same rows train up to ``until`` epochs in all. In a pause the estimator
    has its best weights so far and can be scored; rows are not kept. When all is done, ``fit``
    leaves the estimator as it is.

    Parameters
    ----------
    until : int
        Epochs, in all, after which the next call of ``fit`` pauses.
    plan : Plan
        Folds and seeds of the first call, which the later ones take over.
    networks : list of NetworkParts
        One per fold.
    """

    until: int = 0
    plan: Plan | None = None
    networks: list[NetworkParts] = field(default_factory=list)
    ended: bool = False

    def go_on(self, plan: Any) -> None:
        """Keep the plan of the first call, and let each network pause where all do."""
        if self.plan is None:
            self.plan, self.networks = plan, [NetworkParts() for _ in plan.folds]
        for one in self.networks:
            one.until = self.until

    @property
    def done(self) -> bool:
        """Whether all networks are trained to their end."""
        return self.ended or (bool(self.networks) and all(one.done for one in self.networks))

    @property
    def losses(self) -> list[float]:
        """Loss of the watched rows in each epoch, the mean over networks.

        After its end the lowest loss of a network counts on.
        """
        curves = [np.minimum.accumulate(one.losses) for one in self.networks if one.losses]
        if len(curves) == 1:
            return list(self.networks[0].losses)
        n_epochs = max(map(len, curves), default=0)
        longer = [np.pad(curve, (0, n_epochs - len(curve)), mode="edge") for curve in curves]
        return np.mean(longer, axis=0).tolist() if longer else []

    @property
    def n_epochs(self) -> int:
        """Epochs of all networks."""
        return sum(len(one.losses) for one in self.networks)

    def end(self) -> None:
        """Drop what only a fit that continues needs."""
        self.ended, self.plan = True, None
        for one in self.networks:
            one.end()
            one.snapshots = []
