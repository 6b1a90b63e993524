"""Recalibration of probabilities by scikit-learn's calibrators."""

import copy
from typing import Self

import numpy as np
from scipy.special import logit
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV


class _LogOdds(ClassifierMixin, BaseEstimator):
    """A classifier whose one feature is its decision function."""

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: object = None) -> Self:
        self.classes_ = np.array([False, True])
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X[:, 0] > 0

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return X[:, 0]


def fit_calibrator(
    probability: np.ndarray, positive: np.ndarray, weight: np.ndarray, method: str
) -> CalibratedClassifierCV:
    """Fit a calibrator to probabilities, shape (n,), of customers unseen in training."""
    everyone = np.arange(len(positive))
    calibrator = CalibratedClassifierCV(
        _LogOdds(), method=method, cv=[(everyone, everyone)], ensemble=False
    )
    with config_context(enable_metadata_routing=False):  # the weights are for the calibrator alone
        return calibrator.fit(_features(probability), positive, sample_weight=weight)


def without_rows(calibrator: CalibratedClassifierCV) -> CalibratedClassifierCV:
    """Return the calibrator without the indices of the customers that it was fitted on."""
    lean = copy.copy(calibrator)
    lean.cv = None
    return lean


def calibrate(calibrator: CalibratedClassifierCV, probability: np.ndarray) -> np.ndarray:
    """Return calibrated probabilities, shape (n,)."""
    return calibrator.predict_proba(_features(probability))[:, 1]


def _features(probability: np.ndarray) -> np.ndarray:
    # Certain probabilities have infinite log-odds, which no calibrator takes.
    return np.clip(logit(probability), -40.0, 40.0)[:, np.newaxis]
