"""Callbacks that continue in another process, and Keras' own way to ask for that."""

import copy
import os
import pickle
from collections.abc import Iterable, Sequence
from contextlib import suppress

import keras
import tensorflow as tf

from skann.networks._keras_private import forget_model

LIBRARIES = f"keras {keras.__version__}, tensorflow {tf.__version__}"


def backup_folder(callbacks: Iterable[object] | None) -> str | os.PathLike[str] | None:
    """Return the folder of a user-supplied ``BackupAndRestore``, or None.

    It keeps weights and optimizer, but neither the state of other callbacks nor the history.
    """
    for callback in callbacks or ():
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            return callback.backup_dir
    return None


def stored(callbacks: Iterable[keras.callbacks.Callback]) -> list[tuple[str, bytes]]:
    """Return kind and state of callbacks, without their network.

    Those that cannot be pickled, such as bars and open files, are left out.
    """
    states = []
    for callback in callbacks:
        with suppress(Exception):  # each kind of object has its own way to refuse
            alone = copy.copy(callback)
            forget_model(alone)
            states.append((_kind(callback), pickle.dumps(alone)))
    return states


def resumed(
    callbacks: Sequence[keras.callbacks.Callback], states: Sequence[tuple[str, bytes]]
) -> tuple[list[keras.callbacks.Callback], list[keras.callbacks.Callback]]:
    """Return fresh callbacks, replaced by stored ones of their kind, and the stored ones alone."""
    left = list(states)
    together, going_on = [], []
    for callback in callbacks:
        state = next((state for state in left if state[0] == _kind(callback)), None)
        if state is not None:
            left.remove(state)
            fresh, callback = callback, pickle.loads(state[1])
            if isinstance(callback, keras.callbacks.ModelCheckpoint):
                callback.filepath = fresh.filepath  # the folder may have moved
            going_on.append(callback)
        together.append(callback)
    return together, going_on


def _kind(callback: keras.callbacks.Callback) -> str:
    return f"{type(callback).__module__}.{type(callback).__qualname__}"
