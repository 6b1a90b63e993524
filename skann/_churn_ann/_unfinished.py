"""The state of an unfinished fit on disk, from which another process can continue."""

import hashlib
import os
import pickle
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
import psutil
import sklearn
from sklearn.base import BaseEstimator

from skann._churn_ann._fit_in_parts import NetworkParts
from skann._files import written_whole
from skann._version import __version__
from skann._warnings import WorkflowWarning, warn, warn_at_once
from skann.preprocessing._table import as_table

# What may change between a fit and the one that goes on from it. Folds and seeds stand in the plan.
_FREE = {
    *("cv", "random_state", "validation_fraction"),
    *("callbacks", "checkpoint_dir", "n_jobs", "verbose", "warm_start"),
}
_DIGEST_BYTES = hashlib.sha256().digest_size


class StateFile(NamedTuple):
    """The file of one network: a checksum, and the pickle of the network and of its training."""

    path: Path

    def read(self) -> tuple[Any, NetworkParts] | None:
        """Return the network and the state of its training; None if there is no intact file."""
        if not self.path.exists():
            return None
        content = self.path.read_bytes()
        digest, state = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(state).digest() != digest:
            warn(f"{self.path} is damaged: the network starts anew", WorkflowWarning)
            return None
        member, parts = pickle.loads(state)
        return member, parts

    def write(self, member: object, parts: NetworkParts) -> None:
        """Write the state, whole or not at all.

        Raises
        ------
        ValueError
            If a part of the pipeline cannot be pickled.
        """
        from skann.networks import stored

        try:
            state = pickle.dumps((member, replace(parts, callbacks=stored(parts.callbacks))))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                "warm_start=True with checkpoint_dir writes the state of training after each "
                f"epoch, and a part of it cannot be pickled: {error}. Set warm_start=False, or use "
                "a preprocessor and a resampler whose classes and functions are in a module."
            ) from error
        with written_whole(self.path) as part:
            part.write_bytes(hashlib.sha256(state).digest() + state)


class Unfinished:
    """The state files of the networks of one fit.

    Parameters
    ----------
    folder : path
        Created if missing. Fits of other rows or parameters may share it.
    key : str
        Key of this fit; see ``fingerprint``.
    """

    def __init__(self, folder: str | os.PathLike[str], key: str) -> None:
        self._folder, self._key = Path(folder), key
        self._folder.mkdir(parents=True, exist_ok=True)
        states = {path.name for path in self._folder.glob("churn_network*.state")}
        if states and not any(key in name for name in states):
            warn_at_once(
                f"{self._folder} holds the state of a fit that has not ended, of other rows, "
                "parameters or versions: this fit starts anew. Delete *.state there if nothing "
                "is to continue from them",
                WorkflowWarning,
            )

    def file(self, fold: int | None, capacity: object) -> StateFile:
        """Return the file of one network. The first fold may train two, of other capacities."""
        name = "churn_network" if fold is None else f"churn_network_{fold}"
        return StateFile(self._folder / f"{name}.{self._key}_{joblib.hash(capacity)[:4]}.state")

    def remove(self) -> None:
        """Remove all files of this fit, and what killed processes were about to write."""
        for path in self._folder.glob(f"churn_network*.{self._key}_*.state"):
            path.unlink(missing_ok=True)
        for path in self._folder.glob(".*_churn_network*"):
            process = path.name[1:].partition("_")[0]
            if process.isdecimal() and not psutil.pid_exists(int(process)):
                path.unlink(missing_ok=True)


def unfinished(
    settings: BaseEstimator, plan: object, start: Sequence[Any], data: object
) -> Unfinished | None:
    """Return the files of a fit that can continue in another process; None if it should not.

    Parameters
    ----------
    settings : ChurnANNClassifier
    plan : Plan
    start : sequence of Member or None
        The networks that the fit continues from.
    data : object
        All rows of the fit.
    """
    from skann.networks import backup_folder

    folder = backup_folder(settings.callbacks)
    if folder is None and settings.warm_start:
        folder = settings.checkpoint_dir
    if folder is None:
        return None
    if not isinstance(settings.random_state, Integral):
        warn_at_once(
            "a fit can continue after an interruption only with an integer random_state; without "
            "one, no state of training is written",
            WorkflowWarning,
        )
        return None
    weights = [one and one.pipeline["network"].model_.get_weights() for one in start]
    return Unfinished(folder, fingerprint(settings, plan, weights, data))


def fingerprint(settings: BaseEstimator, *others: object) -> str:
    """Return the key of a fit: equal for equal content, in any process."""
    from skann.networks import LIBRARIES

    parameters = settings.get_params(deep=False)
    decisive = {name: value for name, value in parameters.items() if name not in _FREE}
    versions = [__version__, LIBRARIES, sklearn.__version__, np.__version__, pd.__version__]
    return str(joblib.hash(_content([versions, decisive, others])))[:12]


def _content(value: Any) -> Any:
    """Return the content of an object, without what differs between processes."""
    if hasattr(value, "get_columns"):
        value = as_table(value)
    if isinstance(value, pd.DataFrame):
        hashes = pd.util.hash_pandas_object(value, index=False).to_numpy()
        return [list(map(str, value.columns)), list(map(str, value.dtypes)), hashes]
    if isinstance(value, dict):
        return {str(key): _content(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_content(one) for one in value]
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    if hasattr(value, "get_config"):  # Keras numbers its names through a process
        config = {name: one for name, one in value.get_config().items() if name != "name"}
        return type(value).__qualname__, _content(config)
    if hasattr(value, "get_params"):
        return type(value).__qualname__, _content(value.get_params())
    return value
