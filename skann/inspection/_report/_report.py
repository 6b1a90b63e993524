"""What an evaluation found, as tables, text, HTML and plots."""

from os import PathLike
from typing import TYPE_CHECKING

import pandas as pd

from skann._files import written_whole
from skann.inspection._report._evaluation import Evaluation
from skann.inspection._report._html import fragment, page
from skann.inspection._report._plots import plot_all
from skann.inspection._report._text import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class EvaluationReport(Evaluation):
    """What ``skann.inspection.evaluate`` found: prints itself, and shows itself in notebooks.

    Attributes
    ----------
    model : str
        Name of the model; the other models are baselines.
    positive : label
        The label that counts as churn.
    churned : ndarray of bool, shape (n_customers,)
        Who left.
    probabilities : dict of {model: ndarray of shape (n_customers,)}
    decisions : dict of {(model, rule): ndarray of bool, shape (n_customers,)}
        Who is contacted. The rule "half" contacts above a probability of 0.5; "chosen" is the
        model's own rule if it is a ``CostThresholdClassifier``, else the expected gain; "best" is
        the cut that turned out to be the cheapest on these customers, one per model. "nobody" and
        "everybody" are not models, and go by the rule "none".
    costs : namedtuple of fn_cost, fp_cost, tp_cost, tn_cost
    threshold : float or None
        The probability above which the model contacts; None where it differs by customer.
    figures : DataFrame
        As ``to_frame`` returns it. Baselines have a "cost_difference": what the model costs more
        than they do, by the same rule.
    importance : DataFrame
        Columns "column", "auc_lost" (when its values are shuffled) and "spread" (over shuffles).
    reasons : DataFrame
        As from ``explain``, for the likeliest churners, named by their identifier if there is one.
    history : DataFrame or None
        One row per epoch of the network.
    best_epoch : int, list of int or None
    left_out : dict of {column: role}
        Columns that do not reach the network: "id", "text", "constant", "missing", "drop".
    pooled_levels : dict of {column: list of str}
        Levels that were too rare in training, so that they count as one.
    n_models_tested : int or None
        How many models these test rows have seen; None if they do not come from
        ``train_validation_test_split``.
    baselines_trained : bool
        Whether baselines were fitted on training rows, or cross-validated on the test rows.
    findings : Findings or None
        What ``audit`` found, if it was added by
        ``dataclasses.replace(report, findings=audit(...))``.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skann.inspection import evaluate
    >>> X, y = make_classification(400, weights=[0.8], random_state=0)
    >>> model = LogisticRegression().fit(X[:200], y[:200])
    >>> costs = {"fn_cost": 100, "fp_cost": 5}
    >>> report = evaluate(model, X[200:], y[200:], costs=costs, baselines=False, random_state=0)
    >>> print(str(report).splitlines()[2])
    Contact whoever has a probability above 0.04762: 109 of these 200 (54.5%), among them ...
    >>> report.value("contacted", "half") < report.value("contacted", "chosen")
    True
    """

    def to_frame(self) -> pd.DataFrame:
        """Return all figures, one per row.

        Returns
        -------
        DataFrame
            Columns "model"; "rule" ("none" for figures of probabilities);
            "metric"; "value"; "low" and "high", the bounds of its 95% interval.
        """
        return self.figures.copy()

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write one self-contained HTML file, plots included where Matplotlib is installed.

        The file is written whole or not at all.

        Parameters
        ----------
        path : path
            File to write.
        """
        with written_whole(path) as part:
            part.write_text(page(self), encoding="utf-8")

    def plot(self) -> "Figure":
        """Plot calibration, gains and cost, and the history if there is one.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return plot_all(self)

    def __str__(self) -> str:
        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return fragment(self)
