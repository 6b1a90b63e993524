"""The private names of scikit-learn that skann uses, all in one place.

They may move or change in any release. Seen with scikit-learn 1.8.0 and 1.9.1. Beside them stand
``_parameter_constraints`` and ``_validate_params`` of its estimators, and the methods of
``BaseSearchCV`` that ``skann.model_selection.StagedSearchCV`` overrides.
"""

from sklearn.base import _fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    validate_params,
)
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_method_params,
    _check_sample_weight,
    _num_samples,
)

__all__ = [
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "_check_feature_names_in",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_openmp_effective_n_threads",
    "_safe_indexing",
    "validate_params",
]
