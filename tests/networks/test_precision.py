"""Networks compute in single precision, whatever Keras is set to for others."""

import copy
import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skann.networks import make_network_classifier

SETTINGS = [("policy", "mixed_float16"), ("floatx", "float64"), ("floatx", "bfloat16")]


def fit(rows, **settings):
    settings = {"optimizer": "adam", "metrics": ("auc", "precision"), **settings}
    return make_network_classifier(
        hidden_layer_sizes=(4,),
        activation="relu",
        dropout=0.1,
        l2=1e-4,
        n_heads=2,
        embedding_cardinalities=(),
        learning_rate=0.004,
        batch_size=32,
        epochs=2,
        seed=0,
        **settings,
    ).fit(rows.X, rows.y)


@pytest.fixture(scope="module")
def plain(rows):
    return fit(rows)


@pytest.fixture(params=SETTINGS, ids=" ".join)
def elsewhere(request):
    """Keras set to another precision."""
    kind, name = request.param
    if kind == "policy":
        keras.config.set_dtype_policy(name)
    else:
        keras.config.set_floatx(name)
    yield
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


def test_precision_elsewhere_changes_nothing(plain, rows, elsewhere):
    expected = plain.predict_proba(rows.X)
    there = fit(rows)
    for network in (there, pickle.loads(pickle.dumps(plain)), copy.deepcopy(there)):
        assert_array_equal(network.predict_proba(rows.X), expected)
        for name in ("loss", "auc"):  # Keras computes other metrics in its own precision
            assert network.history_[name] == plain.history_[name]
        assert {v.dtype for v in network.model_.trainable_variables} == {"float32"}
        rate = network.model_.optimizer.learning_rate
        assert rate.dtype == "float32" and float(rate.numpy()) == np.float32(0.004)


def test_keras_own_fit_works_at_any_precision(rows, elsewhere):
    network = fit(rows, optimizer=keras.optimizers.RMSprop)
    assert np.isfinite(np.asarray(network.history_["loss"], dtype=float)).all()


@pytest.mark.filterwarnings("error")
def test_the_callbacks_of_keras_read_the_learning_rate_without_a_warning(rows, plain):
    for network in (plain, pickle.loads(pickle.dumps(plain))):
        model = network.model_
        model.fit(rows.X, rows.y, callbacks=[keras.callbacks.ReduceLROnPlateau(monitor="loss")])
        names = [variable.name for variable in model.optimizer.variables]
        assert names.count("learning_rate") == 1
