"""The network: numbers in, probabilities out. The one package that imports TensorFlow."""

from contextlib import suppress

from skann.networks._quiet import without_start_up_notes

with without_start_up_notes():
    import tensorflow as tf

    from skann.networks._threads import keep_to_thread_budget

    keep_to_thread_budget()
    # The first operation looks for devices, and XLA's first compilation for platforms; both say so.
    with suppress(tf.errors.OpError, NotImplementedError):
        tf.function(tf.sigmoid, jit_compile=True, autograph=False)(tf.constant(0.0))
    from skann.networks._builder import build_network
    from skann.networks._callbacks import DataLossLog, Snapshots, training_callbacks
    from skann.networks._learning_rate import follows_schedule, set_learning_rate
    from skann.networks._scikeras import NetworkClassifier, make_network_classifier
    from skann.networks._trainer import ChurnNetwork

__all__ = [
    "ChurnNetwork",
    "DataLossLog",
    "NetworkClassifier",
    "Snapshots",
    "build_network",
    "follows_schedule",
    "make_network_classifier",
    "set_learning_rate",
    "training_callbacks",
]
