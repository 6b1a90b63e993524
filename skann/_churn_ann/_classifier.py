"""The churn classifier: a small Keras network behind the right order of steps.

Half of this file is what users read of each parameter, attribute and method; the work is done by
the other modules of this package.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from scipy.special import logit
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from skann._churn_ann._blocks import of_each
from skann._churn_ann._capacity import smallest
from skann._churn_ann._fit_in_parts import FitInParts
from skann._churn_ann._folds import n_networks, plan_fit
from skann._churn_ann._history import joined_histories
from skann._churn_ann._member import Capacity, Member
from skann._churn_ann._portable import members_of, portable_state
from skann._churn_ann._resampling import class_mass, costs_of_mistakes
from skann._churn_ann._steps import is_auto
from skann._churn_ann._training import Training, train_an_epoch, train_networks
from skann._churn_ann._validation import check_rows, check_training_rows, check_validation_data
from skann._lazy_frames import refuse_lazy_frames
from skann._sklearn_callbacks import CallbackSupportMixin, Task
from skann._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    _num_samples,
)
from skann._travel import is_travelling
from skann._warnings import each_once


class ChurnANNClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Neural network for churn on tables, from raw rows to honest probabilities.

    For each fold, `fit` works in this order and in no other: set validation rows aside
    (stratified); fit the preprocessing on training rows; resample training rows, if asked; train a
    Keras network behind SciKeras that stops on the untouched validation rows. Probabilities are
    then put back to the class shares that the data had before resampling and class weights.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int or "auto", default="auto"
        Units of each hidden layer. "auto" is (64, 64), and with folds up to (128, 128): see ``l2``.
    activation : str, default="relu"
        Keras activation of the hidden layers.
    dropout : float, default=0.0
        Fraction of each hidden layer's units that a training step leaves out, in [0, 1).
    l2 : float or "auto", default="auto"
        L2 penalty on the kernels, part of both losses as in Keras. "auto" is 2 divided by the
        number of training rows, at most 5e-4. With folds, the first fold also tries 1e-5 with
        layers of (128, 128) if the network does well on its held-out rows, and keeps them if the
        loss on these rows is about as low or lower. ``l2_`` and ``hidden_layer_sizes_`` hold the
        choice.
    numeric_encoding : {"auto", "standard", "quantile", "robust", "piecewise_linear"}, \
            default="auto"
        How numbers enter the network; see `skann.preprocessing.TableEncoder`. Unused unless
        ``preprocessor="auto"``.
    categorical_encoding : {"auto", "onehot", "embedding"}, default="auto"
        How categories enter the network; "auto" decides by the number of levels.
    n_heads : int, default=4
        Size of the ensemble inside each network: its members share the weights, each with scales
        of its own (TabM, Gorishniy et al. 2024), and the probability is their mean. 1 is a plain
        multilayer perceptron.
    preprocessor : "auto", "passthrough" or transformer, default="auto"
        "auto" decides a role for each column (see ``column_roles_``), cleans and encodes it.
        "passthrough" takes finite numbers as they are. A scikit-learn transformer is cloned and
        fitted on training rows; it must return finite numbers.
    column_roles : dict of {column: role} or None, default=None
        Roles that override those of `skann.preprocessing.column_roles`: "numeric", "datetime",
        "category", or "drop" to leave a column out. Unused unless ``preprocessor="auto"``.
    loss : {"crossentropy", "cost"}, default="crossentropy"
        "cost" weighs each row by the cost of a mistake on that customer, as given to `fit`. It
        helps where costs differ a lot between customers and the network is too small, or the data
        too few, to be right about all of them. With equal costs it only moves the threshold, which
        `CostThresholdClassifier` does without distorting the probabilities.
    resampler : {"over", "under", "smote"}, imbalanced-learn sampler or None, default=None
        Resamples the training rows, after cleaning and before encoding, so that no synthetic row
        holds half a category. "smote" keeps categories whole (SMOTENC).
    class_weight : "balanced", dict of {label: weight} or None, default=None
        Weight of each class in the loss.
    correct_prior : bool, default=True
        Correct the probabilities for ``resampler`` and ``class_weight``, so that they match the
        class shares of the training data (Elkan 2001, theorem 2). After SMOTE this is an
        approximation.
    optimizer : {"auto", "adam", "adamw", "muon", "sgd"}, keras.optimizers.Optimizer or class, \
            default="auto"
        "auto" is Adam, and "muon" for the larger network described under ``l2``: Muon for the
        kernels of hidden layers, Adam for all other weights. An instance is copied in each fit and
        keeps its own learning rate. ``optimizer_`` holds the name of the choice.
    learning_rate : float, default=4e-3
        Learning rate at the start of a fit.
    batch_size : int or "auto", default="auto"
        Rows per training step. "auto" is 128, and up to 1,024 for many rows.
    epochs : int, default=200
        Maximum number of passes over the training rows.
    cv : int, cross-validation splitter, iterable or None, default=4
        With folds there is one network per fold, behind a pipeline of its own, trained on the
        other folds' rows and stopped on the fold's; the probability is the mean over networks. So
        every row trains, and every row has a probability from a network that did not see it. An int
        is the number of shuffled stratified folds (of whole groups if `fit` is given ``groups``),
        at most the number of rows of the rarer class. A splitter such as `TimeSeriesSplit` keeps
        its order. None trains one network, which stops on ``validation_fraction`` of the rows.
    validation_fraction : float or None, default=0.15
        Fraction of rows set aside to stop on, with ``cv=None``. None trains on all rows and
        watches the training loss.
    early_stopping : bool, default=True
        Stop when the validation loss has not improved for ``patience`` epochs, and restore the best
        epoch's weights.
    patience : int, default=5
        Number of epochs without improvement. The learning rate is halved after half as many.
    reduce_lr : bool, default=True
        Halve the learning rate on a plateau of the validation loss.
    checkpoint_dir : path or None, default=None
        Folder for the best network so far: ``churn_network.keras``, or one file per fold,
        ``churn_network_1.keras`` and so on. Each file is replaced as a whole or not at all. Before
        opening one with ``keras.models.load_model``, ``import skann.networks``: Keras must know
        the layers, which ``import skann`` alone does not load. The files are those of the last
        fit; where a search of scikit-learn, or a `StagedSearchCV` with ``race=False``, fits clones,
        they are those of the last clone. With ``warm_start=True``, an interrupted fit resumes from
        this folder; see Notes.
    callbacks : list of keras.callbacks.Callback (instances or classes) or None, default=None
        Further callbacks. Instances are copied in each fit, for each fold.
    metrics : sequence of str or keras.metrics.Metric, default=("auc",)
        Keras metrics for ``history_``; "auc" is the area under the ROC curve. Each keeps its name
        from fit to fit; of two equal names, the second becomes "precision_1", for example.
    warm_start : bool, default=False
        Continue from the current weights and preprocessing in the next `fit`. Folds are drawn
        anew: they stay the same only with the same rows and an int ``random_state``. With
        ``checkpoint_dir``, also resume an interrupted fit; see Notes.
    n_jobs : int or None, default=None
        Number of folds trained at a time, in threads.
    random_state : int, RandomState or None, default=None
        Seed of split, resampling, initial weights, dropout and shuffling. Nothing global is seeded.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted. The second is the positive class.
    pipelines_ : list of imblearn.pipeline.Pipeline
        For each network the fitted steps "preprocess", "resample", "encode" and "network", a
        SciKeras classifier. Their probabilities are not corrected by ``correct_prior``.
    hidden_layer_sizes_ : tuple of int
    l2_ : float
    optimizer_ : str
        Layer sizes, penalty and optimizer of the networks, as given or chosen by "auto".
    column_roles_ : dict of {column: role}
        Role of each column in the first network; only with ``preprocessor="auto"``.
    history_ : DataFrame
        One row per epoch: loss, metrics, the same on validation rows, and the learning rate. With
        folds, the index holds fold and epoch, both counted from 1.
    n_iter_ : int
        Number of epochs of the last fit, the maximum over networks.
    best_epoch_ : int or list of int
        Epoch, counted from 1, whose weights are kept; a list with folds.
    validation_indices_ : ndarray of int
        Sorted indices of the rows of ``X`` that some network did not see: all rows with folds, the
        rows set aside with one network, empty if there are none.
    validation_proba_ : ndarray of float, shape of ``validation_indices_``
        Probability of the positive class for each of these rows, from the networks that did not
        see it, on the scale of `predict_proba`.
    class_prior_ : ndarray of shape (2,)
        Class shares of the training rows, before resampling, class weights and costs.
    prior_shift_ : float
        Amount that resampling, class weights and costs added to the log-odds of the positive
        class; the mean over networks.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of str
        Their names, if all are strings.

    See Also
    --------
    CostThresholdClassifier : Decides whom to contact from the probabilities.

    Notes
    -----
    Zero-weight rows count as absent. Weights are scaled to mean 1 for training.

    With ``warm_start=True``, ``checkpoint_dir`` and an integer ``random_state``, the whole state of
    training is written after each epoch, one file per network: weights, optimizer, early stopping,
    learning rate, history. If the process is killed, the same `fit` in a new process resumes there
    and ends, bit for bit, where it would have ended; finished networks are not trained again. The
    state files are removed when the fit ends. Files of other rows, parameters or library versions
    are ignored, so fits may share a folder. The files are pickles: resume only from folders that
    you trust. User-supplied callbacks resume if they can be pickled, and start afresh otherwise.
    ``keras.callbacks.BackupAndRestore`` among them does the same with files in its own folder,
    whatever ``warm_start`` is.

    With scikit-learn 1.9 or later, ``set_callbacks`` takes scikit-learn's callbacks, such as
    `ProgressBar` and `ScoringMonitor`. They follow folds and epochs; a request to stop at the end
    of an epoch stops the training of that network.

    Examples
    --------
    >>> from skann import ChurnANNClassifier
    >>> from skann.datasets import make_churn
    >>> churn = make_churn(n_samples=500, random_state=0)
    >>> model = ChurnANNClassifier(epochs=5, random_state=0).fit(churn.data, churn.target)
    >>> model.predict_proba(churn.data).shape
    (500, 2)
    """

    # Groups are given for this alone, so no request is needed.
    __metadata_request__fit = {"groups": True}

    _parameter_constraints: dict[str, list[Any]] = {
        "hidden_layer_sizes": ["array-like", StrOptions({"auto"})],
        "activation": [str],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
        "numeric_encoding": [
            StrOptions({"auto", "standard", "quantile", "robust", "piecewise_linear"})
        ],
        "categorical_encoding": [StrOptions({"auto", "onehot", "embedding"})],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "preprocessor": [
            StrOptions({"auto", "passthrough"}),
            HasMethods(["fit", "transform"]),
        ],
        "column_roles": [dict, None],
        "loss": [StrOptions({"crossentropy", "cost"})],
        "resampler": [StrOptions({"over", "under", "smote"}), HasMethods(["fit_resample"]), None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "correct_prior": ["boolean"],
        "optimizer": [
            StrOptions({"auto", "adam", "adamw", "muon", "sgd"}),
            HasMethods(["apply"]),
        ],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "cv": ["cv_object"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "reduce_lr": ["boolean"],
        "checkpoint_dir": [str, PathLike, None],
        "callbacks": [list, tuple, None],
        "metrics": [list, tuple],
        "warm_start": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    _parts: FitInParts | None = None  # set where a fit is to pause
    hidden_layer_sizes_: tuple[int, ...]
    l2_: float
    optimizer_: str
    best_epoch_: int | list[int]

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] | str = "auto",
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        l2: float | str = "auto",
        numeric_encoding: str = "auto",
        categorical_encoding: str = "auto",
        n_heads: int = 4,
        preprocessor: Any = "auto",
        column_roles: Mapping[Any, str] | None = None,
        loss: str = "crossentropy",
        resampler: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        correct_prior: bool = True,
        optimizer: Any = "auto",
        learning_rate: float = 4e-3,
        batch_size: int | str = "auto",
        epochs: int = 200,
        cv: Any = 4,
        validation_fraction: float | None = 0.15,
        early_stopping: bool = True,
        patience: int = 5,
        reduce_lr: bool = True,
        checkpoint_dir: str | PathLike[str] | None = None,
        callbacks: Sequence[Any] | None = None,
        metrics: Sequence[Any] = ("auc",),
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.l2 = l2
        self.numeric_encoding = numeric_encoding
        self.categorical_encoding = categorical_encoding
        self.n_heads = n_heads
        self.preprocessor = preprocessor
        self.column_roles = column_roles
        self.loss = loss
        self.resampler = resampler
        self.class_weight = class_weight
        self.correct_prior = correct_prior
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.cv = cv
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.reduce_lr = reduce_lr
        self.checkpoint_dir = checkpoint_dir
        self.callbacks = callbacks
        self.metrics = metrics
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        groups: Any = None,
        validation_data: tuple[Any, ...] | None = None,
        fn_cost: Any = None,
        fp_cost: Any = None,
        tp_cost: Any = None,
        tn_cost: Any = None,
    ) -> "ChurnANNClassifier":
        """Train on raw rows.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
            Raw rows: numbers, text, categories, booleans, dates, missing values.
        y : array-like of shape (n_samples,)
            Two labels of any kind.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; not negative.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group, such as those of one customer, are never both trained and stopped
            on. An integer ``cv`` and ``validation_fraction`` keep to it, and splitters that know
            of groups.
        validation_data : tuple of (X, y) or (X, y, sample_weight), default=None
            Raw rows to stop on, instead of rows out of ``X``.
        fn_cost, fp_cost, tp_cost, tn_cost : float or array-like of shape (n_samples,), default=None
            What each outcome costs, for ``loss="cost"``: a lost customer, a needless contact, a
            contact with a churner (0 if None), and leaving a loyal customer alone (0 if None).

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If ``X`` is empty or holds infinities, ``y`` has not two classes or misses labels,
            weights are negative, or a parameter is out of range. The message names it.
        """
        parts = self._parts
        if parts is not None and parts.done:
            return self
        plan = None if parts is None else parts.plan
        goes_on = plan is not None or (self.warm_start and hasattr(self, "pipelines_"))
        costs = dict(fn_cost=fn_cost, fp_cost=fp_cost, tp_cost=tp_cost, tn_cost=tn_cost)
        with self._changed_at_the_end() as new:
            refuse_lazy_frames(X=X)
            n_rows = _num_samples(X)
            rows, indices = check_training_rows(new, X, y, sample_weight, reset=not goes_on)
            weighed = costs_of_mistakes(self.loss, costs, rows.y, indices, n_rows)
            rows = rows._replace(cost=weighed)
            given = None if validation_data is None else check_validation_data(new, validation_data)
            if plan is None:
                plan = plan_fit(self, X, rows.y, groups, indices, n_rows, given is not None)
            start = self._members if goes_on else [None] * len(plan.folds)
            capacity = self._capacity if goes_on else None
            training = Training(new, rows, given, plan, start, capacity, parts)
            task = Task()  # what pauses is told of by whoever lets it
            if parts is None:
                about = dict(X=X, y=y, sample_weight=sample_weight)
                in_order = len(plan.folds) == 1
                task = Task.fit_of(self, training.n_steps, in_order=in_order, **about)
            trained = train_networks(training, task)
            new._take_over(trained.members, trained.capacity)
            if self.cv is not None:
                new.class_prior_ = class_mass(rows.y, rows.weight)
            new.validation_indices_ = indices[trained.judged]
            new.validation_proba_ = trained.probability
            task._replace(fitted=lambda: vars(new)).end()
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> "ChurnANNClassifier":
        """Train for one epoch on further rows, from the weights at hand.

        The first call fits the preprocessing, on its rows; later calls use it as it is. No rows
        are set aside.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
            Raw rows.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (2,), default=None
            The two labels; needed in the first call if ``y`` holds one of them only.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; not negative.

        Returns
        -------
        self
        """
        first = not hasattr(self, "pipelines_")
        repeated = first or classes is None or np.array_equal(np.unique(classes), self.classes_)
        if not repeated:
            raise ValueError(
                f"classes={np.asarray(classes).tolist()} is not what earlier calls were given: "
                f"{self.classes_.tolist()}"
            )
        with self._changed_at_the_end() as new:
            rows, _ = check_training_rows(new, X, y, sample_weight, reset=first, classes=classes)
            start = [None] * n_networks(self.cv) if first else self._members
            random = check_random_state(self.random_state)
            seeds = random.randint(2**30, size=2 * len(start)).reshape(-1, 2).tolist()
            capacity = smallest(self, len(rows.y)) if first else self._capacity
            new._take_over(train_an_epoch(new, rows, start, seeds, capacity), capacity)
            if first:
                new.validation_indices_ = np.array([], dtype=int)
                new.validation_proba_ = np.array([])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, the mean over networks.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
            Raw rows; unseen categories and missing values are fine.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of ``classes_``.
        """
        X = self._check_unseen(X)
        positive = np.mean(of_each(self._members, self._probability, X), axis=0)
        return np.column_stack([1.0 - positive, positive])

    def predict_proba_std(self, X: Any) -> np.ndarray:
        """Return how far the networks and their heads disagree on the positive class.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Standard deviation of all heads' probabilities, a sign of uncertainty; zeros with one
            network and ``n_heads=1``.
        """
        X = self._check_unseen(X)
        return np.hstack(of_each(self._members, self._head_probabilities, X)).std(axis=1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log-odds of the positive class, shape (n_samples,); `predict` cuts at 0.

        With resampling or class weights these are the log-odds that training saw, not those of
        `predict_proba` with ``correct_prior``.
        """
        # Single precision can round a probability to 0 or 1, whose log-odds are infinite.
        return logit(np.clip(self._trained_probability(X), 1e-12, 1 - 1e-12))

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row, shape (n_samples,).

        The likelier class, or with ``class_weight`` or ``resampler`` the one that is likelier among
        rows so weighted: what they are set for. `CostThresholdClassifier` decides by what mistakes
        cost instead.
        """
        likelier = self._trained_probability(X) >= 0.5
        return self.classes_[likelier.astype(int)]

    def _trained_probability(self, X: Any) -> np.ndarray:
        X = self._check_unseen(X)
        heads = of_each(self._members, Member.head_probabilities, X)
        return np.mean([of_network.mean(axis=1) for of_network in heads], axis=0)

    def _head_probabilities(self, member: Member, X: Any) -> np.ndarray:
        heads = member.head_probabilities(X)
        return member.corrected(heads) if self.correct_prior else heads

    def _probability(self, member: Member, X: Any) -> np.ndarray:
        return member.probability(X, corrected=self.correct_prior)

    def _check_unseen(self, X: Any) -> Any:
        check_is_fitted(self)
        return check_rows(self, X, reset=False, as_frame=is_auto(self.preprocessor))

    @contextmanager
    def _changed_at_the_end(self) -> Iterator["ChurnANNClassifier"]:
        """Give a copy to change, and take its state at the end: a failure leaves all as it was.

        No outer setting reaches the pipelines: what is a DataFrame to the user is none to the
        network.
        """
        new = copy.copy(self)
        # Each row that is held out may have a level of its own.
        with config_context(transform_output="default"), each_once(unseen=False):
            yield new
        self.__dict__.update(new.__dict__)

    @property
    def _capacity(self) -> Capacity:
        return Capacity(self.hidden_layer_sizes_, self.l2_, self.optimizer_)

    def _take_over(self, members: Sequence[Member], capacity: Capacity) -> None:
        """Let these be the networks."""
        self.hidden_layer_sizes_, self.l2_, self.optimizer_ = capacity
        best_epochs = [member.best_epoch for member in members]
        self.best_epoch_ = best_epochs[0] if self.cv is None else best_epochs
        self._hold(members)
        self.column_roles_ = getattr(self.pipelines_[0]["preprocess"], "column_roles_", {})
        self.class_prior_ = members[0].prior
        self.prior_shift_ = float(np.mean([member.prior_shift for member in members]))
        self.n_iter_ = max(len(member.history) for member in members)

    def _hold(self, members: Sequence[Member]) -> None:
        self._members = list(members)
        self.pipelines_ = [member.pipeline for member in members]
        histories = [member.history for member in members]
        several = isinstance(self.best_epoch_, list)
        self.history_ = joined_histories(histories) if several else histories[0]

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return portable_state(state) if is_travelling() else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "_members" in state and "pipelines_" not in state:
            self._hold(members_of(state))

    def _html_repr(self) -> str:
        # The plain diagram would show "auto" where fit has put whole steps.
        from skann._churn_ann._html import classifier_html

        return classifier_html(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        takes_all = is_auto(self.preprocessor)
        tags.input_tags.allow_nan = takes_all
        tags.input_tags.string = takes_all
        tags.input_tags.categorical = takes_all
        return tags
