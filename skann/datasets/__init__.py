"""Data to try a churn model on: made customers and public tables."""

from skann.datasets._made import make_churn
from skann.datasets._real import (
    fetch_adult,
    fetch_bank_churn,
    fetch_bank_marketing,
    fetch_hr_attrition,
    fetch_telco_churn,
    fetch_telecom_churn,
    fetch_tv_churn,
)

__all__ = [
    "fetch_adult",
    "fetch_bank_churn",
    "fetch_bank_marketing",
    "fetch_hr_attrition",
    "fetch_telco_churn",
    "fetch_telecom_churn",
    "fetch_tv_churn",
    "make_churn",
]
