"""TensorFlow's runtime: started by the first network, and never in a forked child."""

import os
import threading
from contextlib import suppress

import tensorflow as tf

_lock = threading.Lock()
_started_in: int | None = None  # the process


def start_runtime() -> None:
    """Start TensorFlow's runtime if it is not running.

    Raises
    ------
    RuntimeError
        In a child that was forked from a process where it ran: threads do not survive a fork, so
        the first operation would wait for them forever.
    """
    global _started_in
    if is_forked():
        raise RuntimeError(
            "this process was forked from one in which TensorFlow had started, and TensorFlow "
            "does not work in such a child: start processes by 'spawn' or 'forkserver', or train "
            "after the fork. A fitted ChurnANNClassifier and a model from skann.load can predict "
            "here, without TensorFlow"
        )
    with _lock:
        if _started_in is None:
            # The first operation looks for devices, and XLA's first compilation for platforms.
            with suppress(tf.errors.OpError, NotImplementedError):
                tf.function(tf.sigmoid, jit_compile=True, autograph=False)(tf.constant(0.0))
            _started_in = os.getpid()


def is_forked() -> bool:
    """Tell whether this process was forked from one where the runtime was started."""
    return _started_in not in (None, os.getpid())
