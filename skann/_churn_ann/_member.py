"""One network, and the pipeline in which it is trained."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from scipy.sparse import issparse
from sklearn import config_context
from sklearn.base import BaseEstimator

from skann._churn_ann._blocks import blocks
from skann._churn_ann._defaults import auto_batch_size
from skann._churn_ann._fit_in_parts import NetworkParts
from skann._churn_ann._history import history_frame, kept_epoch
from skann._churn_ann._resampling import class_factors, class_mass, make_sampler, resample
from skann._churn_ann._rows import Rows
from skann._churn_ann._saved_network import scoring_pipeline, trainable
from skann._churn_ann._steps import encode, is_auto, new_pipeline
from skann._churn_ann._unfinished import StateFile
from skann._sklearn_callbacks import Task
from skann._typing import DataFrame
from skann.costs._priors import prior_shift, undo_prior_shift
from skann.preprocessing import EncodedRows
from skann.preprocessing._shared_rows import Preparation, SharedRows
from skann.preprocessing._table import as_table

if TYPE_CHECKING:
    from skann.networks import NetworkClassifier


@dataclass(frozen=True)
class Member:
    """A network behind the pipeline that prepares its rows.

    Parameters
    ----------
    pipeline : Pipeline
        Steps "preprocess", "resample", "encode" and "network".
    prior : ndarray of shape (2,)
        Class shares of the rows that it was trained on, before resampling and weights.
    prior_shift : float
        Change of the log-odds of the positive class by resampling, class weights and costs.
    history : DataFrame
        One row per epoch.
    best_epoch : int
        The epoch whose weights are kept.
    losses : sequence of float
        Loss of the watched rows in each epoch, without the penalty on the weights; where there are
        folds.
    snapshots : sequence of list of ndarray
        The weights of each epoch, if one is still to be chosen.
    """

    pipeline: Pipeline
    prior: np.ndarray
    prior_shift: float
    history: pd.DataFrame
    best_epoch: int
    losses: Sequence[float] = ()
    snapshots: Sequence[list[np.ndarray]] = ()

    def probability(self, X: DataFrame | np.ndarray | SharedRows, corrected: bool) -> np.ndarray:
        """Return the probability of the positive class, the mean over heads.

        ``corrected`` puts it to the class shares of the rows as they came in.
        """
        positive = self.head_probabilities(X).mean(axis=1)
        return self.corrected(positive) if corrected else positive

    def head_probabilities(self, X: DataFrame | np.ndarray | SharedRows) -> np.ndarray:
        """Return each head's probability of the positive class, as training saw the classes."""
        with config_context(transform_output="default"):  # as in training
            if isinstance(X, SharedRows):
                return self._of_block(X)
            return np.concatenate([self._of_block(block) for block in blocks(X, [self])])

    def _of_block(self, rows: DataFrame | np.ndarray | SharedRows) -> np.ndarray:
        # The steps themselves: for one row, a Pipeline takes longer than the network.
        if isinstance(rows, SharedRows):
            encoded = rows.encoded(self._preparation)
        else:
            cleaned = self.pipeline["preprocess"].transform(rows)
            encoded = self.pipeline["encode"].transform(cleaned)
        return self.pipeline["network"].head_probabilities(encoded)

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation(self.pipeline["preprocess"], self.pipeline["encode"])

    def as_it_scores_now(self) -> "Member":
        """Return a copy whose network stays as it is, whatever training does to this one."""
        return replace(self, pipeline=scoring_pipeline(self.pipeline))

    def corrected(self, probability: np.ndarray) -> np.ndarray:
        """Return probabilities at the class shares of the given rows."""
        return undo_prior_shift(probability, self.prior_shift) if self.prior_shift else probability


class Capacity(NamedTuple):
    """How much of its training rows a network can learn, and how fast."""

    hidden_layer_sizes: tuple[int, ...]
    l2: float
    optimizer: str  # its name


class Job(NamedTuple):
    """What one network is trained on, and from which state."""

    rows: Rows
    watched: Rows | None  # to stop on
    resample_seed: int
    network_seed: int
    capacity: Capacity
    start: Member | None = None
    parts: NetworkParts | None = None
    state: StateFile | None = None
    fold: int | None = None  # counted from 1; None where there is but one network
    keeps_snapshots: bool = False
    task: Task = Task()

    @property
    def goes_on(self) -> bool:
        """Whether a part of this fit is done."""
        return self.parts is not None and self.parts.weights is not None

    @property
    def width(self) -> int:
        """Number of which the number of encoded columns must be a multiple.

        Folds differ by a few columns, and a network is compiled anew for each number.
        """
        if self.start is not None:
            return self.start.pipeline["network"].n_features_in_
        return 1 if self.fold is None else 32


