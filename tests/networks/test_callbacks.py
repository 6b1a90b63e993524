"""The callbacks of a fit are built fresh from plain parameters."""

import keras
import pytest

from skann.networks import training_callbacks
from skann.networks._callbacks import CHECKPOINT_NAME, LearningRateLog, ProgressBar


def build(**settings):
    return training_callbacks(
        **{
            "monitor": "val_loss",
            "early_stopping": True,
            "patience": 5,
            "reduce_lr": True,
            "checkpoint_dir": None,
            "best_so_far": None,
            "callbacks": None,
            "verbose": 0,
            **settings,
        }
    )


def kinds(callbacks):
    return [type(callback) for callback in callbacks]


def test_early_stopping_restores_the_best_weights_and_the_plateau_comes_before_it():
    plateau, stopping = build(patience=6)
    assert isinstance(stopping, keras.callbacks.EarlyStopping)
    assert isinstance(plateau, keras.callbacks.ReduceLROnPlateau)
    assert (stopping.patience, stopping.monitor, stopping.restore_best_weights) == (
        6,
        "val_loss",
        True,
    )
    assert (plateau.factor, plateau.monitor) == (0.5, "val_loss")
    assert plateau.patience < stopping.patience


def test_the_learning_rate_is_logged_also_where_nothing_reduces_it(make_network, rows):
    callbacks = build(early_stopping=False, reduce_lr=False)
    assert kinds(callbacks) == [LearningRateLog]
    network = make_network(learning_rate=0.25)
    history = network.fit(rows.X, rows.y, epochs=2, callbacks=callbacks).history
    assert history["learning_rate"] == [0.25, 0.25]


def test_the_checkpoint_folder_is_made_and_a_better_file_is_not_overwritten(
    make_network, rows, tmp_path
):
    folder = tmp_path / "a" / "b"
    network = make_network()

    def fit(best_so_far):
        callbacks = build(monitor="loss", checkpoint_dir=folder, best_so_far=best_so_far)
        network.fit(rows.X, rows.y, callbacks=callbacks)

    fit(best_so_far=0.0)
    assert list(folder.iterdir()) == []
    fit(best_so_far=None)
    assert [path.name for path in folder.iterdir()] == [CHECKPOINT_NAME]


def test_instances_are_copied_and_classes_are_called():
    own = keras.callbacks.TerminateOnNaN()
    *_, copied, made = build(callbacks=[own, keras.callbacks.History])
    assert type(copied) is keras.callbacks.TerminateOnNaN
    assert copied is not own
    assert type(made) is keras.callbacks.History


@pytest.mark.parametrize("verbose", [0, 1])
def test_progress_is_shown_on_stderr_where_asked(make_network, rows, capsys, verbose):
    callbacks = build(monitor="loss", verbose=verbose)
    assert (ProgressBar in kinds(callbacks)) == bool(verbose)
    make_network().fit(rows.X, rows.y, epochs=2, callbacks=callbacks)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("Training" in shown.err) == bool(verbose)


@pytest.mark.parametrize("watched", ["val_", ""])
def test_the_bar_moves_a_step_an_epoch_and_shows_how_the_watched_rows_fare(
    make_network, rows, monkeypatch, watched
):
    shown, steps = [], []

    class Bar:
        def __init__(self, total, **settings):
            assert total == 3

        def set_postfix(self, values):
            shown.append(values)

        def update(self, n):
            steps.append(n)

        def close(self):
            steps.append("closed")

    monkeypatch.setattr("skann.networks._callbacks.tqdm", Bar)
    history = make_network().fit(
        rows.X,
        rows.y,
        epochs=3,
        validation_data=rows.validation if watched else None,
        callbacks=[ProgressBar()],
    )
    assert steps == [1, 1, 1, "closed"]
    for name in (f"{watched}loss", f"{watched}auc"):
        values = [f"{value:.4f}" for value in history.history[name]]
        assert [postfix[name] for postfix in shown] == values
