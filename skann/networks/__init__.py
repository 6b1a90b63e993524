"""The network: numbers in, probabilities out. Only this package imports TensorFlow."""

from skann.networks._builder import build_network
from skann.networks._callbacks import (
    DataLossLog,
    EpochTasks,
    Snapshots,
    save_checkpoint,
    training_callbacks,
)
from skann.networks._learning_rate import follows_schedule, set_learning_rate
from skann.networks._restore import restored_network
from skann.networks._resuming import LIBRARIES, backup_folder, resumed, stored
from skann.networks._runtime import start_runtime
from skann.networks._scikeras import NetworkClassifier, make_network_classifier
from skann.networks._threads import keep_to_thread_budget
from skann.networks._trainer import ChurnNetwork

__all__ = [
    "LIBRARIES",
    "ChurnNetwork",
    "DataLossLog",
    "EpochTasks",
    "NetworkClassifier",
    "Snapshots",
    "backup_folder",
    "build_network",
    "follows_schedule",
    "make_network_classifier",
    "restored_network",
    "resumed",
    "save_checkpoint",
    "set_learning_rate",
    "start_runtime",
    "stored",
    "training_callbacks",
]

keep_to_thread_budget()  # nothing above has started TensorFlow's runtime