def train_member(settings: BaseEstimator, job: Job) -> Member:
    """Prepare rows and train a network on them, from scratch or from its current state.

    Parameters
    ----------
    settings : ChurnANNClassifier
        Only its parameters and classes are read.
    job : Job
    """
    if job.state is not None:
        start, noted = job.state.read() or (job.start, NetworkParts())
        job = job._replace(start=start, parts=noted)
    parts = job.parts
    if parts is not None and parts.done and job.start is not None:
        return job.start
    pipeline = _pipeline(settings, job)
    # What `fit_transform` of a user's transformer gives may not be what `transform` gives.
    refit = job.start is None or (job.goes_on and not is_auto(settings.preprocessor))
    X, y, weight, ratio = _prepare(settings, pipeline, job, refit)
    data: dict[str, Any] = dict(X=X, y=y, sample_weight=weight, validation_data=None)
    monitor = "loss"
    if job.watched is not None:
        monitor = "val_loss"
        data["validation_data"] = _prepare_watched(pipeline, job.watched, ratio, job.width)
    network = pipeline["network"] if job.goes_on else _network(settings, pipeline, len(y), job)

    def member(best_epoch: int) -> Member:
        history = history_frame(network.history_)
        return _member(settings, pipeline, job.rows, ratio, history, best_epoch)

    def fitted_here() -> dict[str, Any]:
        alone = scoring_pipeline(pipeline)
        member = _member(settings, alone, job.rows, ratio, pd.DataFrame(), best_epoch=0)
        return fitted_attributes(settings, member)

    job = job._replace(task=job.task._replace(fitted=fitted_here))
    if parts is None:
        losses, snapshots = _train(settings, job, network, monitor, data)
    else:
        losses, snapshots = parts.losses, parts.snapshots
        for _ in _train_in_parts(settings, job, parts, network, monitor, data):
            if job.state is not None and not parts.done:
                job.state.write(member(best_epoch=0), parts)
    watched_losses = history_frame(network.history_)[monitor]
    best_epoch = kept_epoch(watched_losses, restored=settings.early_stopping)
    ended = replace(member(best_epoch), losses=losses, snapshots=snapshots)
    if job.state is not None and parts is not None:
        job.state.write(ended, parts)
    return ended


def _train(
    settings: BaseEstimator,
    job: Job,
    network: "NetworkClassifier",
    monitor: str,
    data: dict[str, Any],
) -> tuple[list[float], list[list[np.ndarray]]]:
    """Train to the end; return losses and weights of each epoch, if they are needed."""
    from skann.networks import DataLossLog, Snapshots  # TensorFlow loads with the first fit

    losses: list[float] = []
    snapshots: list[list[np.ndarray]] = []
    callbacks = _callbacks(settings, job, monitor)
    if job.keeps_snapshots:
        callbacks += [Snapshots(snapshots), DataLossLog(losses)]
    network.fit(callbacks=callbacks, **data)
    return losses, snapshots


def _train_in_parts(
    settings: BaseEstimator,
    job: Job,
    parts: NetworkParts,
    network: "NetworkClassifier",
    monitor: str,
    data: dict[str, Any],
) -> Iterator[None]:
    """Train up to ``parts.until``; to the end, an epoch at a time, where the state has a file."""
    from skann.networks import resumed

    parts.keeps_snapshots = job.keeps_snapshots
    if job.state is None and job.goes_on:
        callbacks = parts.callbacks
    else:
        fresh = _callbacks(settings, job, monitor)
        callbacks, parts.callbacks = resumed(fresh, parts.callbacks)
    if job.state is None:
        network.fit_part(parts, callbacks, **data)
        return
    while not parts.done:
        parts.until = len(parts.losses) + 1
        network.fit_part(parts, callbacks, **data)
        yield


def train_one_epoch(settings: BaseEstimator, job: Job) -> Member:
    """Train a network for one epoch on all rows, from scratch or from its current state."""
    pipeline = _pipeline(settings, job)
    X, y, weight, ratio = _prepare(settings, pipeline, job, refit=job.start is None)
    network = _network(settings, pipeline, len(y), job)
    callbacks = _callbacks(settings, job, "loss")
    network.partial_fit(X, y, classes=[0, 1], sample_weight=weight, callbacks=callbacks)
    history = history_frame(network.history_)
    kept_epoch(history["loss"], restored=False)
    member = _member(settings, pipeline, job.rows, ratio, history, len(history))
    if job.start is not None and not member.prior.all():  # one class tells nothing of the shares
        member = replace(member, prior=job.start.prior, prior_shift=job.start.prior_shift)
    return member


def _member(
    settings: BaseEstimator,
    pipeline: Pipeline,
    rows: Rows,
    ratio: np.ndarray,
    history: pd.DataFrame,
    best_epoch: int,
) -> Member:
    pipeline["network"].classes_ = settings.classes_  # so that the pipeline predicts labels
    prior = class_mass(rows.y, rows.weight)
    counted = ratio * class_mass(rows.y, rows.training_weight)
    shift = prior_shift(*(counted / prior)[::-1]) if prior.all() and counted.all() else 0.0
    return Member(pipeline, prior, shift, history, best_epoch)


def fitted_attributes(settings: BaseEstimator, member: Member) -> dict[str, Any]:
    """Return the attributes of a classifier that has but one network."""
    return {**vars(settings), "_members": [member], "pipelines_": [member.pipeline]}


