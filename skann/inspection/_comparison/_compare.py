"""How a table has changed since the model was trained, and what that does to its scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from skann._typing import Label, Table
from skann.costs._prior_estimate import PriorEstimate
from skann.inspection._comparison._changes import (
    Change,
    compare_column,
    level_of_a_test,
    repeated_rows,
)
from skann.inspection._comparison._put_back import put_back
from skann.inspection._comparison._summary import (
    Summary,
    implied_rate,
    repeated_share,
    scores,
    summarize_table,
    tells_rates,
    training_rate,
)
from skann.preprocessing._table import as_table

_MAX_SCORED = 20_000  # rows that columns are put back in


@dataclass(frozen=True, eq=False, repr=False)
class TableComparison:
    """What ``skann.inspection.compare_tables`` found: prints itself, and shows itself in notebooks.

    Attributes
    ----------
    columns : DataFrame
        As ``to_frame`` returns it.
    changes : list of Change
        Named tuples of column (None for the rows as such), change, evidence and is_fault: whether
        it looks like a fault of the data rather than a change of the customers.
    n_reference, n_new : int
        Rows compared.
    score_mean, score_mean_before : float or None
        Mean probability of churn of the new rows, and of the reference.
    prior : PriorEstimate or None
        The churn rate that the new scores imply, with its interval; None where the scores of the
        reference imply a rate that it did not have.
    prior_before : float or None
        The churn rate that the model was trained at.
    verdict : str
        What to do, in one sentence.

    Examples
    --------
    >>> from skann.datasets import make_churn
    >>> from skann.inspection import compare_tables
    >>> X, y = make_churn(2000, random_state=0, return_X_y=True)
    >>> cents = X[1000:].assign(monthly_charge=100 * X["monthly_charge"])
    >>> print(compare_tables(X[:1000], cents))
    1,000 new rows, against 1,000 of the reference
    <BLANKLINE>
    Mend the data first, then compare again: monthly_charge (unit changed).
    <BLANKLINE>
    monthly_charge: unit changed
      All values are about ... times those of the reference: another unit, or another meaning?
    <BLANKLINE>
    """

    columns: pd.DataFrame
    changes: list[Change]
    n_reference: int
    n_new: int
    score_mean: float | None
    score_mean_before: float | None
    prior: PriorEstimate | None
    prior_before: float | None
    verdict: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row per column.

        Returns
        -------
        DataFrame
            Columns "column"; "role"; "psi", the population stability index without what chance
            adds to it; "missing_before" and "missing", shares; "changes", in words; "score_moved",
            by how much the column moved the mean probability (NaN without a model).
        """
        return self.columns.copy()

    def __str__(self) -> str:
        parts = [
            f"{self.n_new:,} new rows, against {self.n_reference:,} of the reference",
            self.verdict,
        ]
        if self.changes:
            parts.append("\n".join(f"{_title(c)}\n  {c.evidence}" for c in self.changes))
        if self.score_mean is not None:
            parts.append("\n".join(self._of_scores()))
        return "\n\n".join(parts) + "\n"

    __repr__ = __str__

    def _of_scores(self) -> list[str]:
        before = ""
        if self.score_mean_before is not None:
            before = f", {self.score_mean_before:.4f} in the reference"
        lines = [f"Mean probability {self.score_mean:.4f}{before}."]
        moved = self.columns.dropna(subset="score_moved")
        moved = moved[moved["score_moved"].abs() >= 0.0005]
        for row in moved.sort_values("score_moved", key=abs, ascending=False).head(5).itertuples():
            lines.append(f"  {row.column} moved it by {row.score_moved:+.4f}")
        if self.prior is not None:
            lines.append(
                f"The scores imply a churn rate of {self.prior.prior:.1%} ({self.prior.low:.1%} to "
                f"{self.prior.high:.1%}); training had {self.prior_before:.1%}."
            )
        elif self.prior_before is not None:
            lines.append(
                "The scores do not tell the churn rate: the model's probabilities are off on the "
                "reference as well."
            )
        return lines

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{escape(_title(change))}</b><br>{escape(change.evidence)}</li>"
            for change in self.changes
        )
        found = f"<ul>{items}</ul>" if items else ""
        scored = ""
        if self.score_mean is not None:
            scored = "".join(f"<p>{escape(line)}</p>" for line in self._of_scores())
        return (
            f"<div><p>{self.n_new:,} new rows, against {self.n_reference:,} of the reference</p>"
            f"<p><b>{escape(self.verdict)}</b></p>{found}{scored}</div>"
        )


