"""A search in stages: the learning rate first, then regularisation, then size."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from numbers import Integral
from typing import Any, Self

import numpy as np
from joblib import parallel_config
from joblib.parallel import get_active_backend
from sklearn import get_config
from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import StratifiedGroupKFold, check_cv
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel
from sklearn.utils.validation import has_fit_parameter

from skann._sklearn_callbacks import Task
from skann._sklearn_private import BaseSearchCV, StrOptions
from skann._typing import Labels, Table
from skann._warnings import WorkflowWarning
from skann.model_selection._failures import check_any_score, warnings_held_back
from skann.model_selection._progress import SearchProgress
from skann.model_selection._race import Data, Races, network_of
from skann.model_selection._scoring import RARE_SHARE, chooses_by_accuracy, rare_share
from skann.model_selection._stages import candidates, names_in, own_settings, read_stages


class StagedSearchCV(BaseSearchCV):
    """Cross-validated search over parameters in stages, each around the best of those before.

    A full grid over learning rate, regularisation and size multiplies their numbers; stages add
    them up. The order is the one in which they matter to a network: at a wrong learning rate,
    nothing can be said about sizes. Within a stage networks race: all train a few epochs on each
    fold, those that are clearly behind stop, and the others go on from where they were.

    Parameters
    ----------
    estimator : estimator
        What is tuned: a ``ChurnANNClassifier``, anything that holds one, or any other estimator
        with user-supplied stages.
    stages : "default" or dict of {name: parameter grid}, default="default"
        What to vary, in this order; a parameter grid is what
        ``sklearn.model_selection.GridSearchCV`` takes. "default" tunes the one
        ``ChurnANNClassifier`` in ``estimator`` around its own settings: learning rate, then dropout
        and L2, then layer sizes.
    scoring : str, callable, list, dict or None, default="roc_auc"
        As in scikit-learn's searches.
    n_jobs : int or None, default=None
        Number of fits that run at the same time. A race uses threads, unless a joblib backend was
        chosen.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate on all rows. With several scores, the name of the one to
        choose by, in stages as well.
    cv : int, splitter, iterable or None, default=None
        As in scikit-learn's searches; a splitter that shuffles needs an integer seed, since stages
        are compared on the same folds. Where ``fit`` gets groups, None and an int keep each group
        in one fold.
    verbose : int, default=0
        1 shows a progress bar; higher values are passed on to scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        As in scikit-learn's searches.
    error_score : "raise" or number, default=nan
        Score of a candidate whose fit fails.
    return_train_score : bool, default=False
        Whether ``cv_results_`` has scores on training rows.
    race : bool, default=True
        Whether the networks of a stage race: after 4, 8, 16, ... epochs those stop whose best
        validation losses so far, without the L2 penalty, are behind the leader's by more than the
        standard error over folds. The best of earlier stages takes part; nothing is trained twice.
        This is for a ``ChurnANNClassifier``, alone or as the last step of a Pipeline, with early
        stopping on rows of ``validation_fraction``, for stages whose parameters leave the losses
        comparable (not ``class_weight``, ``resampler`` or ``loss``, for example), and for two folds
        or more. A user-supplied transformer before the network needs an integer for each
        ``random_state``, since it sees the rows again. Anything else is fitted to its end.

    Attributes
    ----------
    cv_results_ : dict of arrays
        As in scikit-learn's searches, with the name of the stage under "stage". A candidate that
        an earlier stage tried is not fitted again. For networks, "n_epochs" is the number of epochs
        that a candidate was trained for, over all folds, and "left_at" the epoch at which it fell
        out of a race (nan if it was trained to its end). A candidate that fell out is scored at its
        best epoch until then, and is not chosen as the best.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_
        As in scikit-learn's searches, over all stages.

    Warns
    -----
    WorkflowWarning
        If candidates are chosen by accuracy although one class is rare.

    Notes
    -----
    From scikit-learn 1.9 on ``set_callbacks`` takes scikit-learn's callbacks. They are told of
    stages and candidates, and reach the estimator in the fit on all rows; with ``race=False`` in
    every fit, while a race trains networks in pieces, of which they are not told.

    References
    ----------
    Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
    Optimization", AISTATS 2016.

    Bengio, "Practical Recommendations for Gradient-Based Training of Deep Architectures", in
    Neural Networks: Tricks of the Trade, 2012, section 3.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import SGDClassifier
    >>> from skann.model_selection import StagedSearchCV
    >>> X, y = make_classification(300, random_state=0)
    >>> stages = {
    ...     "learning_rate": {"eta0": [0.001, 0.01, 0.1]},
    ...     "regularisation": {"alpha": [1e-4, 1e-3, 1e-2]},
    ... }
    >>> model = SGDClassifier("log_loss", learning_rate="constant", random_state=0)
    >>> search = StagedSearchCV(model, stages).fit(X, y)
    >>> search.cv_results_["stage"].tolist()
    ['learning_rate', 'learning_rate', 'learning_rate', 'regularisation', 'regularisation']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        **BaseSearchCV._parameter_constraints,
        "stages": [StrOptions({"default"}), dict],
        "race": ["boolean"],
    }
    estimator: BaseEstimator
    n_jobs: int | None
    cv: Any
    _races: Races | None = None  # while a search runs
    _rows: tuple[Any, Any]  # while a search runs

    def __init__(
        self,
        estimator: BaseEstimator,
        stages: str | Mapping[str, Any] = "default",
        *,
        scoring: str | Callable[..., Any] | Sequence[str] | Mapping[str, Any] | None = "roc_auc",
        n_jobs: int | None = None,
        refit: bool | str | Callable[..., Any] = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: str | float = np.nan,
        return_train_score: bool = False,
        race: bool = True,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.stages = stages
        self.race = race

    def fit(self, X: Table, y: Labels | None = None, **params: Any) -> Self:
        """Run all stages, then fit the best candidate on all rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **params : dict
            Passed to the estimator, the scorer and the splitter, as in scikit-learn's searches;
            ``groups`` also reaches the estimator's ``fit`` where that takes it.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If stages are not parameter grids or would be compared on different folds, "default"
            finds no network to tune, or no candidate of the first stage has a score.
        """
        self._validate_params()
        read_stages(self.stages, self.estimator)  # tells of mistakes before any fit
        self._check_comparable()
        if y is not None and chooses_by_accuracy(self.scoring, self.refit):
            share = rare_share(y)
            if share < RARE_SHARE:
                warnings.warn(
                    f"choosing by accuracy where one class has {share:.1%} of the rows: predicting "
                    f"the other for everybody scores {1 - share:.1%}. scoring='roc_auc' or "
                    "'average_precision' tells models apart",
                    WorkflowWarning,
                    stacklevel=2,
                )
        own = self.estimator, self.n_jobs, self.cv
        cv = self.cv
        if params.get("groups") is not None and (cv is None or isinstance(cv, Integral)):
            cv = StratifiedGroupKFold(cv or 5)
        self.cv = check_cv(cv, y, classifier=is_classifier(self.estimator))
        self._rows = tuple(indexable(X, y))
        if self.race and network_of(self.estimator) is not None:
            parallel = Parallel(self.n_jobs, prefer="threads", pre_dispatch=self.pre_dispatch)
            self._races = Races(self.estimator, parallel)
            # All that is left to do for scikit-learn's loop is to score what races have trained.
            self.estimator, self.n_jobs = self._races.handover.stand_in, 1
        try:
            with nullcontext() if self._races is None else _one_job():
                return super().fit(X, y, **params)
        finally:
            self.estimator, self.n_jobs, self.cv = own
            del self._rows
            self._races = None

    def __getstate__(self) -> dict[str, Any]:
        # Workers are handed the search that they work for, and their rows beside it.
        state = super().__getstate__()
        return {name: state[name] for name in state if name not in ("_races", "_rows")}

    def _check_comparable(self) -> None:
        if self.refit is False and isinstance(self.scoring, list | tuple | set | dict):
            raise ValueError(
                "refit=False leaves open which of several scores the stages choose by: name one "
                "as refit"
            )
        seed = getattr(self.cv, "random_state", 0)
        if getattr(self.cv, "shuffle", True) and not isinstance(seed, Integral):
            raise ValueError(
                "stages are compared on the same folds: give cv an integer random_state, or "
                f"shuffle=False (got {self.cv})"
            )

    def _get_routed_params_for_fit(self, params: dict[str, Any]) -> Any:
        routed = super()._get_routed_params_for_fit(params)
        groups = params.get("groups")
        routing = get_config()["enable_metadata_routing"]
        if groups is not None and not routing and has_fit_parameter(self.estimator, "groups"):
            routed.estimator.fit["groups"] = groups
        split_params = routed.splitter.split
        self.n_splits_ = self.cv.get_n_splits(*self._rows, **split_params)
        if self._races is not None:
            folds = list(self.cv.split(*self._rows, **split_params))
            self._races.fit_params = routed.estimator.fit
            self._races.data = Data(*self._rows, folds, routed.estimator.fit)
        return routed

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], *, callback_ctx: Any = None
    ) -> None:
        stages = read_stages(self.stages, self.estimator)
        best, best_index = own_settings(stages, self.estimator), None
        tried: set[str] = set()
        races = self._races
        n_jobs = self.n_jobs if races is None else races.parallel.n_jobs
        progress = SearchProgress(stages, self.n_splits_, self.verbose, n_jobs)
        # With a bar, a stage comes in batches, of which nobody knows how many there will be.
        n_steps = None if self.verbose else len(stages)
        search = Task(self, callback_ctx).subtask("search", n_steps=n_steps).begin()
        with progress:
            for name, grid in stages.items():
                new = list(candidates(grid, best, tried))
                progress.start(name, new)
                race = races is not None and races.can_race(new, names_in(grid))
                with warnings_held_back() as held:
                    for batch in [new] if race and new else progress.batches(new):
                        more_results: dict[str, list[Any]] = {"stage": [name] * len(batch)}
                        n_fits = len(batch) * self.n_splits_
                        task = search.subtask(name, n_steps=n_fits, in_order=False).begin()
                        told = {}
                        if races is not None:
                            fitted = progress.fitted
                            more_results |= races.run(batch, race, best_index, fitted, task)
                        elif task.context is not None:
                            told = {"callback_ctx": task.context}
                        with _no_message(self):
                            results = evaluate_candidates(batch, more_results=more_results, **told)
                        task.end()
                        best_index = self._best_so_far(results)
                        best = results["params"][best_index]
                        if races is None:
                            progress.fitted(n_fits)
                        progress.scored(self._score_of(results, best_index))
                    check_any_score(name, self.scoring, self._metric(results), results, held)
        search.end()

    def _format_results(
        self, candidate_params: Any, n_splits: int, out: Any, more_results: Any = None
    ) -> dict[str, Any]:
        if self._races is not None:
            # Scikit-learn's clock saw networks that were trained already.
            out = [
                {**fit, "fit_time": fit["fit_time"] + seconds}
                for fit, seconds in zip(out, self._races.seconds, strict=True)
            ]
        return super()._format_results(candidate_params, n_splits, out, more_results)

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: str, results: Mapping[str, Any]) -> int:
        best = BaseSearchCV._select_best_index(refit, refit_metric, results)
        if callable(refit) or "left_at" not in results:
            return int(best)
        # A score of a network that fell out is not that of the network which `refit` would train.
        scores = np.where(
            np.isnan(results["left_at"]), results[f"mean_test_{refit_metric}"], np.nan
        )
        return int(best if np.isnan(scores).all() else np.nanargmax(scores))

    def _metric(self, results: Mapping[str, Any]) -> str:
        several = isinstance(self.refit, str) and f"mean_test_{self.refit}" in results
        return str(self.refit) if several else "score"

    def _best_so_far(self, results: Mapping[str, Any]) -> int:
        return self._select_best_index(self.refit, self._metric(results), results)

    def _score_of(self, results: Mapping[str, Any], index: int) -> float:
        scores = results.get(f"mean_test_{self._metric(results)}")
        return np.nan if scores is None else float(scores[index])


def _one_job() -> AbstractContextManager[Any]:
    """Let n_jobs=1 be one job, where joblib's backend would use all of its workers, as Dask's."""
    backend, _ = get_active_backend()
    ignores_n_jobs = backend.effective_n_jobs(1) > 1
    return parallel_config("threading", n_jobs=1) if ignores_n_jobs else nullcontext()


@contextmanager
def _no_message(search: BaseSearchCV) -> Iterator[None]:
    """Keep scikit-learn from announcing each batch: the bar says more."""
    verbose = search.verbose
    search.verbose = 0
    try:
        yield
    finally:
        search.verbose = verbose
