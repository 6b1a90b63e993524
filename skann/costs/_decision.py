"""From probabilities to decisions: gains, Bayes' rule, and the exact best cut.

With p the probability of churn, contacting a customer instead of leaving that customer gains
``p * missed - (1 - p) * wasted`` (Elkan 2001, section 2). Where both differences are positive,
this is above 0 exactly for p above ``wasted / (wasted + missed)``. Contact always means
"score strictly above the cut".
"""

from typing import NamedTuple

import numpy as np

from skann.costs._matrix import Costs


def contact_gain(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """Return the expected gain of contacting each customer instead of leaving them alone."""
    return probability * costs.missed - (1.0 - probability) * costs.wasted


def bayes_threshold(costs: Costs) -> float:
    """Return the probability above which contact pays, for costs that are the same for everybody.

    It is -inf where contact pays at every probability, and inf where it pays at none.

    Raises
    ------
    ValueError
        If both mistakes cost less than the right decisions.
    """
    missed, wasted = costs.missed, costs.wasted
    if missed < 0 and wasted < 0:
        raise ValueError(
            f"These costs reward mistakes: fn_cost={costs.fn_cost:g} is below "
            f"tp_cost={costs.tp_cost:g}, and fp_cost={costs.fp_cost:g} is below "
            f"tn_cost={costs.tn_cost:g}. A cost is what an outcome costs, a benefit is a negative "
            "cost: check the signs, or name the other class as pos_label"
        )
    if missed > 0 and wasted > 0:
        return float(wasted / (wasted + missed))
    return -np.inf if missed >= 0 >= wasted and missed != wasted else np.inf


def contestable(costs: Costs) -> np.ndarray | bool:
    """Return whose decision depends on the probability: both mistakes cost something."""
    return (costs.missed > 0) & (costs.wasted > 0)


def contact_outside(probability: np.ndarray, costs: Costs) -> np.ndarray:
    """Return whom to contact of those who are not contestable.

    Whoever gains in expectation, and whoever cannot lose although the probability is 0 or 1.
    """
    cannot_lose = (costs.missed >= 0) & (costs.wasted <= 0) & (costs.missed != costs.wasted)
    return (contact_gain(probability, costs) > 0) | cannot_lose


def loss_share(probability: np.ndarray | float, costs: Costs) -> np.ndarray:
    """Rescale probabilities so that contact pays above 1/2, whatever the customer's costs.

    The share of ``p * missed`` in ``p * missed + (1 - p) * wasted``. Its log-odds are
    logit(p) - logit(p*), so that one cut on it is one shift of all log-odds. Only for
    contestable customers.
    """
    missed, wasted = probability * costs.missed, (1.0 - probability) * costs.wasted
    return np.asarray(missed / (missed + wasted))


class Sweep(NamedTuple):
    """All cuts of a score, from "nobody" to "everybody", each of shape (n_cuts,)."""

    low: np.ndarray  # contacting scores above t is this cut for low <= t < high
    high: np.ndarray
    gain: np.ndarray  # total gain over contacting nobody
    contacted: np.ndarray  # total weight contacted

    def middles(self) -> np.ndarray:
        """Return a threshold for each cut."""
        return middle(self.low, self.high)


def sweep(score: np.ndarray, gain: np.ndarray, weight: np.ndarray) -> Sweep:
    """Return what contacting all scores above t gains, for every t that makes a difference.

    Parameters
    ----------
    score : ndarray of shape (n,)
        Numbers from 0 to 1; equal scores are contacted together.
    gain : ndarray of shape (n,)
        What contacting each customer gained, known after the fact, times the weight.
    weight : ndarray of shape (n,)
        Sample weights.
    """
    order, last = ranked_groups(score)
    distinct = score[order[last]]
    return Sweep(
        low=np.append(distinct, -np.inf),
        high=np.append(np.inf, distinct),
        gain=np.append(0.0, np.cumsum(gain[order])[last]),
        contacted=np.append(0.0, np.cumsum(weight[order])[last]),
    )


def ranked_groups(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order from the highest score down, and where each run of equal scores ends."""
    order = np.argsort(score)[::-1]
    ranked = score[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
    return order, last


def middle(low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """Return the middle of the thresholds ``low <= t < high`` that lie within 0 and 1.

    It is -inf or inf where none does: everybody although a score is 0, nobody although one is 1.
    """
    inside_low, inside_high = np.maximum(low, 0.0), np.minimum(high, 1.0)
    centre = inside_low + (inside_high - inside_low) / 2.0
    # Between neighbouring floats the middle rounds to one of them: take the lower, which is inside.
    centre = np.where(centre >= inside_high, inside_low, centre)
    centre = np.where(high <= 0.0, -np.inf, centre)
    return np.where(low >= 1.0, np.inf, centre)


def best_cut(swept: Sweep, expected: float) -> float:
    """Return the cut with the highest gain, in the middle of its plateau.

    Cuts that gain the same up to rounding form plateaus. Of several, it is the one nearest to
    ``expected``, the cut that would be right for calibrated probabilities, then the one that
    contacts fewer.
    """
    rounding = 1e-12 * np.abs(np.diff(swept.gain)).sum()
    tied = np.flatnonzero(swept.gain >= swept.gain.max() - rounding)
    breaks = np.flatnonzero(np.diff(tied) > 1)
    first, last = tied[np.append(0, breaks + 1)], tied[np.append(breaks, len(tied) - 1)]
    centre = middle(swept.low[last], swept.high[first])
    return float(centre[np.argmin(np.abs(centre - expected))])


def bootstrap_cuts(
    score: np.ndarray,
    gain: np.ndarray,
    random_state: np.random.RandomState,
    n_resamples: int = 50,
    n_blocks: int = 10_000,
) -> np.ndarray:
    """Return the best cuts under the Bayesian bootstrap, of shape (n_resamples,).

    Each resample weighs the customers by independent exponential variates (Rubin, "The Bayesian
    Bootstrap", Annals of Statistics 1981). Where there are more than ``n_blocks`` distinct scores,
    neighbouring ones are cut together, and a block's gains and losses are gamma variates of the
    mean and variance that those of its customers have in sum; for one customer that is exponential,
    for several with equal gains it is exact.
    """
    order, last = ranked_groups(score)
    if not len(last):
        return np.full(n_resamples, middle(-np.inf, np.inf))
    step = -(-len(last) // n_blocks)
    ends = np.append(last[step - 1 : -1 : step], last[-1])
    starts = np.append(0, ends[:-1] + 1)
    gain = gain[order]
    won = _block_resamples(np.maximum(gain, 0.0), starts, random_state, n_resamples)
    lost = _block_resamples(np.maximum(-gain, 0.0), starts, random_state, n_resamples)
    total = np.cumsum(won - lost, axis=1)
    best = np.where(total.max(axis=1) > 0, 1 + total.argmax(axis=1), 0)
    low = np.append(score[order[starts]], -np.inf)
    high = np.append(np.inf, score[order[ends]])
    return middle(low[best], high[best])


def _block_resamples(
    amount: np.ndarray, starts: np.ndarray, random_state: np.random.RandomState, n_resamples: int
) -> np.ndarray:
    """Return sums of amounts times exponential weights, of shape (n_resamples, n_blocks)."""
    total, square = np.add.reduceat(amount, starts), np.add.reduceat(amount**2, starts)
    with np.errstate(invalid="ignore"):
        shape, scale = np.nan_to_num(total**2 / square), np.nan_to_num(square / total)
    return scale * random_state.standard_gamma(shape, size=(n_resamples, len(starts)))