def compare_tables(
    reference: Table | Summary, new: Table, model: BaseEstimator | None = None
) -> TableComparison:
    """Compare new customers with those that a model knows, column by column.

    Parameters
    ----------
    reference : table, or dict
        Raw rows such as those of training, or what ``summarize_table`` made of them.
    new : pandas or polars DataFrame, or array-like, of shape (n_samples, n_features)
        Raw rows of new customers. They are read as those of the reference were.
    model : fitted classifier with ``predict_proba``, default=None
        Shows what the changes do to its scores: by how much each column moved their mean (compared
        with the column put back to what the reference holds), and what churn rate they imply.

    Returns
    -------
    TableComparison
        Prints itself, and shows itself in notebooks; ``to_frame``, ``changes``, ``verdict``.

    Raises
    ------
    ValueError
        If a table has no rows or no columns.

    Notes
    -----
    A change is named if it is significant, by Fisher's test for shares and the chi-square test for
    distributions, at a level divided among all tests (Bonferroni), so that one in a thousand tables
    that have not changed is said to have; and if it is large enough: a population stability index
    of 0.1 beyond what chance adds to it (Yurdakul, "Statistical Properties of Population Stability
    Index", 2018), 2% of the rows for gaps and repeats, 0.5% for what the reference does not have.

    Examples
    --------
    >>> from skann.datasets import make_churn
    >>> from skann.inspection import compare_tables, summarize_table
    >>> X, y = make_churn(2000, random_state=0, return_X_y=True)
    >>> summary = summarize_table(X[:1000])
    >>> compare_tables(summary, X[1000:]).verdict
    'Nothing has changed beyond chance: go on as before.'
    >>> found = compare_tables(summary, X[1000:].assign(region="Atlantis"))
    >>> [(change.column, change.change) for change in found.changes]
    [('region', 'new levels'), ('region', 'shares of levels')]
    """
    summary = dict(reference) if isinstance(reference, Mapping) else summarize_table(reference)
    table = as_table(new)
    known = {column["name"]: column for column in summary["columns"]}
    alpha = level_of_a_test(len(known))
    changes = list(repeated_rows(summary, repeated_share(table), len(table), alpha))
    rows = []
    for name, old in known.items():
        if name not in table:
            changes.append(Change(name, "column missing", "The reference has it.", True))
            continue
        found = compare_column(old, table[name], summary["n_rows"], alpha)
        changes += found.changes
        rows.append(
            {
                "column": name,
                "role": old["role"],
                "psi": found.psi,
                "missing_before": old["missing"],
                "missing": found.missing,
                "changes": ", ".join(change.change for change in found.changes),
                "score_moved": np.nan,
            }
        )
    columns = pd.DataFrame(rows)
    lacking = [change for change in changes if change.change == "column missing"]
    scored = _Scored(None, None, None, None)
    if model is not None and not lacking:
        scored = _score(model, summary, reference, new, table)
        columns["score_moved"] = _moved(model, new, table, known)
    return TableComparison(
        columns=columns,
        changes=changes,
        n_reference=summary["n_rows"],
        n_new=len(table),
        score_mean=scored.mean,
        score_mean_before=scored.mean_before,
        prior=scored.prior,
        prior_before=scored.prior_before,
        verdict=_verdict(changes, scored),
    )


@dataclass(frozen=True)
class _Scored:
    mean: float | None
    mean_before: float | None
    prior: PriorEstimate | None
    prior_before: float | None


def _score(
    model: BaseEstimator,
    summary: Summary,
    reference: Table | Summary,
    new: Table,
    table: pd.DataFrame,
) -> _Scored:
    probability = scores(model, new)
    if "score" not in summary and not isinstance(reference, Mapping):
        summary = summarize_table(reference, model)
    rate = training_rate(model)
    return _Scored(
        float(probability.mean()),
        summary.get("score", {}).get("mean"),
        implied_rate(model, probability) if tells_rates(summary, rate) else None,
        rate,
    )


def _moved(
    model: BaseEstimator, new: Table, table: pd.DataFrame, known: Mapping[Label, Summary]
) -> list[float]:
    """Return by how much each column moved the mean score."""
    rows = table.iloc[:: -(-len(table) // _MAX_SCORED)]
    as_given = hasattr(new, "columns")
    own = scores(model, rows if as_given else rows.to_numpy()).mean()
    moved = []
    for name, old in known.items():
        column = put_back(rows[name], old)
        if column is None:
            moved.append(np.nan)
            continue
        changed = rows.copy(deep=False)
        changed[name] = column
        moved.append(float(own - scores(model, changed if as_given else changed.to_numpy()).mean()))
    return moved


def _title(change: Change) -> str:
    return change.change if change.column is None else f"{change.column}: {change.change}"


def _verdict(changes: list[Change], scored: _Scored) -> str:
    faults = [change for change in changes if change.is_fault]
    if faults:
        return f"Mend the data first, then compare again: {_named(faults)}."
    rate = scored.prior
    before = scored.prior_before
    if rate is not None and before is not None and not rate.low <= before <= rate.high:
        start = f"Customers have changed ({_named(changes)}), and the" if changes else "The"
        return (
            f"{start} scores imply a churn rate of {rate.prior:.1%} where training had "
            f"{before:.1%}: decide with prior={rate.prior:.3g} (in the command: --prior), and "
            "train again once labels are there."
        )
    if changes:
        return (
            f"Customers have changed: {_named(changes)}. Go on with care, check the cost as soon "
            "as labels are there, and train again if it has risen."
        )
    return "Nothing has changed beyond chance: go on as before."


def _named(changes: list[Change]) -> str:
    """Return the first changes, in few words."""
    texts = [
        change.change if change.column is None else f"{change.column} ({change.change})"
        for change in changes
    ]
    more = f" and {len(texts) - 4} more" if len(texts) > 4 else ""
    return ", ".join(texts[:4]) + more
