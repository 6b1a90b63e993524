"""Inner fits, which must not overwrite the checkpoint of the outer fit."""

from typing import Any


def without_checkpoints(estimator: Any) -> Any:
    """Set each ``checkpoint_dir`` in an estimator to None, and return the estimator."""
    own = [
        name
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] == "checkpoint_dir" and value is not None
    ]
    return estimator.set_params(**dict.fromkeys(own)) if own else estimator
