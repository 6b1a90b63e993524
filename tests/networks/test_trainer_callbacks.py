"""Keras callbacks see the network, the logs and the optimizer as in Keras' own `fit`."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skann.networks._trainer import ChurnNetwork


@pytest.fixture
def compiled_epoch_only(monkeypatch):
    """Fail where Keras' own loop takes over."""

    def refuse(*args, **kwargs):
        raise AssertionError("Keras' fit ran")

    monkeypatch.setattr(keras.Model, "fit", refuse)


@pytest.fixture
def fit(make_network, rows, compiled_epoch_only):
    """A function that trains a fresh network in the compiled epoch."""

    def fit(*callbacks, epochs=5, optimizer="adam", learning_rate=0.01, **network):
        trained = make_network(optimizer, learning_rate=learning_rate, **network)
        trained.fit(
            rows.X,
            rows.y,
            batch_size=32,
            epochs=epochs,
            validation_data=rows.validation,
            callbacks=list(callbacks),
        )
        return trained

    return fit


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        assert_array_equal(first, second)


def test_early_stopping_stops_after_patience_and_restores_the_best_weights(fit):
    early = fit(
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        epochs=200,
        learning_rate=0.1,
    )
    losses = early.history.history["val_loss"]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 3 < 200
    assert_same_weights(early, fit(epochs=best, learning_rate=0.1))


def test_early_stopping_without_restoring_keeps_the_last_weights(fit):
    early = fit(keras.callbacks.EarlyStopping(patience=1), epochs=200, learning_rate=0.1)
    n_epochs = len(early.history.history["loss"])
    assert n_epochs < 200
    assert_same_weights(early, fit(epochs=n_epochs, learning_rate=0.1))


def test_reduce_lr_on_plateau_changes_the_rate_that_the_next_epoch_takes(fit):
    # No loss ever improves by 100, so each epoch after the first two is a plateau.
    plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=100.0)
    network = fit(plateau, epochs=4)
    assert_allclose(network.history.history["learning_rate"], [0.01, 0.01, 0.005, 0.0025])
    by_hand = fit(
        keras.callbacks.LearningRateScheduler(lambda epoch: [0.01, 0.01, 0.005, 0.0025][epoch]),
        epochs=4,
    )
    assert_same_weights(network, by_hand)


def test_model_checkpoint_saves_the_best_epoch_as_a_file_that_keras_loads(fit, rows, tmp_path):
    path = tmp_path / "best.keras"
    network = fit(
        keras.callbacks.ModelCheckpoint(str(path), monitor="val_loss", save_best_only=True),
        epochs=30,
        learning_rate=0.1,
    )
    best = int(np.argmin(network.history.history["val_loss"])) + 1
    assert best < 30
    loaded = keras.models.load_model(path)
    expected = fit(epochs=best, learning_rate=0.1)
    assert type(loaded) is ChurnNetwork
    assert_same_weights(loaded, expected)
    assert_array_equal(loaded.predict_array(rows.X), expected.predict_array(rows.X))
    assert int(loaded.optimizer.iterations) == 3 * best


def test_csv_logger_writes_a_line_an_epoch(fit, tmp_path):
    path = tmp_path / "log.csv"
    network = fit(keras.callbacks.CSVLogger(str(path)), epochs=3)
    written = pd.read_csv(path)
    assert written["epoch"].tolist() == [0, 1, 2]
    for name, values in network.history.history.items():
        assert_allclose(written[name], values)


def test_tensorboard_writes_its_summaries(fit, tmp_path):
    pytest.importorskip("tensorboard")
    fit(keras.callbacks.TensorBoard(log_dir=str(tmp_path), write_graph=False), epochs=2)
    assert list(tmp_path.rglob("events.out.*"))


