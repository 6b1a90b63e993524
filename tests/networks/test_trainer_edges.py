"""ChurnNetwork at the edges: callbacks that meddle, frozen layers, other dtypes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose


class OnBatches(keras.callbacks.Callback):
    """Does nothing, but on batches, which the compiled epoch does not call."""

    def on_train_batch_end(self, batch, logs=None):
        pass


def zeros(weights):
    return [np.zeros_like(weight) for weight in weights]


def test_the_fallback_trains_on_the_same_shuffled_batches(make_network, rows):
    compiled, fallback = make_network(l2=0.01), make_network(l2=0.01)
    arguments = {
        "batch_size": 32,
        "epochs": 3,
        "sample_weight": rows.weight,
        "validation_data": rows.weighted_validation,
    }
    ours = compiled.fit(rows.X, rows.y, **arguments).history
    theirs = fallback.fit(rows.X, rows.y, **arguments, callbacks=[OnBatches()]).history
    for one, other in zip(compiled.get_weights(), fallback.get_weights(), strict=True):
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    for name in ours:
        assert_allclose(ours[name], theirs[name], rtol=1e-4, err_msg=name)


def test_the_fallback_goes_on_with_the_order_of_the_epoch_that_it_starts_at(make_network, rows):
    compiled, fallback = make_network(metrics=()), make_network(metrics=())
    compiled.fit(rows.X, rows.y, epochs=3)
    fallback.fit(rows.X, rows.y, epochs=2)
    fallback.fit(rows.X, rows.y, epochs=3, initial_epoch=2, callbacks=[OnBatches()])
    for one, other in zip(compiled.get_weights(), fallback.get_weights(), strict=True):
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_training_goes_on_from_weights_that_a_callback_set_on_the_model(make_network, rows):
    before = []

    class Blank(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            before.append(np.abs(self.model.get_weights()[0]).max())

        def on_epoch_end(self, epoch, logs=None):
            self.model.set_weights(zeros(self.model.get_weights()))

    network = make_network(metrics=())
    network.fit(rows.X, rows.y, epochs=3, callbacks=[Blank()])
    assert before[0] > 0
    assert before[1:] == [0, 0]
    assert not network.get_weights()[0].any()


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_end"])
def test_weights_that_a_callback_sets_on_a_layer_in_any_hook_count(make_network, rows, hook):
    class Blank(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.blank("on_epoch_begin")

        def on_train_end(self, logs=None):
            self.blank("on_train_end")

        def blank(self, where):
            layer = self.model.get_layer("hidden_1")
            if where == hook:
                layer.set_weights(zeros(layer.get_weights()))

    network = make_network(metrics=(), learning_rate=1e-30)
    network.fit(rows.X, rows.y, callbacks=[Blank()])
    assert np.abs(network.get_layer("hidden_1").get_weights()[0]).max() < 1e-6


def test_a_network_with_a_frozen_layer_predicts_by_its_own_weights(make_network, rows):
    network = make_network()
    network.fit(rows.X, rows.y)
    expected = network.predict_array(rows.X)
    network.get_layer("hidden_1").trainable = False
    assert_allclose(network.predict_array(rows.X), expected, rtol=1e-5)


@pytest.mark.parametrize("n_rows", [80, 100])
@pytest.mark.parametrize("what", ["y", "sample_weight"])
def test_arrays_of_different_lengths_are_refused(make_network, rows, what, n_rows):
    arrays = {"y": rows.y, "sample_weight": rows.weight}
    arrays[what] = np.resize(arrays[what], n_rows)
    with pytest.raises(ValueError, match=f"90.*{n_rows}|{n_rows}.*90"):
        make_network().fit(rows.X, **arrays)


def test_validation_data_may_be_a_dataset(make_network, rows):
    X, y = rows.validation
    dataset = tf.data.Dataset.from_tensor_slices((X, y[:, None])).batch(16)
    network = make_network()
    found = network.fit(rows.X, rows.y, validation_data=dataset).history["val_loss"]
    assert_allclose(found[-1], network.evaluate(X, y[:, None], verbose=0)[0], rtol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
def test_another_dtype_policy_trains_and_predicts(make_network, rows, policy):
    keras.config.set_dtype_policy(policy)
    try:
        network = make_network(metrics=())
        network.fit(rows.X, rows.y)
        assert np.isfinite(network.predict_array(rows.X)).all()
    finally:
        keras.config.set_dtype_policy("float32")


def test_adam_trains_embeddings_as_keras_fit_does(make_network, rows):
    X = rows.X.copy()
    X[:, -1] = np.abs(X[:, -1]).astype(int)
    ours, reference = (make_network(metrics=(), embedding_cardinalities=(5,)) for _ in range(2))
    arguments = {"epochs": 4, "shuffle": False, "verbose": 0}
    ours.fit(X, rows.y, **arguments)
    keras.Model.fit(reference, X, rows.y[:, None], **arguments)
    for one, other in zip(ours.get_weights(), reference.get_weights(), strict=True):
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)
