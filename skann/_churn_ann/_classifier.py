"""The churn classifier: a small Keras network behind the right order of steps."""

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from scipy.sparse import issparse
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import Tags, _safe_indexing, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, _num_samples, check_is_fitted

from skann._churn_ann._defaults import (
    DROPOUT,
    EPOCHS,
    HIDDEN_LAYER_SIZES,
    LEARNING_RATE,
    N_HEADS,
    VALIDATION_FRACTION,
    auto_batch_size,
    auto_l2,
)
from skann._churn_ann._fit_in_parts import FitInParts
from skann._churn_ann._history import history_frame, kept_epoch
from skann._churn_ann._resampling import (
    class_factors,
    class_mass,
    log_ratio,
    make_sampler,
    resample,
    weigh_by_cost,
)
from skann._churn_ann._steps import encode, new_pipeline
from skann._churn_ann._validation import (
    check_labels,
    check_layer_sizes,
    check_rows,
    check_two_classes,
    encode_labels,
    split_validation,
)
from skann._warnings import ValidationWarning
from skann.costs._priors import undo_prior_shift

# Rows that are prepared at a time, so that memory stays bounded: as many as take some 64 MiB when
# they are encoded, and no more than make a difference.
_PREDICT_BYTES, _MOST_PREDICT_ROWS = 2**26, 65_536


