"""From one table to a tuned model: the three-way split, and a search in stages."""

from skann.model_selection._split import DataSplit, train_validation_test_split
from skann.model_selection._staged_search import StagedSearchCV

__all__ = [
    "DataSplit",
    "StagedSearchCV",
    "train_validation_test_split",
]
