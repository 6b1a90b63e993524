"""ChurnNetwork.fit gives what Keras' own `fit` gives, compiled graph or not."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import roc_auc_score

from skann.networks._muon import MuonAdam
from skann.networks._trainer import ChurnNetwork

EPOCHS = 4

# Name -> optimizer, arguments of the network, arguments of fit.
CASES = {
    "adam": (
        lambda: keras.optimizers.Adam(0.01),
        {"metrics": ("auc", "accuracy"), "l2": 0.01},
        {"weighted": True, "validation": "weighted"},
    ),
    "adam, no partial batch": (
        lambda: keras.optimizers.Adam(0.02, beta_1=0.8, beta_2=0.99, epsilon=1e-4),
        {"metrics": ()},
        {"batch_size": 30},
    ),
    "adamw": (
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
        {},
        {"validation": "plain"},
    ),
    "adamw, three heads": (
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
        {"n_heads": 3, "l2": 0.01},
        {"weighted": True, "validation": "weighted"},
    ),
    "muon, three heads": (
        lambda: MuonAdam(0.01),
        {"n_heads": 3, "l2": 0.01},
        {"weighted": True, "validation": "weighted"},
    ),
    "sgd": (
        lambda: keras.optimizers.SGD(0.1),
        {"metrics": ()},
        {"weighted": True},
    ),
    "sgd, momentum": (
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        {"l2": 0.01},
        {"validation": "plain"},
    ),
    "sgd, nesterov, weight decay": (
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        {"metrics": ()},
        {"weighted": True},
    ),
    "sgd, embedding": (
        lambda: keras.optimizers.SGD(0.1, momentum=0.9),
        {"metrics": (), "embedding_cardinalities": (4, 3)},
        {"validation": "plain"},
    ),
}


def with_codes(X, cardinalities):
    X = X.copy()
    for column, cardinality in zip(range(-len(cardinalities), 0), cardinalities, strict=True):
        X[:, column] = np.abs(2 * X[:, column]).astype(int) % cardinality
    return X


@pytest.fixture(scope="module", params=CASES)
def pair(request, make_network, rows):
    """The same network trained by the compiled epoch and by Keras."""
    make_optimizer, network, fit = CASES[request.param]
    codes = network.get("embedding_cardinalities", ())
    X = with_codes(rows.X, codes)
    validation = {
        "plain": rows.validation,
        "weighted": rows.weighted_validation,
        None: None,
    }[fit.get("validation")]
    if validation is not None:
        validation = (with_codes(validation[0], codes), validation[1][:, None], *validation[2:])
    arguments = {
        "batch_size": fit.get("batch_size", 32),
        "epochs": EPOCHS,
        "sample_weight": rows.weight if fit.get("weighted") else None,
        "validation_data": validation,
        "shuffle": False,
        "verbose": 0,
    }
    ours, reference = (make_network(make_optimizer(), **network) for _ in range(2))
    history = ours.fit(X, rows.y, **arguments)
    reference_history = keras.Model.fit(reference, X, rows.y[:, None], **arguments)
    return SimpleNamespace(
        ours=ours,
        reference=reference,
        logs=history.history,
        reference_logs=reference_history.history,
    )


def test_weights_equal_those_of_keras_fit(pair):
    for ours, reference in zip(pair.ours.get_weights(), pair.reference.get_weights(), strict=True):
        assert_allclose(ours, reference, rtol=1e-5, atol=1e-5)


def test_optimizer_state_lands_in_the_keras_optimizer(pair):
    ours, reference = pair.ours.optimizer, pair.reference.optimizer
    steps_an_epoch = 3
    assert int(ours.iterations) == int(reference.iterations) == EPOCHS * steps_an_epoch
    for variable, expected in zip(ours.variables, reference.variables, strict=True):
        assert_allclose(variable.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


def test_logs_equal_those_of_keras_fit(pair):
    assert list(pair.logs) == list(pair.reference_logs)
    for name, values in pair.logs.items():
        assert_allclose(values, pair.reference_logs[name], rtol=1e-5, atol=1e-6, err_msg=name)


def test_keras_evaluate_agrees_with_the_logged_validation_loss(make_network, rows):
    network = make_network(l2=0.01, n_heads=2)
    X, y, weight = rows.weighted_validation
    history = network.fit(
        rows.X, rows.y, epochs=1, validation_data=rows.weighted_validation
    ).history
    loss, auc = network.evaluate(X, y[:, None], sample_weight=weight, verbose=0)
    assert_allclose([loss, auc], [history["val_loss"][-1], history["val_auc"][-1]], rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "muon", "sgd"])
def test_going_on_after_a_fit_equals_one_long_fit(make_network, rows, optimizer):
    whole, halves = make_network(optimizer, dropout=0.3), make_network(optimizer, dropout=0.3)
    whole.fit(rows.X, rows.y, epochs=6)
    halves.fit(rows.X, rows.y, epochs=3)
    halves.fit(rows.X, rows.y, epochs=6, initial_epoch=3)
    for one, other in zip(whole.get_weights(), halves.get_weights(), strict=True):
        assert_array_equal(one, other)


def test_keras_goes_on_from_the_state_that_the_compiled_epoch_left(make_network, rows):
    arguments = {"batch_size": 32, "shuffle": False, "verbose": 0}
    ours, mixed = make_network(metrics=()), make_network(metrics=())
    ours.fit(rows.X, rows.y, epochs=4, **arguments)
    mixed.fit(rows.X, rows.y, epochs=2, **arguments)
    keras.Model.fit(mixed, rows.X, rows.y[:, None], epochs=2, **arguments)
    for one, other in zip(ours.get_weights(), mixed.get_weights(), strict=True):
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_a_batch_larger_than_the_table_is_one_step_an_epoch(make_network, rows):
    network = make_network()
    network.fit(rows.X, rows.y, batch_size=10_000, epochs=3)
    assert int(network.optimizer.iterations) == 3


def test_integer_labels_and_double_precision_rows_train_as_single_precision_does(
    make_network, rows
):
    one, other = make_network(), make_network()
    one.fit(rows.X, rows.y.astype(np.float32))
    other.fit(rows.X.astype(np.float64), rows.y.astype(bool), sample_weight=np.ones(90, int))
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        assert_array_equal(first, second)


def test_fit_leaves_the_arrays_of_the_caller_alone(make_network, rows):
    X, y, weight = rows.X.copy(), rows.y.copy(), rows.weight.copy()
    make_network().fit(X, y, sample_weight=weight, epochs=2)
    assert_array_equal(X, rows.X)
    assert_array_equal(y, rows.y)
    assert_array_equal(weight, rows.weight)


class OnBatches(keras.callbacks.Callback):
    """Does nothing, but on batches, which the compiled epoch does not call."""

    def __init__(self):
        super().__init__()
        self.n_batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n_batches += 1


class OwnAdam(keras.optimizers.Adam):
    """A class that the compiled epoch does not know."""


@pytest.fixture
def no_compiled_epoch(monkeypatch):
    """Fail where the compiled epoch runs."""

    def refuse(*args, **kwargs):
        raise AssertionError("the compiled epoch ran")

    monkeypatch.setattr(ChurnNetwork, "_fit_in_graph", refuse)


def test_batch_callbacks_are_called(make_network, rows):
    network, counter = make_network(metrics=()), OnBatches()
    network.fit(rows.X, rows.y, batch_size=32, epochs=3, callbacks=[counter])
    assert counter.n_batches == 9


def test_keras_fit_depends_on_the_seed_alone_where_it_takes_over(make_network, rows):
    one, same, other = (make_network(dropout=0.3, metrics=(), seed=seed) for seed in (1, 1, 2))
    for network in (one, same, other):
        network.fit(rows.X, rows.y, epochs=2, callbacks=[OnBatches()])
        keras.random.uniform((3,))
        np.random.uniform()
    for first, second in zip(one.get_weights(), same.get_weights(), strict=True):
        assert_array_equal(first, second)
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize(
    "make_optimizer",
    [
        pytest.param(lambda: OwnAdam(0.01), id="a user-supplied class"),
        pytest.param(lambda: keras.optimizers.Adam(0.1, clipnorm=0.01), id="clipnorm"),
        pytest.param(lambda: keras.optimizers.Adam(0.1, amsgrad=True), id="amsgrad"),
        pytest.param(
            lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)),
            id="learning-rate schedule",
        ),
    ],
)
def test_an_optimizer_that_is_not_covered_trains_as_keras_does(
    make_network, rows, no_compiled_epoch, make_optimizer
):
    network, reference = (make_network(make_optimizer(), metrics=()) for _ in range(2))
    arguments = {"batch_size": 32, "epochs": 2, "shuffle": False, "verbose": 0}
    network.fit(rows.X, rows.y, **arguments)
    keras.Model.fit(reference, rows.X, rows.y[:, None], **arguments)
    for one, other in zip(network.get_weights(), reference.get_weights(), strict=True):
        assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_datasets_and_generators_go_to_keras(make_network, rows, no_compiled_epoch):
    def batches():
        for start in range(0, 90, 32):
            yield rows.X[start : start + 32], rows.y[start : start + 32, None]

    arguments = {"shuffle": False, "verbose": 0}
    expected = make_network(metrics=())
    keras.Model.fit(expected, rows.X, rows.y[:, None], batch_size=32, **arguments)
    dataset = tf.data.Dataset.from_tensor_slices((rows.X, rows.y[:, None])).batch(32)
    for data in (dataset, batches()):
        network = make_network(metrics=())
        network.fit(data, **arguments)
        for one, other in zip(network.get_weights(), expected.get_weights(), strict=True):
            assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_arguments_that_are_not_covered_go_to_keras(make_network, rows, no_compiled_epoch):
    network = make_network()
    history = network.fit(rows.X, rows.y, validation_split=0.2, epochs=2).history
    assert len(history["val_loss"]) == 2
    network.fit(rows.X, rows.y, class_weight={0: 1.0, 1: 2.0})


@pytest.mark.slow
def test_auc_with_dropout_and_shuffling_is_not_below_that_of_keras_fit(make_network):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3000, 10)).astype(np.float32)
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.logistic(size=3000) > 0.5).astype(int)
    train, test = slice(0, 1000), slice(1000, None)
    scores = {"ours": [], "keras": []}
    for seed in range(5):
        settings = {"n_features": 10, "hidden_layer_sizes": (32, 16), "dropout": 0.2}
        ours, reference = (make_network(**settings, metrics=(), seed=seed) for _ in range(2))
        ours.fit(X[train], y[train], epochs=12)
        keras.Model.fit(reference, X[train], y[train, None], epochs=12, verbose=0)
        for name, network in (("ours", ours), ("keras", reference)):
            scores[name].append(roc_auc_score(y[test], network.predict_array(X[test])[:, 0]))
    difference = np.subtract(scores["ours"], scores["keras"])
    standard_error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert np.mean(scores["keras"]) > 0.75
    assert difference.mean() > -2.5 * standard_error