class ChurnANNClassifier(ClassifierMixin, BaseEstimator):
    """Neural network for churn on tables, from raw rows to honest probabilities.

    `fit` does, in this order and in no other: set validation rows aside (stratified); fit the
    preprocessing on training rows; resample training rows, if asked; train a Keras network behind
    SciKeras that stops on the untouched validation rows. Probabilities are then put back to the
    class shares that the training data had before resampling and class weights.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64, 64)
        Units of each hidden layer.
    activation : str, default="relu"
        Keras activation of the hidden layers.
    dropout : float, default=0.0
        Share of each hidden layer's units that a training step leaves out, in [0, 1).
    l2 : float or "auto", default="auto"
        L2 penalty on the kernels, a part of both losses as in Keras. "auto" is 2 divided by the
        number of training rows, at most 5e-4.
    numeric_encoding : {"auto", "standard", "quantile", "robust", "piecewise_linear"}, \
            default="auto"
        How numbers enter the network; see `skann.preprocessing.TableEncoder`. Unused unless
        ``preprocessor="auto"``.
    categorical_encoding : {"auto", "onehot", "embedding"}, default="auto"
        How categories enter the network; "auto" decides by the number of levels.
    n_heads : int, default=16
        Members of an ensemble inside the one network, which share its weights and scale them each
        in its own way (TabM, Gorishniy et al. 2024); the probability is their mean. 1 is a plain
        multilayer perceptron.
    preprocessor : "auto", "passthrough" or transformer, default="auto"
        "auto" decides a role for each column (see ``column_roles_``), cleans and encodes it.
        "passthrough" takes finite numbers as they are. A scikit-learn transformer of your own is
        cloned, fitted on training rows, and has to return finite numbers.
    loss : {"crossentropy", "cost"}, default="crossentropy"
        "cost" weighs each row by what a mistake on that customer costs, as given to `fit`. It helps
        where costs differ much between customers and the network is too small, or the data too
        few, to be right about all of them; with costs that are equal for all it only moves the
        threshold, which `CostThresholdClassifier` does without spoiling the probabilities.
    resampler : {"over", "under", "smote"}, imbalanced-learn sampler or None, default=None
        Resamples the training rows, after cleaning and before encoding, so that no made row holds
        half a category. "smote" keeps categories whole (SMOTENC).
    class_weight : "balanced", dict of {label: weight} or None, default=None
        Weight of each class in the loss.
    correct_prior : bool, default=True
        Put probabilities back to the class shares of the training data where ``resampler`` or
        ``class_weight`` made training see others (Elkan 2001, theorem 2). After SMOTE this is an
        approximation.
    optimizer : {"adam", "adamw", "sgd"}, keras.optimizers.Optimizer or class, default="adam"
        An instance is copied in each fit and brings its own learning rate.
    learning_rate : float, default=4e-3
        Learning rate at the start of a fit.
    batch_size : int or "auto", default="auto"
        Rows of a training step. "auto" is 128, and up to 1,024 where there are many rows.
    epochs : int, default=200
        Most passes over the training rows.
    validation_fraction : float or None, default=0.15
        Share of rows set aside to stop on. None trains on all rows and watches the training loss.
    early_stopping : bool, default=True
        Stop when the validation loss has not improved for ``patience`` epochs, and restore the best
        epoch's weights.
    patience : int, default=5
        Epochs without gain. The learning rate is halved after half as many.
    reduce_lr : bool, default=True
        Halve the learning rate on a plateau of the validation loss.
    checkpoint_dir : path or None, default=None
        Folder for the best network so far, as ``churn_network.keras``.
    callbacks : list of keras.callbacks.Callback (instances or classes) or None, default=None
        Further callbacks. Instances are copied in each fit.
    metrics : sequence of str or keras.metrics.Metric, default=("auc",)
        Keras metrics for ``history_``; "auc" is the area under the ROC curve.
    warm_start : bool, default=False
        Go on from the weights at hand in a further `fit`, with the preprocessing at hand.
    random_state : int, RandomState or None, default=None
        Seed of split, resampling, initial weights, dropout and shuffling. Nothing global is seeded.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted. The second is the positive class.
    pipeline_ : imblearn.pipeline.Pipeline
        The fitted steps "preprocess", "resample", "encode" (with ``preprocessor="auto"``) and
        "network", a SciKeras classifier. Its probabilities are those before `correct_prior`.
    column_roles_ : dict of {column: role}
        What each column was taken for; with ``preprocessor="auto"`` only.
    history_ : DataFrame
        A row an epoch: loss, metrics, the same on validation rows, learning rate.
    n_iter_ : int
        Epochs of the last fit.
    best_epoch_ : int
        Epoch, counted from 1, whose weights are kept.
    validation_indices_ : ndarray of int
        Rows of ``X`` that were set aside, sorted; empty with ``validation_data``.
    class_prior_ : ndarray of shape (2,)
        Class shares of the training rows, before resampling, class weights and costs.
    prior_shift_ : float
        What resampling, class weights and costs added to the log-odds of the positive class.
    n_features_in_ : int
        Columns seen in fit.
    feature_names_in_ : ndarray of str
        Their names, if all are strings.

    See Also
    --------
    CostThresholdClassifier : Decides whom to contact from the probabilities.

    Notes
    -----
    Zero-weight rows count as absent. Weights are scaled to mean 1 for training.

    Examples
    --------
    >>> from skann import ChurnANNClassifier
    >>> from skann.datasets import make_churn
    >>> churn = make_churn(n_samples=500, random_state=0)
    >>> model = ChurnANNClassifier(epochs=5, random_state=0).fit(churn.data, churn.target)
    >>> model.predict_proba(churn.data).shape
    (500, 2)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "hidden_layer_sizes": ["array-like"],
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
        "loss": [StrOptions({"crossentropy", "cost"})],
        "resampler": [StrOptions({"over", "under", "smote"}), HasMethods(["fit_resample"]), None],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "correct_prior": ["boolean"],
        "optimizer": [StrOptions({"adam", "adamw", "sgd"}), HasMethods(["apply"])],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "reduce_lr": ["boolean"],
        "checkpoint_dir": [str, PathLike, None],
        "callbacks": [list, tuple, None],
        "metrics": [list, tuple],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }
    _parts: FitInParts | None = None  # set where a fit is to pause

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = HIDDEN_LAYER_SIZES,
        *,
        activation: str = "relu",
        dropout: float = DROPOUT,
        l2: float | str = "auto",
        numeric_encoding: str = "auto",
        categorical_encoding: str = "auto",
        n_heads: int = N_HEADS,
        preprocessor: Any = "auto",
        loss: str = "crossentropy",
        resampler: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        correct_prior: bool = True,
        optimizer: Any = "adam",
        learning_rate: float = LEARNING_RATE,
        batch_size: int | str = "auto",
        epochs: int = EPOCHS,
        validation_fraction: float | None = VALIDATION_FRACTION,
        early_stopping: bool = True,
        patience: int = 5,
        reduce_lr: bool = True,
        checkpoint_dir: str | PathLike[str] | None = None,
        callbacks: Sequence[Any] | None = None,
        metrics: Sequence[Any] = ("auc",),
        warm_start: bool = False,
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
        self.loss = loss
        self.resampler = resampler
        self.class_weight = class_weight
        self.correct_prior = correct_prior
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.reduce_lr = reduce_lr
        self.checkpoint_dir = checkpoint_dir
        self.callbacks = callbacks
        self.metrics = metrics
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
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
        validation_data : tuple of (X, y) or (X, y, sample_weight), default=None
            Raw rows to stop on, instead of a share of ``X``.
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
        resumed = parts is not None and parts.seeds is not None
        going_on = resumed or (self.warm_start and hasattr(self, "pipeline_"))
        n_rows = _num_samples(X)
        X, y, weight, rows = self._check_data(X, y, sample_weight, reset=not going_on)
        classes = check_two_classes(y)
        if not going_on:
            self.classes_ = classes
        target = encode_labels(y, self.classes_)
        own_weight, train = weight, np.arange(len(target))
        costs = dict(fn_cost=fn_cost, fp_cost=fp_cost, tp_cost=tp_cost, tn_cost=tn_cost)
        weight = weigh_by_cost(self.loss, costs, target, weight, rows, n_rows)
        split_seed, resample_seed, network_seed = self._fit_seeds()

        self.validation_indices_ = np.array([], dtype=int)
        validation = None
        if validation_data is not None:
            validation = self._check_validation_data(validation_data)
        elif self.validation_fraction is not None:
            split = split_validation(target, self.validation_fraction, split_seed)
            if split is None:
                warnings.warn(
                    f"no validation rows set aside: classes of {np.bincount(target).tolist()} rows "
                    "are too small to split; the training loss is watched instead",
                    ValidationWarning,
                    stacklevel=2,
                )
            else:
                train, held_out = split
                self.validation_indices_ = rows[held_out]
                validation = _take(X, target, weight, held_out)
        own_weight = None if own_weight is None else own_weight[train]
        X, target, weight = _take(X, target, weight, train)
        self.class_prior_ = class_mass(target, own_weight)
        cost_shift = log_ratio(class_mass(target, weight) / self.class_prior_)
        if not going_on:
            self.pipeline_ = self._new_pipeline()
        # What `fit_transform` of a user's transformer gives may not be what `transform` gives.
        refit = not going_on or (resumed and not self._is_auto)
        X, target, weight = self._prepare(X, target, weight, resample_seed, refit)
        self.prior_shift_ = log_ratio(self._class_ratio) + cost_shift
        self._train(X, target, weight, validation, network_seed, going_on)
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
        first = not hasattr(self, "pipeline_")
        X, y, weight, _ = self._check_data(X, y, sample_weight, reset=first)
        if first:
            self.classes_ = check_two_classes(y if classes is None else np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={np.asarray(classes).tolist()} is not what earlier calls were given: "
                f"{self.classes_.tolist()}"
            )
        target = encode_labels(y, self.classes_)
        rng = check_random_state(self.random_state)
        resample_seed, network_seed = rng.randint(2**30, size=2).tolist()
        if first:
            self.pipeline_ = self._new_pipeline()
            self.validation_indices_ = np.array([], dtype=int)
        prior = class_mass(target, weight)
        X, target, weight = self._prepare(X, target, weight, resample_seed, refit=first)
        if first or prior.all():  # rows of one class tell nothing of the shares
            self.class_prior_, self.prior_shift_ = prior, log_ratio(self._class_ratio)
        network = self._network(len(target), network_seed, new=first)
        network.partial_fit(
            X, target, classes=[0, 1], sample_weight=weight, callbacks=self._callbacks("loss")
        )
        self._note_history(network, "loss")
        self.best_epoch_ = self.n_iter_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)
            Raw rows; unseen categories and missing values are fine.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of ``classes_``.
        """
        positive = self._network_probability(X)
        if self.correct_prior and self.prior_shift_:
            positive = undo_prior_shift(positive, self.prior_shift_)
        return np.column_stack([1.0 - positive, positive])

    def predict_proba_std(self, X: Any) -> np.ndarray:
        """Return how far the heads disagree on the positive class.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Standard deviation of the heads' probabilities, a sign of uncertainty; zeros with
            ``n_heads=1``.
        """
        heads = self._head_probabilities(X)
        if self.correct_prior:
            heads = undo_prior_shift(heads, self.prior_shift_)
        return heads.std(axis=1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log-odds of the positive class, shape (n_samples,); `predict` cuts at 0.

        With resampling or class weights these are the log-odds that training saw, not those of
        `predict_proba` with ``correct_prior``.
        """
        # Single precision can round a probability to 0 or 1, whose log-odds are infinite.
        return logit(np.clip(self._network_probability(X), 1e-12, 1 - 1e-12))

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each row, shape (n_samples,).

        The likelier class, or with ``class_weight`` or ``resampler`` the one that is likelier among
        rows so weighted: what they are set for. `CostThresholdClassifier` decides by what mistakes
        cost instead.
        """
        positive = self._network_probability(X) >= 0.5
        return self.classes_[positive.astype(int)]

    def _network_probability(self, X: Any) -> np.ndarray:
        return self._head_probabilities(X).mean(axis=1)

    def _head_probabilities(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = check_rows(self, X, reset=False, as_frame=self._is_auto)
        prepare, network = self.pipeline_[:-1], self.pipeline_["network"]
        n_rows = min(_MOST_PREDICT_ROWS, max(1, _PREDICT_BYTES // (4 * network.n_features_in_)))
        parts = [
            network.head_probabilities(
                prepare.transform(_safe_indexing(X, slice(start, start + n_rows)))
            )
            for start in range(0, X.shape[0], n_rows)
        ]
        return np.concatenate(parts)

    @property
    def _is_auto(self) -> bool:
        return isinstance(self.preprocessor, str) and self.preprocessor == "auto"

    def _check_data(
        self, X: Any, y: Any, sample_weight: Any, reset: bool
    ) -> tuple[Any, np.ndarray, np.ndarray | None, np.ndarray]:
        """Return checked rows, labels and weights, and the indices of rows with any weight."""
        X = check_rows(self, X, reset=reset, as_frame=self._is_auto)
        y = check_labels(y, X.shape[0])
        rows = np.arange(len(y))
        if sample_weight is None:
            return X, y, None, rows
        try:
            weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        except (TypeError, ValueError) as error:
            raise ValueError(f"sample_weight has to hold non-negative numbers: {error}") from error
        rows = np.flatnonzero(weight)
        if len(rows) == 0:
            raise ValueError("sample_weight is zero for every row, so no class is left to learn")
        return (*_take(X, y, weight, rows), rows)

    def _check_validation_data(
        self, validation_data: tuple[Any, ...]
    ) -> tuple[Any, np.ndarray, np.ndarray | None]:
        if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
            raise ValueError(
                "validation_data has to be a tuple (X, y) or (X, y, sample_weight), got "
                f"{type(validation_data).__name__}"
            )
        rows, labels, sample_weight = (*validation_data, None)[:3]
        try:
            X, y, weight, _ = self._check_data(rows, labels, sample_weight, reset=False)
            return X, encode_labels(y, self.classes_), weight
        except ValueError as error:
            raise ValueError(f"validation_data: {error}") from error

    def _fit_seeds(self) -> list[int]:
        if self._parts is not None and self._parts.seeds is not None:
            return self._parts.seeds
        seeds = check_random_state(self.random_state).randint(2**30, size=3).tolist()
        if self._parts is not None:
            self._parts.seeds = seeds
        return seeds

    def _new_pipeline(self) -> Pipeline:
        return new_pipeline(self.preprocessor, self.numeric_encoding, self.categorical_encoding)

    def _prepare(
        self, X: Any, target: np.ndarray, weight: np.ndarray | None, seed: int, refit: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Clean, resample and encode training rows, and note what that does to class shares."""
        preprocess, encoder = self.pipeline_["preprocess"], self.pipeline_["encode"]
        if refit:
            X = preprocess.fit_transform(X, target)
            self.column_roles_ = getattr(preprocess, "column_roles_", {})
        else:
            X = preprocess.transform(X)
        encoded = encode(encoder, X, fit=refit)
        X = X.toarray() if issparse(X) else X
        prior = class_mass(target, weight)
        if self.resampler is not None and prior.all():
            sampler = make_sampler(self.resampler, X, target, seed)
            X, target, weight = resample(sampler, X, target, weight)
            encoded = encode(encoder, X, fit=False)
            self.pipeline_.set_params(resample=sampler)
        if self.class_weight is not None:
            factors = class_factors(self.class_weight, self.classes_, target)
            weight = factors[target] * (1.0 if weight is None else weight)
        # How much more each class weighs in training than in the rows that came in.
        self._class_ratio = class_mass(target, weight) / np.where(prior > 0, prior, 1.0)
        if weight is not None:
            weight = weight / weight.mean()
        return encoded, target, weight

    def _train(
        self,
        X: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray | None,
        validation: tuple[Any, np.ndarray, np.ndarray | None] | None,
        seed: int,
        going_on: bool,
    ) -> None:
        monitor = "loss"
        if validation is not None:
            monitor = "val_loss"
            X_validation, y_validation, weight_validation = validation
            # Seen with the class shares of training, or the stop would come at another optimum.
            shares = self._class_ratio[y_validation]
            if weight_validation is not None:
                shares = shares * weight_validation
            cleaned = self.pipeline_["preprocess"].transform(X_validation)
            encoded = encode(self.pipeline_["encode"], cleaned, fit=False)
            validation = (encoded, y_validation, shares / shares.mean())
        data = dict(X=X, y=target, sample_weight=weight, validation_data=validation)
        parts = self._parts
        if parts is not None and parts.weights is not None:
            network = self.pipeline_["network"]
            network.fit_part(parts, parts.callbacks, **data)
        else:
            network = self._network(len(target), seed, new=not going_on)
            callbacks = self._callbacks(monitor, going_on)
            if parts is None:
                network.fit(callbacks=callbacks, **data)
            else:
                network.fit_part(parts, callbacks, **data)
        self._note_history(network, monitor)

    def _network(self, n_rows: int, seed: int, new: bool) -> Any:
        """Return the SciKeras classifier of this fit: an untrained one, or the one at hand."""
        if isinstance(self.batch_size, str):
            batch_size = auto_batch_size(n_rows)
        else:
            batch_size = int(self.batch_size)
        # TensorFlow loads with the first fit, not with the package.
        from skann.networks import make_network_classifier, set_learning_rate

        if new:
            network = make_network_classifier(
                hidden_layer_sizes=check_layer_sizes(self.hidden_layer_sizes),
                activation=self.activation,
                dropout=self.dropout,
                l2=auto_l2(n_rows) if isinstance(self.l2, str) else self.l2,
                n_heads=self.n_heads,
                embedding_cardinalities=getattr(
                    self.pipeline_["encode"], "embedding_cardinalities_", ()
                ),
                optimizer=self.optimizer,
                learning_rate=self.learning_rate,
                batch_size=batch_size,
                epochs=self.epochs,
                metrics=self.metrics,
                seed=seed,
            )
            self.pipeline_.set_params(network=network)
            return network
        network = self.pipeline_["network"]
        network.set_params(warm_start=True, batch_size=batch_size, epochs=self.epochs)
        set_learning_rate(network.model_.optimizer, self.optimizer, self.learning_rate)
        return network

    def _callbacks(self, monitor: str, going_on: bool = False) -> list[Any]:
        from skann.networks import follows_schedule, training_callbacks

        best_so_far = None
        if going_on and monitor in self.history_:
            best_so_far = float(self.history_[monitor].min())
        return training_callbacks(
            monitor=monitor,
            early_stopping=self.early_stopping,
            patience=self.patience,
            reduce_lr=self.reduce_lr and not follows_schedule(self.optimizer),
            checkpoint_dir=self.checkpoint_dir,
            best_so_far=best_so_far,
            callbacks=self.callbacks,
            verbose=self.verbose if self._parts is None else 0,  # a bar is one fit's
        )

    def _note_history(self, network: Any, monitor: str) -> None:
        network.classes_ = self.classes_  # so that `pipeline_` predicts labels
        self.history_ = history = history_frame(network.history_)
        self.n_iter_ = len(history)
        self.best_epoch_ = kept_epoch(history[monitor], restored=self.early_stopping)

    def _html_repr(self) -> str:
        # The plain diagram would show "auto" where fit has put whole steps.
        from skann.inspection._classifier_html import classifier_html

        return classifier_html(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = self._is_auto
        tags.input_tags.string = self._is_auto
        tags.input_tags.categorical = self._is_auto
        return tags


def _take(
    X: Any, y: np.ndarray, sample_weight: np.ndarray | None, rows: np.ndarray
) -> tuple[Any, np.ndarray, np.ndarray | None]:
    weight = None if sample_weight is None else sample_weight[rows]
    return _safe_indexing(X, rows), y[rows], weight
