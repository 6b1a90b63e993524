"""A search in stages: the learning rate first, then regularisation, then size."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._param_validation import StrOptions

from skann._warnings import WorkflowWarning
from skann.model_selection._progress import SearchProgress
from skann.model_selection._scoring import RARE_SHARE, chooses_by_accuracy, rare_share
from skann.model_selection._stages import candidates, own_settings, read_stages


class StagedSearchCV(BaseSearchCV):
    """Cross-validated search over parameters in stages, each around the best of those before.

    A full grid over learning rate, regularisation and size multiplies their numbers; stages add
    them up. The order is the one in which they matter to a network: at a wrong learning rate,
    nothing can be said about sizes.

    Parameters
    ----------
    estimator : estimator
        What is tuned: a `ChurnANNClassifier`, or anything that holds one, or any other estimator
        with stages of your own.
    stages : "default" or dict of {name: parameter grid}, default="default"
        What to vary, in this order; a parameter grid is what
        `sklearn.model_selection.GridSearchCV` takes. "default" tunes the one `ChurnANNClassifier`
        in `estimator`, around its own settings: learning rate; dropout and L2; layer sizes.
    scoring : str, callable, list, dict or None, default="roc_auc"
        As in scikit-learn's searches.
    n_jobs : int or None, default=None
        Fits at the same time.
    refit : bool, str or callable, default=True
        Fit the best candidate on all rows. With several scores, the name of the one to choose by,
        which stages choose by, too.
    cv : int, splitter, iterable or None, default=None
        As in scikit-learn's searches; a splitter that shuffles needs an integer seed, for stages
        are compared on the same folds.
    verbose : int, default=0
        1 shows a bar of fits done and left; more is passed on to scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        As in scikit-learn's searches.
    error_score : "raise" or number, default=nan
        Score of a candidate whose fit fails.
    return_train_score : bool, default=False
        Whether `cv_results_` has scores on training rows.

    Attributes
    ----------
    cv_results_ : dict of arrays
        As in scikit-learn's searches, with the name of the stage under "stage". A candidate that
        an earlier stage tried is not fitted again.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_
        As in scikit-learn's searches, over all stages.

    Warns
    -----
    WorkflowWarning
        If candidates are chosen by accuracy although one class is rare.

    References
    ----------
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
    }

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

    def fit(self, X: Any, y: Any = None, **params: Any) -> "StagedSearchCV":
        """Run all stages, then fit the best candidate on all rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        **params : dict
            Handed to the estimator, the scorer and the splitter, as in scikit-learn's searches.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If stages are no parameter grids or would be compared on different folds, or
            "default" finds no network to tune.
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
        return super().fit(X, y, **params)

    def _check_comparable(self) -> None:
        if self.refit is False and isinstance(self.scoring, list | tuple | set | dict):
            raise ValueError(
                "refit=False leaves open which of several scores the stages choose by: name one "
                "as refit."
            )
        seed = getattr(self.cv, "random_state", 0)
        if getattr(self.cv, "shuffle", True) and not isinstance(seed, Integral):
            raise ValueError(
                "Stages are compared on the same folds: give cv an integer random_state, or "
                f"shuffle=False (got {self.cv})."
            )

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        stages = read_stages(self.stages, self.estimator)
        best = own_settings(stages, self.estimator)
        tried: set[str] = set()
        progress = SearchProgress(stages, self.n_splits_, self.verbose, self.n_jobs)
        with progress:
            for name, grid in stages.items():
                new = list(candidates(grid, best, tried))
                for batch in progress.batches(name, new):
                    with _no_message(self):
                        results = evaluate_candidates(
                            batch, more_results={"stage": [name] * len(batch)}
                        )
                    index = self._best_so_far(results)
                    best = results["params"][index]
                    progress.fitted(batch, self._score_of(results, index))

    def _metric(self, results: Mapping[str, Any]) -> str:
        several = isinstance(self.refit, str) and f"mean_test_{self.refit}" in results
        return str(self.refit) if several else "score"

    def _best_so_far(self, results: Mapping[str, Any]) -> int:
        return int(self._select_best_index(self.refit, self._metric(results), results))

    def _score_of(self, results: Mapping[str, Any], index: int) -> float:
        scores = results.get(f"mean_test_{self._metric(results)}")
        return np.nan if scores is None else float(scores[index])


@contextmanager
def _no_message(search: BaseSearchCV) -> Iterator[None]:
    """Keep scikit-learn from announcing each batch: the bar says more."""
    verbose = search.verbose
    search.verbose = 0
    try:
        yield
    finally:
        search.verbose = verbose
