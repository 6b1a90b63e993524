"""How many models a test set has been shown.

Nothing is written into the user's tables, and no row is held: the models are counted by the
identity of the test rows, and forgotten when these go.
"""

import warnings
import weakref
from hashlib import sha256

import numpy as np

from skann._warnings import WorkflowWarning

_models: dict[int, set[bytes]] = {}  # digests of what each model said, by the id of rows or labels


def remember_test(X_test: object, y_test: object) -> None:
    """Begin to count the models that a test set is shown, found by its rows or its labels."""
    models: set[bytes] = set()
    for part in (X_test, y_test):
        if isinstance(part, list):
            continue  # lists take no weak references
        key = id(part)
        _models[key] = models
        # An identity is used again by other objects once its own is gone.
        weakref.finalize(part, _models.pop, key, None).atexit = False


def models_shown(X_test: object, y_test: object = None) -> set[bytes] | None:
    """Return the models that test rows or labels were shown; None for those of another origin."""
    return _models.get(id(X_test), _models.get(id(y_test)))


def count_look(models: set[bytes], probability: np.ndarray, stacklevel: int = 3) -> int:
    """Note that a model was evaluated; return how many different ones the test set has seen.

    A model is known by its probabilities: the same one, looked at again, tells nothing new.

    Warns
    -----
    WorkflowWarning
        From the second model on.
    """
    model = sha256(np.ascontiguousarray(probability, dtype=np.float64).tobytes()).digest()
    is_new = model not in models
    models.add(model)
    if is_new and len(models) > 1:
        warnings.warn(
            f"this test set has now seen {len(models)} models: the best of them looks better here "
            "than it is. Choose between models on the validation rows, or by cross-validation, and "
            "test the one that you chose",
            WorkflowWarning,
            stacklevel=stacklevel,
        )
    return len(models)
