"""Limits TensorFlow to the threads that a worker process was given."""

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress

import tensorflow as tf

# Each pool's own variable takes precedence over the budget.
_POOLS: dict[str, Callable[[int], None]] = {
    "TF_NUM_INTRAOP_THREADS": tf.config.threading.set_intra_op_parallelism_threads,
    "TF_NUM_INTEROP_THREADS": tf.config.threading.set_inter_op_parallelism_threads,
}


def keep_to_thread_budget() -> None:
    """Let TensorFlow start with ``OMP_NUM_THREADS`` threads, if this is a worker process.

    Joblib and Dask give each of their workers a share of the cores by that variable, which
    TensorFlow does not read: with one thread per core in every worker, workers wait for each
    other. A process that is not a worker belongs to the user and keeps its threads.
    """
    budget = os.environ.get("OMP_NUM_THREADS", "")
    if multiprocessing.parent_process() is None or not budget.isdecimal() or int(budget) < 1:
        return
    for variable, set_threads in _POOLS.items():
        if variable not in os.environ:
            with suppress(RuntimeError):  # TensorFlow has started already, and can't change
                set_threads(int(budget))