def _pipeline(settings: BaseEstimator, job: Job) -> Pipeline:
    """Return unfitted steps, or a copy of the fitted ones, which a failure leaves alone."""
    if job.start is None:
        return new_pipeline(
            settings.preprocessor,
            settings.column_roles,
            settings.numeric_encoding,
            settings.categorical_encoding,
        )
    if job.goes_on:  # nobody else's
        return job.start.pipeline
    pipeline = copy.copy(job.start.pipeline)
    pipeline.steps = [*pipeline.steps[:-1], ("network", trainable(pipeline["network"]))]
    return pipeline


def _prepare(
    settings: BaseEstimator, pipeline: Pipeline, job: Job, refit: bool
) -> tuple[np.ndarray | EncodedRows, np.ndarray, np.ndarray | None, np.ndarray]:
    """Clean, resample and encode training rows.

    Besides rows, labels and weights, returns how much more each class weighs in training than in
    the given rows.
    """
    X, y, weight, width = job.rows.X, job.rows.y, job.rows.training_weight, job.width
    preprocess, encoder = pipeline["preprocess"], pipeline["encode"]
    X = preprocess.fit_transform(X, y) if refit else preprocess.transform(X)
    encoded = encode(encoder, X, y, fit=refit, width=width)
    X = _as_samplers_take_it(X)
    prior = class_mass(y, weight)
    if settings.resampler is not None and prior.all():
        sampler = make_sampler(settings.resampler, X, y, job.resample_seed)
        X, y, weight = resample(sampler, X, y, weight)
        encoded = encode(encoder, X, fit=False, width=width)
        pipeline.set_params(resample=sampler)
    if settings.class_weight is not None:
        factors = class_factors(settings.class_weight, settings.classes_, y)
        weight = factors[y] * (1.0 if weight is None else weight)
    ratio = class_mass(y, weight) / np.where(prior > 0, prior, 1.0)
    return encoded, y, None if weight is None else weight / weight.mean(), ratio


def _as_samplers_take_it(X: Any) -> Any:
    """Return rows as imbalanced-learn takes them, neither sparse nor polars."""
    if issparse(X):
        return X.toarray()
    return as_table(X) if hasattr(X, "get_columns") else X


def _prepare_watched(
    pipeline: Pipeline, rows: Rows, ratio: np.ndarray, width: int
) -> tuple[np.ndarray | EncodedRows, np.ndarray, np.ndarray]:
    # With the class shares of training, or training would stop at another optimum.
    weight = ratio[rows.y]
    if rows.training_weight is not None:
        weight = weight * rows.training_weight
    cleaned = pipeline["preprocess"].transform(rows.X)
    encoded = encode(pipeline["encode"], cleaned, fit=False, width=width)
    return encoded, rows.y, weight / weight.mean()


def _network(
    settings: BaseEstimator, pipeline: Pipeline, n_rows: int, job: Job
) -> "NetworkClassifier":
    """Return the SciKeras classifier of this fit: an untrained or the current one."""
    if isinstance(settings.batch_size, str):
        batch_size = auto_batch_size(n_rows)
    else:
        batch_size = int(settings.batch_size)
    optimizer = job.capacity.optimizer if is_auto(settings.optimizer) else settings.optimizer
    from skann.networks import make_network_classifier, set_learning_rate

    if job.start is None:
        network = make_network_classifier(
            hidden_layer_sizes=job.capacity.hidden_layer_sizes,
            activation=settings.activation,
            dropout=settings.dropout,
            l2=job.capacity.l2,
            n_heads=settings.n_heads,
            embedding_cardinalities=getattr(pipeline["encode"], "embedding_cardinalities_", ()),
            optimizer=optimizer,
            learning_rate=settings.learning_rate,
            batch_size=batch_size,
            epochs=settings.epochs,
            metrics=settings.metrics,
            seed=job.network_seed,
        )
        pipeline.set_params(network=network)
        return network
    network = pipeline["network"]
    network.set_params(warm_start=True, batch_size=batch_size, epochs=settings.epochs)
    set_learning_rate(network.model_.optimizer, optimizer, settings.learning_rate)
    return network


def _callbacks(settings: BaseEstimator, job: Job, monitor: str) -> list[Any]:
    from skann.networks import EpochTasks, follows_schedule, training_callbacks

    best_so_far = None
    if job.start is not None and monitor in job.start.history:
        best_so_far = float(job.start.history[monitor].min())
    callbacks: list[Any] = training_callbacks(
        monitor=monitor,
        early_stopping=settings.early_stopping,
        patience=settings.patience,
        reduce_lr=settings.reduce_lr and not follows_schedule(settings.optimizer),
        checkpoint_dir=settings.checkpoint_dir,
        best_so_far=best_so_far,
        callbacks=settings.callbacks,
        verbose=0 if job.parts is not None and job.state is None else settings.verbose,
        fold=job.fold,
    )
    if job.task.context is not None:
        callbacks.append(EpochTasks(job.task))
    return callbacks
