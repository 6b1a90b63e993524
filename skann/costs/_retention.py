"""Costs of a retention offer."""

import numpy as np
from numpy.typing import ArrayLike

from skann._typing import Amount


def retention_costs(
    clv: ArrayLike, incentive: ArrayLike, contact: ArrayLike, acceptance: ArrayLike
) -> dict[str, Amount]:
    """Return the four costs of contacting customers with an offer that some churners accept.

    Whoever is left alone costs nothing. A loyal customer who is contacted takes the incentive, and
    the contact is paid. A churner who is contacted accepts with probability ``acceptance``, then
    stays for the incentive; the contact is paid either way.

    Parameters
    ----------
    clv : float or array-like of shape (n_customers,)
        Customer lifetime value, which is lost when the customer leaves.
    incentive : float or array-like of shape (n_customers,)
        Cost of the offer when it is taken.
    contact : float or array-like of shape (n_customers,)
        Cost of one contact.
    acceptance : float or array-like of shape (n_customers,)
        Probability from 0 to 1 that a churner accepts.

    Returns
    -------
    dict
        "fn_cost" 0, "fp_cost" ``incentive + contact``, "tp_cost"
        ``contact - acceptance * (clv - incentive)``, "tn_cost" 0: floats, or arrays of shape
        (n_customers,). Contact pays at no probability where
        ``clv <= incentive + contact / acceptance``.

    Raises
    ------
    ValueError
        If an amount is not finite, a cost is negative, or an acceptance lies outside 0 and 1.

    References
    ----------
    Verbraken, Verbeke, Baesens, "A Novel Profit Maximizing Metric for Measuring Classification
    Performance of Customer Churn Prediction Models", IEEE TKDE 2013, section 3.

    Examples
    --------
    >>> from skann.costs import retention_costs
    >>> retention_costs(clv=200, incentive=10, contact=1, acceptance=0.3)
    {'fn_cost': 0.0, 'fp_cost': 11.0, 'tp_cost': -56.0, 'tn_cost': 0.0}
    """
    amounts = {
        "clv": clv,
        "incentive": incentive,
        "contact": contact,
        "acceptance": acceptance,
    }
    arrays = {name: np.asarray(amount, dtype=np.float64) for name, amount in amounts.items()}
    for name, amount in arrays.items():
        if not np.all(np.isfinite(amount)):
            raise ValueError(f"{name} holds NaN or infinity; fill or correct these first")
        if name != "clv" and np.any(amount < 0):
            raise ValueError(f"{name} must not be negative")
    if np.any(arrays["acceptance"] > 1):
        raise ValueError("acceptance is a probability: it must not be above 1")
    wasted = arrays["incentive"] + arrays["contact"]
    kept = arrays["acceptance"] * (arrays["clv"] - arrays["incentive"])
    saved = arrays["contact"] - kept
    return {
        "fn_cost": 0.0,
        "fp_cost": wasted if wasted.ndim else float(wasted),
        "tp_cost": saved if saved.ndim else float(saved),
        "tn_cost": 0.0,
    }
