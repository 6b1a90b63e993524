"""How many models a test set has seen, and which training rows belong to it.

Nothing is written into the user's tables: records are kept by the identity of the test rows, and
go when these go.
"""

import warnings
import weakref
from hashlib import sha256
from typing import Any

import numpy as np

from skann._warnings import WorkflowWarning


class TestRecord:
    """What is known of one test set."""

    __test__ = False  # no test class, whatever its name says to pytest

    def __init__(self, X_train: object, y_train: object) -> None:
        self.models: set[bytes] = set()
        self._train = [weakref.ref(part) for part in (X_train, y_train) if _is_tracked(part)]

    def training_rows(self) -> tuple[Any, Any] | None:
        """Return the training rows and labels of the same split, while these exist."""
        rows = [reference() for reference in self._train]
        return (
            (rows[0], rows[1])
            if len(rows) == 2 and all(part is not None for part in rows)
            else None
        )


_records: dict[int, TestRecord] = {}


def remember_test(X_test: object, y_test: object, X_train: object, y_train: object) -> None:
    """Open a record, found by the rows or by their labels."""
    record = TestRecord(X_train, y_train)
    for part in filter(_is_tracked, (X_test, y_test)):
        key = id(part)
        _records[key] = record
        # An identity is used again by other objects once its own is gone.
        weakref.finalize(part, _records.pop, key, None).atexit = False


def find_test(X_test: object, y_test: object = None) -> TestRecord | None:
    """Return the record of test rows or labels; None for those of another origin."""
    return _records.get(id(X_test)) or _records.get(id(y_test))


def count_look(record: TestRecord, probability: np.ndarray, stacklevel: int = 3) -> int:
    """Note that a model was evaluated; return how many different ones the test set has seen.

    A model is known by its probabilities: the same one, looked at again, tells nothing new.

    Warns
    -----
    WorkflowWarning
        From the second model on.
    """
    model = sha256(np.ascontiguousarray(probability, dtype=np.float64).tobytes()).digest()
    is_new = model not in record.models
    record.models.add(model)
    seen = len(record.models)
    if is_new and seen > 1:
        warnings.warn(
            f"this test set has now seen {seen} models: the best of them looks better here than it "
            "is. Choose between models on the validation rows, or by cross-validation, and test "
            "the one that you chose",
            WorkflowWarning,
            stacklevel=stacklevel,
        )
    return seen


def _is_tracked(part: object) -> bool:
    return not isinstance(part, list)  # lists take no weak references
