"""Figures of a model on test rows, with intervals from one set of weights for all figures.

Every figure is computed for a block of weights at once: weights of one give the figure itself,
exponential variates its spread (the Bayesian bootstrap: Rubin, Annals of Statistics 1981), in which
neither class can vanish and no sort is repeated.
"""

from collections.abc import Callable, Iterator

import numpy as np

from skann.costs._decision import ranked_groups

N_RESAMPLES = 1000
_LEVEL = (0.025, 0.975)
_MAX_WEIGHTS = 4_000_000  # entries of a block of weights, so that memory stays bounded
_TOP = 0.1  # share of the customers that lift looks at

Figures = dict[str, np.ndarray]


def with_intervals(
    figures: Callable[[np.ndarray], Figures], n_rows: int, generator: np.random.Generator | None
) -> dict[str, tuple[float, float, float]]:
    """Return value, lower and upper bound (95%) of each figure; NaN where it has none.

    Parameters
    ----------
    figures : callable
        Takes weights of shape (n_resamples, n_rows), returns arrays of shape (n_resamples,).
    n_rows : int
    generator : numpy.random.Generator or None
        None leaves the bounds out.
    """
    values = figures(np.ones((1, n_rows)))
    resamples = () if generator is None else _exponential_blocks(n_rows, generator)
    blocks = [figures(weights) for weights in resamples]
    found = {}
    for name, value in values.items():
        draws = np.concatenate([[], *(block[name] for block in blocks)])
        draws = draws[~np.isnan(draws)]
        low, high = np.quantile(draws, _LEVEL) if len(draws) else (np.nan, np.nan)
        found[name] = (float(value[0]), float(low), float(high))
    return found


def _exponential_blocks(n_rows: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    left = N_RESAMPLES
    while left:
        size = min(left, max(1, _MAX_WEIGHTS // n_rows))
        yield generator.standard_exponential((size, n_rows))
        left -= size


def ranking_figures(
    churned: np.ndarray, probability: np.ndarray
) -> Callable[[np.ndarray], Figures]:
    """Return a function that computes figures of probabilities under weights.

    Parameters
    ----------
    churned : ndarray of bool, shape (n_rows,)
    probability : ndarray of shape (n_rows,)
    """
    order, last = ranked_groups(probability)
    smallest = np.finfo(np.float64).eps  # as in scikit-learn's log_loss
    clipped = np.clip(probability, smallest, 1 - smallest)
    surprise = -np.log(np.where(churned, clipped, 1 - clipped))
    per_row = np.column_stack([surprise, (probability - churned) ** 2, probability - churned])

    def figures(weights: np.ndarray) -> Figures:
        total = weights.sum(axis=1)
        log_loss, brier, bias = (weights @ per_row / total[:, None]).T
        ranked = weights[:, order]
        found = np.cumsum(ranked * churned[order], axis=1)[:, last]
        contacted = np.cumsum(ranked, axis=1)[:, last]
        with np.errstate(invalid="ignore"):  # of customers of one class
            return {
                "roc_auc": _roc_auc(found, contacted),
                "average_precision": _average_precision(found, contacted),
                "lift": _lift(found, contacted),
                "log_loss": log_loss,
                "brier": brier,
                "bias": bias,
            }

    return figures


def decision_figures(
    churned: np.ndarray, contacted: np.ndarray, cost: np.ndarray
) -> Callable[[np.ndarray], Figures]:
    """Return a function that computes figures of decisions under weights.

    Parameters
    ----------
    churned, contacted : ndarray of bool, shape (n_rows,)
    cost : ndarray of shape (n_rows,)
        What each customer's outcome cost.
    """
    per_row = np.column_stack(
        [churned & contacted, ~churned & contacted, churned & ~contacted, cost]
    ).astype(np.float64)

    def figures(weights: np.ndarray) -> Figures:
        tp, fp, fn, cost = (weights @ per_row / weights.sum(axis=1)[:, None]).T
        with np.errstate(invalid="ignore"):
            return {
                "contacted": tp + fp,
                "precision": tp / (tp + fp),
                "recall": tp / (tp + fn),
                "f1": 2 * tp / (2 * tp + fp + fn),
                "accuracy": 1 - fp - fn,
                "cost": cost,
            }

    return figures


def difference_figure(further_cost: np.ndarray) -> Callable[[np.ndarray], Figures]:
    """Return a function that computes the mean further cost per customer under weights."""

    def figures(weights: np.ndarray) -> Figures:
        return {"cost_difference": weights @ further_cost / weights.sum(axis=1)}

    return figures


def calibration_error(churned: np.ndarray, probability: np.ndarray, n_bins: int = 10) -> float:
    """Return the mean gap between probability and churn rate over bins of equal size.

    It has no interval: under resampling, noise adds to every gap. Naeini et al., "Obtaining Well
    Calibrated Probabilities Using Bayesian Binning", AAAI 2015, section 4.
    """
    order = np.argsort(probability, kind="stable")
    gaps = [
        abs(probability[rows].sum() - churned[rows].sum()) for rows in np.array_split(order, n_bins)
    ]
    return float(sum(gaps) / len(churned))


def _roc_auc(found: np.ndarray, contacted: np.ndarray) -> np.ndarray:
    false = contacted - found
    width = np.diff(false, axis=1, prepend=0.0)
    height = found - np.diff(found, axis=1, prepend=0.0) / 2  # ties count half
    return (width * height).sum(axis=1) / (false[:, -1] * found[:, -1])


def _average_precision(found: np.ndarray, contacted: np.ndarray) -> np.ndarray:
    steps = np.diff(found, axis=1, prepend=0.0)
    return (steps * found / contacted).sum(axis=1) / found[:, -1]


def _lift(found: np.ndarray, contacted: np.ndarray) -> np.ndarray:
    """Return the churn rate in the top tenth over that of all; a tie at its edge counts in part."""
    wanted = _TOP * contacted[:, -1]
    rows = np.arange(len(found))
    edge = (contacted < wanted[:, None]).sum(axis=1)
    before = np.maximum(edge - 1, 0)
    found_before = np.where(edge > 0, found[rows, before], 0.0)
    contacted_before = np.where(edge > 0, contacted[rows, before], 0.0)
    share = (wanted - contacted_before) / (contacted[rows, edge] - contacted_before)
    in_top = found_before + share * (found[rows, edge] - found_before)
    return in_top / (_TOP * found[:, -1])
