"""The SciKeras classifier is a proper scikit-learn classifier for clean numbers."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_score
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skann.networks import make_network_classifier


def make_classifier(**settings):
    return make_network_classifier(
        **{
            "hidden_layer_sizes": (4,),
            "activation": "relu",
            "dropout": 0.1,
            "l2": 0.0,
            "n_heads": 1,
            "embedding_cardinalities": (),
            "optimizer": "adam",
            "learning_rate": 0.01,
            "batch_size": 32,
            "epochs": 3,
            "metrics": ("auc",),
            "seed": 0,
            **settings,
        }
    )


@pytest.fixture(scope="module")
def fitted(rows):
    return make_classifier().fit(rows.X, rows.y)


def test_scikit_learn_takes_it_for_a_binary_classifier(fitted):
    assert is_classifier(make_classifier())
    tags = get_tags(fitted)
    assert tags.estimator_type == "classifier"
    assert tags.target_tags.required
    assert not tags.classifier_tags.multi_class
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError):
        check_is_fitted(make_classifier())


def test_scikit_learn_scores_it_by_probabilities(rows):
    scores = cross_val_score(make_classifier(), rows.X, rows.y, scoring="roc_auc", cv=2)
    assert np.isfinite(scores).all()


def test_one_row_gives_one_row_of_two_probabilities(fitted, rows):
    all_rows = fitted.predict_proba(rows.X)
    assert all_rows.shape == (90, 2)
    assert_allclose(all_rows.sum(axis=1), 1)
    one_row = fitted.predict_proba(rows.X[:1])
    assert one_row.shape == (1, 2)
    assert_array_equal(one_row, all_rows[:1])


def test_double_precision_and_any_memory_layout_predict_the_same(fitted, rows):
    expected = fitted.predict_proba(rows.X)
    assert_array_equal(fitted.predict_proba(rows.X.astype(np.float64)), expected)
    assert_array_equal(fitted.predict_proba(np.asfortranarray(rows.X)), expected)
    assert_array_equal(fitted.predict_proba(np.repeat(rows.X, 2, axis=0)[::2]), expected)


def test_predict_takes_the_likelier_class(fitted, rows):
    likelier = fitted.predict_proba(rows.X)[:, 1] >= 0.5
    assert_array_equal(fitted.predict(rows.X), likelier.astype(int))
    assert 0 < likelier.mean() < 1


def test_the_probability_of_several_heads_is_their_mean(rows):
    fitted = make_classifier(n_heads=3).fit(rows.X, rows.y)
    heads = fitted.model_.predict_array(rows.X)
    assert heads.shape == (90, 3)
    assert_allclose(fitted.predict_proba(rows.X)[:, 1], heads.mean(axis=1), rtol=1e-6)


def test_callbacks_do_not_stay_in_the_estimator(rows):
    callback = keras.callbacks.EarlyStopping(monitor="loss")
    fitted = make_classifier().fit(rows.X, rows.y, callbacks=[callback])
    assert callback.model is fitted.model_
    assert callback not in fitted.get_params().values()
    assert not fitted._fit_callbacks
    assert not [v for v in vars(clone(fitted)).values() if isinstance(v, keras.Model)]


def test_callbacks_do_not_stay_after_an_error_either(rows):
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError

    classifier = make_classifier()
    with pytest.raises(RuntimeError):
        classifier.fit(rows.X, rows.y, callbacks=[Fail()])
    assert not classifier._fit_callbacks


def test_history_has_the_names_of_keras_and_a_value_an_epoch(fitted):
    assert sorted(fitted.history_) == ["auc", "loss"]
    assert {len(values) for values in fitted.history_.values()} == {3}


def test_training_leaves_the_weights_of_the_caller_alone(rows):
    weight = np.array(rows.weight)
    make_classifier().fit(rows.X, rows.y, sample_weight=weight)
    assert_array_equal(weight, rows.weight)


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam(0.02), keras.optimizers.Adam, "adam"])
def test_an_optimizer_may_be_a_name_a_class_or_an_instance(rows, optimizer):
    fitted = make_classifier(optimizer=optimizer, learning_rate=0.05).fit(rows.X, rows.y)
    own_rate = isinstance(optimizer, keras.optimizers.Optimizer)
    assert float(fitted.model_.optimizer.learning_rate) == pytest.approx(0.02 if own_rate else 0.05)
    assert fitted.model_.optimizer is not optimizer
    if own_rate:
        assert not optimizer.built


def test_metrics_may_be_names_or_instances(rows):
    recall = keras.metrics.Recall(name="recall")
    fitted = make_classifier(metrics=("auc", "accuracy", recall)).fit(rows.X, rows.y)
    assert sorted(fitted.history_) == ["accuracy", "auc", "loss", "recall"]
    assert float(recall.result()) == 0  # a copy was trained with


def test_a_scorer_of_thresholded_labels_works(fitted, rows):
    assert 0.4 < get_scorer("accuracy")(fitted, rows.X, rows.y) <= 1
