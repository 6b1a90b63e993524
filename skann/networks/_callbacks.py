"""The callbacks of a fit, built fresh each time from plain parameters."""

import copy
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from skann._files import written_whole
from skann._progress_bar import tqdm
from skann._sklearn_callbacks import Task
from skann.networks._keras_private import ComparesNumbers

CHECKPOINT_NAME = "churn_network.keras"


def training_callbacks(
    *,
    monitor: str,
    early_stopping: bool,
    patience: int,
    reduce_lr: bool,
    checkpoint_dir: str | os.PathLike[str] | None,
    best_so_far: float | None,
    callbacks: Iterable[keras.callbacks.Callback | type] | None,
    verbose: int,
    fold: int | None = None,
) -> list[keras.callbacks.Callback]:
    """Build the callbacks of one fit.

    Parameters
    ----------
    monitor : {"val_loss", "loss"}
        Loss that early stopping, the learning rate and checkpoints watch.
    early_stopping : bool
        Stop after ``patience`` epochs without improvement, and restore the best epoch's weights.
    patience : int
        Number of epochs without improvement. The learning rate is halved after half as many.
    reduce_lr : bool
        Halve the learning rate on a plateau.
    checkpoint_dir : path or None
        Folder for the best model so far, as ``churn_network.keras``; created if missing.
    best_so_far : float or None
        Best monitored value of the fit that this one continues; a checkpoint is not overwritten
        by a worse one.
    callbacks : iterable of keras.callbacks.Callback or of classes, or None
        User-supplied callbacks. Instances are copied, since Keras stores the model in them.
    verbose : int
        A positive number shows a progress bar.
    fold : int, optional
        Number of the network if there are several: each has a bar and a checkpoint of its own,
        ``churn_network_1.keras`` and so on.

    Returns
    -------
    list of keras.callbacks.Callback

    Raises
    ------
    ValueError
        If ``callbacks`` holds anything else.
    """
    built: list[keras.callbacks.Callback] = []
    if reduce_lr:
        built.append(
            ReduceLROnPlateau(
                monitor=monitor, factor=0.5, patience=max(1, patience // 2), min_lr=1e-6
            )
        )
    else:
        built.append(LearningRateLog())
    if early_stopping:
        built.append(EarlyStopping(monitor=monitor, patience=patience, restore_best_weights=True))
    if checkpoint_dir is not None:
        folder = Path(checkpoint_dir)
        folder.mkdir(parents=True, exist_ok=True)
        built.append(
            ModelCheckpoint(
                str(folder / checkpoint_name(fold)),
                monitor=monitor,
                save_best_only=True,
                initial_value_threshold=best_so_far,
            )
        )
    if verbose:
        built.append(ProgressBar() if fold is None else ProgressBar(f"Fold {fold}"))
    for callback in callbacks or ():
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            continue  # see `backup_folder`
        own = callback() if isinstance(callback, type) else copy.copy(callback)
        if not isinstance(own, keras.callbacks.Callback):
            raise ValueError(f"callbacks must hold Keras callbacks, got {callback!r}")
        built.append(own)
    return built


def checkpoint_name(fold: int | None) -> str:
    """Return the name of the file of one network."""
    path = Path(CHECKPOINT_NAME)
    return path.name if fold is None else f"{path.stem}_{fold}{path.suffix}"


def save_checkpoint(
    network: keras.Model, checkpoint_dir: str | os.PathLike[str], fold: int | None
) -> None:
    """Write the file of one network, whole or not at all."""
    with written_whole(Path(checkpoint_dir) / checkpoint_name(fold)) as part:
        network.save(part)


@contextmanager
def unheard(callbacks: Sequence[keras.callbacks.Callback], *hooks: str) -> Iterator[None]:
    """Keep ``hooks`` from callbacks, to which a fit in parts is one fit."""
    for callback in callbacks:
        vars(callback).update(dict.fromkeys(hooks, _nothing))
    try:
        yield
    finally:
        for callback in callbacks:
            for hook in hooks:
                del vars(callback)[hook]


def _nothing(logs: dict[str, float] | None = None) -> None:
    pass


class EarlyStopping(ComparesNumbers, keras.callbacks.EarlyStopping):
    """Keras' early stopping, in less time."""

    leaves_weights_alone = True


class ReduceLROnPlateau(ComparesNumbers, keras.callbacks.ReduceLROnPlateau):
    """Keras' reduction of the learning rate on a plateau, in less time."""

    leaves_weights_alone = True


class ModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras' checkpoints, which replace a file by a whole one."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write beside the previous file, and replace it at the end."""
        whole = Path(self.filepath)  # type: ignore[has-type]
        part = whole.with_name(f".{os.getpid()}_{whole.name}")
        self.filepath = str(part)
        try:
            super().on_epoch_end(epoch, logs)
            if part.exists():
                part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
            self.filepath = str(whole)


class DataLossLog(keras.callbacks.Callback):
    """Records the loss of the watched rows per epoch, without the penalty on the weights."""

    leaves_weights_alone = True

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self._losses = losses

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the loss of the epoch."""
        logs = logs or {}
        loss = logs["val_loss"] if "val_loss" in logs else logs["loss"]
        weights = zip(self.model.weights, self.model.get_weights(), strict=True)
        penalties = [
            float(variable.regularizer.l2) * float(np.vdot(value, value))
            for variable, value in weights
            if getattr(variable, "regularizer", None) is not None
        ]
        self._losses.append(loss - sum(penalties))


class Pause(keras.callbacks.Callback):
    """Pauses training after some epochs; called after all other callbacks."""

    leaves_weights_alone = True
    ended = False  # by another

    def __init__(self, until: int) -> None:
        super().__init__()
        self._until = until

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop, and record whether training would have stopped anyway."""
        self.ended = self.model.stop_training
        self.model.stop_training = self.ended or epoch + 1 >= self._until


class Snapshots(keras.callbacks.Callback):
    """Records the weights of each epoch."""

    leaves_weights_alone = True

    def __init__(self, snapshots: list[list[np.ndarray]]) -> None:
        super().__init__()
        self._snapshots = snapshots

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Record the weights."""
        self._snapshots.append(self.model.get_weights())


class EpochTasks(keras.callbacks.Callback):
    """Tells callbacks of scikit-learn of each epoch, and stops where one asks for it."""

    leaves_weights_alone = True

    def __init__(self, task: Task) -> None:
        super().__init__()
        self._task = task
        self._n_known = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Begin the epoch's task; those of before an interruption only count."""
        while self._n_known <= epoch:
            self._epoch = self._task.subtask("epoch")
            self._n_known += 1
        self._epoch.begin()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """End the epoch's task."""
        if self._epoch.end():
            self.model.stop_training = True

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("the callbacks of a fit are those of its process")


class LearningRateLog(keras.callbacks.Callback):
    """Writes the learning rate to the logs, as ReduceLROnPlateau does."""

    leaves_weights_alone = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add the learning rate of the epoch."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate.numpy())


class ProgressBar(keras.callbacks.Callback):
    """One bar per fit, one step per epoch, with loss and AUC of the validation rows."""

    leaves_weights_alone = True

    def __init__(self, title: str = "Training") -> None:
        super().__init__()
        self._title = title
        self._n_shown = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Open the bar."""
        self._bar = tqdm(total=self.params["epochs"], desc=self._title, unit="epoch", leave=False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar and show loss and AUC."""
        logs = logs or {}
        names = ("val_loss", "val_auc") if "val_loss" in logs else ("loss", "auc")
        shown = {name: logs[name] for name in names if name in logs}
        self._bar.set_postfix({key: f"{value:.4f}" for key, value in shown.items()})
        self._bar.update(epoch + 1 - self._n_shown)  # of a fit that goes on, more than one
        self._n_shown = epoch + 1

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the bar."""
        self._bar.close()
