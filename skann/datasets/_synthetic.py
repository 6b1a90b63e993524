"""Synthetic customers who leave for reasons like those of real ones."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_random_state

from skann._sklearn_private import Interval, validate_params

_SNAPSHOT = pd.Timestamp("2025-01-01")
_CONTRACTS = ["Month-to-month", "One year", "Two years"]
_PAYMENTS = ["Bank transfer", "Credit card", "Electronic check", "Mailed check"]
_N_REGIONS = 30
# How much is not chance: the best possible AUC at a churn rate of 0.2 is near 0.875.
_SCALE = 0.88

_DESCRIPTION = """\
Synthetic churn data
--------------------

Customers of a fictional subscription service, one row each, as of 2025-01-01.
The target says whether the customer left in the following month.

Target: ``churn``, "No" or "Yes" (the positive class, sorted last).

Columns
    customer_id       text, different in every row: drop it
    signup_date       date; repeats what tenure_months says
    region            text, 30 levels, the rarest below one per cent
    contract          text, 3 levels
    payment_method    text, 4 levels; 2 % missing
    paperless_billing boolean
    has_internet      boolean
    age               years; 8 % missing at random
    tenure_months     whole months since signup_date
    monthly_charge    money per month
    usage_gb          gigabytes per month, heavy right tail; missing without internet
    support_calls     calls in the last quarter, most often 0
    survey_score      1 to 10; often missing, and the silent leave more often
    customer_value    money lost when the customer leaves: margin of the coming years

What to expect
    Effects are nonlinear and interact: usage and age matter at both ends, one or two support calls
    are harmless and four are not, a high charge drives away only those without a contract. On
    10,000 rows gradient boosting reaches an AUC near 0.85 and logistic regression some 0.03 less;
    no model can reach 0.9, because who leaves is partly chance.

Traps
    Accuracy: at 20 % churn, "nobody leaves" is right for 80 % of the customers.
    customer_id and signup_date carry nothing that the other columns lack.
    Missing values carry information in survey_score and usage_gb, and none in age.
"""


@validate_params(
    {
        "n_samples": [Interval(Integral, 10, None, closed="left")],
        "churn_rate": [Interval(Real, 0, 1, closed="neither")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_churn(
    n_samples: int = 10_000,
    churn_rate: float = 0.2,
    random_state: int | np.random.RandomState | None = None,
    *,
    return_X_y: bool = False,
) -> Any:
    """Generate a table of customers, some of whom leave.

    Parameters
    ----------
    n_samples : int, default=10_000
        Number of customers, at least 10.
    churn_rate : float, default=0.2
        Share of customers who leave, between 0 and 1. It is met exactly, up to rounding to whole
        customers; at least one customer leaves and at least one stays.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw. The rules by which customers leave are the same for every seed, so a
        model fitted on one draw can be tested on another.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With the attributes

        data : DataFrame of shape (n_samples, 14)
            Text, boolean, date and numeric columns, with missing values.
        target : Series of shape (n_samples,)
            ``"Yes"`` for customers who left, ``"No"`` for the others.
        frame : DataFrame of shape (n_samples, 15)
            ``data`` and ``target``.
        feature_names, target_names : list of str
        DESCR : str
            Meaning of the columns, and where they mislead.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If ``n_samples`` or ``churn_rate`` is out of range.

    Examples
    --------
    >>> from skann.datasets import make_churn
    >>> X, y = make_churn(1000, churn_rate=0.1, random_state=0, return_X_y=True)
    >>> X.shape
    (1000, 14)
    >>> int((y == "Yes").sum())
    100
    """
    rng = check_random_state(random_state)
    data, propensity = _draw_customers(n_samples, rng)
    # A logistic model with the intercept at which exactly this many customers leave.
    urge = propensity + rng.logistic(size=n_samples)
    n_leaving = min(max(round(n_samples * churn_rate), 1), n_samples - 1)
    leaves = np.zeros(n_samples, dtype=bool)
    leaves[np.argsort(-urge)[:n_leaving]] = True
    target = pd.Series(np.where(leaves, "Yes", "No"), name="churn")
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=data.assign(churn=target),
        feature_names=list(data.columns),
        target_names=["No", "Yes"],
        DESCR=_DESCRIPTION,
    )


def _draw_customers(n: int, rng: np.random.RandomState) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw customers, and how much each is inclined to leave, as a logit without its intercept."""
    region_share = 1 / np.arange(1, _N_REGIONS + 1)
    region = rng.choice(_N_REGIONS, size=n, p=region_share / region_share.sum())
    contract = rng.choice(3, size=n, p=[0.55, 0.25, 0.2])
    payment = rng.choice(4, size=n, p=[0.2, 0.25, 0.35, 0.2])
    paperless = rng.uniform(size=n) < 0.6
    internet = rng.uniform(size=n) < 0.85
    age = np.clip(rng.normal(46, 15, size=n), 18, 90).round()
    tenure = np.clip(rng.exponential(18 + 14 * contract), 0, 120).astype(int)
    charge = (20 + 45 * internet + rng.gamma(3, 7, size=n) - 4 * contract).round(2)
    usage = rng.lognormal(3.2 + 0.012 * (charge - 65), 1.0)
    annoyance = rng.normal(size=n)
    calls = rng.poisson(rng.gamma(0.8, 1.6, size=n) * np.exp(0.35 * annoyance))
    survey = np.clip((7.2 - 1.6 * annoyance + rng.normal(0, 1.2, size=n)).round(), 1, 10)

    propensity = _SCALE * (
        np.array([0.9, -0.4, -1.3])[contract]
        + np.array([0.0, -0.2, 0.6, 0.1])[payment]
        + 0.4 * np.sin(2.4 * np.arange(_N_REGIONS))[region]
        + 0.2 * paperless
        - 0.45 * np.log1p(tenure)
        + 0.7 * annoyance
        + np.array([0.0, -0.3, -0.1, 0.6, 1.4, 2.0])[np.minimum(calls, 5)]
        + 0.6 * ((age - 46) / 15) ** 2
        + (contract == 0) * 0.9 * np.clip((charge - 75) / 15, -1, 3)
        + internet * (0.5 * (np.log(usage) - 3.3) ** 2 - 0.4)
    )

    silent = rng.uniform(size=n) < 1 / (1 + np.exp(0.6 - annoyance))
    value = charge * rng.lognormal(2.2, 0.5, size=n) * (1 + 0.15 * contract)
    signup = _SNAPSHOT - pd.to_timedelta((tenure * 30.44 + rng.uniform(0, 30, n)).round(), "D")
    regions = np.array([f"Region {number:02d}" for number in range(1, _N_REGIONS + 1)])
    data = pd.DataFrame(
        {
            "customer_id": [f"C{number:07d}" for number in rng.permutation(n)],
            "signup_date": signup,
            "region": regions[region],
            "contract": np.array(_CONTRACTS)[contract],
            "payment_method": np.array(_PAYMENTS)[payment],
            "paperless_billing": paperless,
            "has_internet": internet,
            "age": np.where(rng.uniform(size=n) < 0.08, np.nan, age),
            "tenure_months": tenure,
            "monthly_charge": charge,
            "usage_gb": np.where(internet, usage.round(2), np.nan),
            "support_calls": calls,
            "survey_score": np.where(silent, np.nan, survey),
            "customer_value": value.round(2),
        }
    )
    data.loc[rng.uniform(size=n) < 0.02, "payment_method"] = None
    return data, propensity
