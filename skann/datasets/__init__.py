"""Data to try a churn model on: synthetic customers and public tables."""

from skann.datasets._fetchers import (
    fetch_adult,
    fetch_bank_churn,
    fetch_bank_marketing,
    fetch_hr_attrition,
    fetch_telco_churn,
    fetch_telecom_churn,
    fetch_tv_churn,
)
from skann.datasets._synthetic import make_churn

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