def test_terminate_on_nan_stops_a_diverging_fit(make_network, rows):
    network = make_network("sgd", learning_rate=1e30, metrics=())
    network.fit(rows.X, rows.y, epochs=50, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert len(network.history.history["loss"]) < 50


def test_epochs_and_logs_reach_the_hooks_in_the_order_of_keras(fit):
    seen = []
    fit(
        keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: seen.append("train begin"),
            on_epoch_begin=lambda epoch, logs: seen.append(f"begin {epoch}"),
            on_epoch_end=lambda epoch, logs: seen.append(f"end {epoch} {' '.join(sorted(logs))}"),
            on_train_end=lambda logs: seen.append(f"train end {' '.join(sorted(logs))}"),
        ),
        epochs=2,
    )
    names = "auc loss val_auc val_loss"
    assert seen == [
        "train begin",
        "begin 0",
        f"end 0 {names}",
        "begin 1",
        f"end 1 {names}",
        f"train end {names}",
    ]


def test_callbacks_get_the_params_and_the_model_that_keras_gives(fit):
    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.seen = dict(self.params)

    look = Look()
    network = fit(look, epochs=3)
    assert look.model is network
    assert look.seen["epochs"] == 3
    assert look.seen["steps"] == 3


def test_a_callback_may_stop_training(fit):
    class StopInThirdEpoch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 2

    network = fit(StopInThirdEpoch(), epochs=50)
    assert len(network.history.history["loss"]) == 3
    assert_same_weights(network, fit(epochs=3))


def test_a_callback_may_change_the_learning_rate(fit):
    class Freeze(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate = 0.0

    assert_same_weights(fit(Freeze(), epochs=5, optimizer="sgd"), fit(epochs=2, optimizer="sgd"))


@pytest.mark.parametrize("how", ["layer", "variable"])
def test_training_goes_on_from_weights_that_a_callback_changed(fit, how):
    before = []

    class Blank(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            before.append(np.abs(self.model.get_weights()[0]).max())

        def on_epoch_end(self, epoch, logs=None):
            layer = self.model.get_layer("hidden_1")
            if how == "layer":
                layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
            else:
                layer.kernel.assign(np.zeros(layer.kernel.shape))

    network = fit(Blank(), epochs=3)
    assert before[0] > 0
    assert before[1:] == [0, 0]
    assert not network.get_layer("hidden_1").get_weights()[0].any()


def test_a_callback_sees_the_weights_of_its_epoch(fit):
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            by_layer = self.model.get_layer("hidden_1").get_weights()[0]
            assert_array_equal(by_layer, self.model.get_weights()[0])
            seen.append((by_layer.copy(), int(self.model.optimizer.iterations)))

    fit(Look(), epochs=2)
    for epochs, (kernel, iterations) in enumerate(seen, start=1):
        assert_array_equal(kernel, fit(epochs=epochs).get_weights()[0])
        assert iterations == 3 * epochs


def test_a_callback_may_evaluate_the_network(fit, rows):
    class Evaluate(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            X, y = rows.validation
            logs["again"] = self.model.evaluate(X, y[:, None], verbose=0)[0]

    history = fit(Evaluate(), epochs=2).history.history
    assert_allclose(history["again"], history["val_loss"], rtol=1e-5)


def test_validation_hooks_are_called(fit):
    seen = []

    class Listen(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            seen.append("begin")

        def on_test_end(self, logs=None):
            seen.append(sorted(logs))

    fit(Listen(), epochs=1)
    assert seen == ["begin", ["auc", "loss"]]


def test_a_callback_that_raises_leaves_the_network_with_what_it_has_learned(
    fit, make_network, rows
):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    network = make_network(learning_rate=0.01)
    with pytest.raises(KeyboardInterrupt):
        network.fit(
            rows.X,
            rows.y,
            batch_size=32,
            epochs=10,
            validation_data=rows.validation,
            callbacks=[Interrupt()],
        )
    assert_same_weights(network, fit(epochs=2))
    network.fit(
        rows.X,
        rows.y,
        batch_size=32,
        epochs=4,
        initial_epoch=2,
        validation_data=rows.validation,
    )
    assert_same_weights(network, fit(epochs=4))


def test_light_and_heavy_callbacks_train_alike(fit):
    """Weights that are written to the Keras variables after each epoch are the same weights."""
    heavy = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    assert_same_weights(fit(heavy), fit())


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_prints_as_keras_does(make_network, rows, capsys, verbose):
    make_network().fit(rows.X, rows.y, epochs=2, verbose=verbose)
    out = capsys.readouterr().out
    assert "Epoch 1/2" in out
    assert "loss" in out
