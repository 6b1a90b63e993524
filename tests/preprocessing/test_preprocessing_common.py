import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

import skann.preprocessing as preprocessing
from skann.preprocessing import (
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TableCleaner,
    TableEncoder,
)

ESTIMATORS = [
    PiecewiseLinearEncoder(),
    SmoothClipScaler(),
    TableCleaner(),
    TableEncoder(),
    TableEncoder("quantile"),
    TableEncoder("auto", "auto"),
]


# Small made integers look like identifiers now and then.
@pytest.mark.filterwarnings("ignore::skann.DroppedColumnWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(ESTIMATORS)
def test_estimators_keep_scikit_learns_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_parameters_are_stored_untouched(estimator):
    assert clone(estimator).get_params() == estimator.get_params()


def test_public_names_are_importable():
    for name in preprocessing.__all__:
        assert getattr(preprocessing, name).__module__.startswith("skann.preprocessing._")
