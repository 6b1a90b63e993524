"""ChurnANNClassifier: the order of its steps, what it takes, and what it gives."""

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline as SamplingPipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skann import DroppedColumnWarning, ValidationWarning
from skann.networks._muon import MuonAdam
from skann.preprocessing import TableCleaner, TableEncoder

MODEL_SETTINGS = {"learning_rate": 0.001, "l2": 0.0, "dropout": 0.1}


@pytest.fixture(scope="module")
def fitted(small_churn, make_model):
    return make_model().fit(*small_churn)


# The order of the steps


class Spy(TransformerMixin, BaseEstimator):
    """Tells which rows reach `fit`; the first column of each row is its number."""

    def __init__(self, tell):
        self.tell = tell

    def fit(self, X, y=None):
        self.tell(np.asarray(X)[:, 0].astype(int))
        return self

    def transform(self, X):
        return np.asarray(X, dtype=float)


class SamplerSpy(RandomOverSampler):
    """Tells which rows are resampled."""

    def __init__(self, tell, random_state=None):
        super().__init__(random_state=random_state)
        self.tell = tell

    def fit_resample(self, X, y, **params):
        self.tell(np.asarray(X)[:, 0].astype(int))
        return super().fit_resample(X, y, **params)


@pytest.fixture
def numbered_rows():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(200.0), rng.normal(size=(200, 2))])
    return X, (X[:, 1] + rng.normal(size=200) > 1).astype(int)


@pytest.fixture
def what_the_network_gets(monkeypatch):
    """What SciKeras' `fit` is called with."""
    from skann.networks import NetworkClassifier

    calls = []
    fit = NetworkClassifier.fit

    def note(self, X, y, **kwargs):
        calls.append({"X": X, "y": y, **kwargs})
        return fit(self, X, y, **kwargs)

    monkeypatch.setattr(NetworkClassifier, "fit", note)
    return calls


def test_no_validation_row_reaches_a_transformer_or_a_sampler(
    numbered_rows, what_the_network_gets, make_model
):
    at_transformer, at_sampler = [], []
    X, y = numbered_rows
    spies = {
        "preprocessor": Spy(at_transformer.append),
        "resampler": SamplerSpy(at_sampler.append),
    }
    model = make_model(**spies).fit(X, y)
    held_out = set(model.validation_indices_)
    training = set(range(200)) - held_out
    assert len(held_out) == 30
    (transformed,), (resampled,) = at_transformer, at_sampler
    assert set(transformed) == set(resampled) == training

    (call,) = what_the_network_gets
    X_validation, y_validation, _ = call["validation_data"]
    # Validation rows are the raw ones, each once; the training rows alone are resampled.
    assert_array_equal(X_validation, X[model.validation_indices_].astype(np.float32))
    assert_array_equal(y_validation, y[model.validation_indices_])
    assert set(call["X"][:, 0].astype(int)) == training
    assert call["y"].sum() * 2 == len(call["y"])


@pytest.mark.parametrize("resampler", ["over", "under", "smote"])
def test_auto_cleans_and_encodes_on_training_rows_alone(
    small_churn, monkeypatch, resampler, make_model
):
    X, y = small_churn
    # A value of its own tells which customer a row is.
    X = X.assign(monthly_charge=np.arange(400) + 0.5)
    seen = {}
    for step, method in ((TableCleaner, "fit_transform"), (TableEncoder, "fit_rows")):
        fit = getattr(step, method)

        def note(self, X, y=None, step=step, fit=fit):
            seen[step] = X["monthly_charge"].to_numpy()
            return fit(self, X, y)

        monkeypatch.setattr(step, method, note)
    model = make_model(resampler=resampler).fit(X, y)
    training = np.setdiff1d(np.arange(400), model.validation_indices_) + 0.5
    assert_array_equal(seen[TableCleaner], training)
    assert_array_equal(seen[TableEncoder], training)


def test_validation_rows_are_stratified_and_of_the_size_asked_for(small_churn, make_model):
    X, y = small_churn
    model = make_model(validation_fraction=0.3).fit(X, y)
    held_out = model.validation_indices_
    assert len(held_out) == 120
    assert_array_equal(held_out, np.unique(held_out))
    assert (y.iloc[held_out] == "Yes").sum() == round(0.3 * (y == "Yes").sum())


def test_validation_indices_count_the_rows_of_weight_zero(small_churn, make_model):
    X, y = small_churn
    weight = np.r_[np.zeros(200), np.ones(200)]
    model = make_model().fit(X, y, sample_weight=weight)
    assert len(model.validation_indices_) == 30
    assert model.validation_indices_.min() >= 200
    assert model.validation_indices_.max() < 400


def test_rows_of_weight_zero_count_as_absent(small_churn, make_model):
    X, y = small_churn
    one = make_model().fit(X, y, sample_weight=np.r_[np.ones(300), np.zeros(100)])
    other = make_model().fit(X[:300], y[:300])
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_given_validation_data_is_what_training_stops_on(
    small_churn, what_the_network_gets, make_model
):
    X, y = small_churn
    model = make_model(epochs=1).fit(X[:300], y[:300], validation_data=(X[300:], y[300:]))
    assert len(model.validation_indices_) == 0
    (call,) = what_the_network_gets
    assert len(call["X"]) == 300
    probability = model.predict_proba(X[300:])[:, 1]
    assert_allclose(model.history_["val_loss"], log_loss(y[300:], probability), rtol=1e-5)


def test_without_validation_rows_the_training_loss_is_watched(small_churn, make_model):
    model = make_model(validation_fraction=None).fit(*small_churn)
    assert len(model.validation_indices_) == 0
    assert list(model.history_) == ["loss", "auc", "learning_rate"]


def test_too_few_rows_for_validation_are_told(small_churn, make_model):
    X, _ = small_churn
    y = np.r_[1, np.zeros(49)]
    with pytest.warns(ValidationWarning, match=r"no validation rows.*\[49, 1\]"):
        model = make_model().fit(X[:50], y)
    assert "val_loss" not in model.history_


# What it takes


def test_column_roles_say_what_each_column_was_taken_for(fitted, small_churn, make_model):
    X, _ = small_churn
    assert list(fitted.column_roles_) == list(X.columns)
    assert fitted.column_roles_["contract"] == "category"
    assert fitted.column_roles_["signup_date"] == "datetime"
    assert fitted.column_roles_["age"] == "numeric"
    assert make_model(preprocessor=SimpleImputer()).fit(X[["age"]], _).column_roles_ == {}


def test_an_identifier_is_left_out_with_a_warning_that_names_it(small_churn, make_model):
    X, y = small_churn
    X = X.assign(customer_id=[f"C{number:04d}" for number in range(400)])
    with pytest.warns(DroppedColumnWarning, match="customer_id"):
        model = make_model(epochs=1).fit(X, y)
    assert model.column_roles_["customer_id"] == "id"
    other_ids = X.assign(customer_id="new")
    assert_array_equal(model.predict_proba(X), model.predict_proba(other_ids))


def test_unseen_categories_and_missing_values_get_probabilities(fitted, small_churn):
    X = small_churn[0].head(3).copy()
    X["contract"] = ["Ten years", None, "Two years"]
    X["age"] = np.nan
    X["signup_date"] = pd.NaT
    probability = fitted.predict_proba(X)
    assert probability.shape == (3, 2)
    assert ((probability > 0) & (probability < 1)).all()


def test_polars_and_nullable_columns_give_what_pandas_gives(fitted, small_churn, make_model):
    pl = pytest.importorskip("polars")
    X, y = small_churn
    expected = fitted.predict_proba(X)
    nullable = X.convert_dtypes()
    assert nullable["age"].dtype == pd.Int64Dtype()
    polars = pl.from_pandas(X)
    for frame in (nullable, polars):
        assert_array_equal(fitted.predict_proba(frame), expected)
    for frame, labels in ((nullable, y.astype("string")), (polars, pl.Series(y.tolist()))):
        model = make_model().fit(frame, labels)
        assert model.column_roles_ == fitted.column_roles_
        assert_allclose(model.predict_proba(frame), expected, rtol=1e-6)


def test_an_array_of_mixed_values_or_of_numbers_is_taken(small_churn, make_model):
    X, y = small_churn
    X = X.drop(columns="signup_date")
    model = make_model().fit(X.to_numpy(), y)
    frame = make_model().fit(X, y)
    assert list(model.column_roles_.values()) == list(frame.column_roles_.values())
    assert_allclose(model.predict_proba(X.to_numpy()), frame.predict_proba(X), rtol=1e-6)

    numbers = X.select_dtypes("number").to_numpy()
    model = make_model().fit(numbers, y)
    assert model.n_features_in_ == numbers.shape[1]
    assert not hasattr(model, "feature_names_in_")
    assert_array_equal(model.predict_proba(numbers.tolist()), model.predict_proba(numbers))


@pytest.mark.parametrize(
    "labels",
    [
        ["No", "Yes"],
        [False, True],
        [0, 1],
        [-1, 1],
        [1.0, 2.0],
        [np.int8(3), np.int8(7)],
    ],
    ids=repr,
)
def test_any_two_labels_will_do_and_the_second_is_the_positive_one(
    fitted, small_churn, labels, make_model
):
    X, y = small_churn
    model = make_model().fit(X, np.array(labels)[(y == "Yes").astype(int)])
    assert_array_equal(model.classes_, labels)
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))
    assert_array_equal(model.predict(X) == labels[1], fitted.predict(X) == "Yes")


@pytest.mark.parametrize(
    "make", [pd.Categorical, lambda y: y.astype("string"), list, lambda y: y.to_frame()]
)
@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
def test_labels_may_come_in_any_container(fitted, small_churn, make, make_model):
    X, y = small_churn
    model = make_model(epochs=1).fit(X, make(y))
    assert list(model.classes_) == ["No", "Yes"]


def test_the_index_of_a_frame_says_nothing(fitted, small_churn, make_model):
    X, y = small_churn
    index = np.random.default_rng(0).integers(0, 5, size=400)
    model = make_model().fit(X.set_axis(index), y.set_axis(index[::-1]))
    assert_array_equal(model.predict_proba(X), fitted.predict_proba(X))


def test_fit_leaves_data_weights_and_parameters_of_the_caller_alone(small_churn, make_model):
    X, y = small_churn
    X_before, y_before, weight = X.copy(), y.copy(), np.random.default_rng(0).uniform(1, 2, 400)
    weight_before = weight.copy()
    model = make_model(resampler="over", class_weight={"No": 1, "Yes": 2})
    before = clone(model).get_params()
    model.fit(X, y, sample_weight=weight)
    model.predict_proba(X)
    pd.testing.assert_frame_equal(X, X_before)
    pd.testing.assert_series_equal(y, y_before)
    assert_array_equal(weight, weight_before)
    assert model.get_params() == before


# What it gives


def test_probabilities_labels_and_log_odds_agree(fitted, small_churn):
    X, y = small_churn
    probability = fitted.predict_proba(X)
    assert_allclose(probability.sum(axis=1), 1)
    assert_array_equal(fitted.predict(X), np.where(probability[:, 1] >= 0.5, "Yes", "No"))
    log_odds = fitted.decision_function(X)
    assert_allclose(log_odds, np.log(probability[:, 1] / probability[:, 0]), rtol=1e-6)
    assert fitted.score(X, y) == (fitted.predict(X) == y).mean()


def test_what_a_customer_gets_does_not_depend_on_the_company(fitted, small_churn):
    X, _ = small_churn
    together = fitted.predict_proba(X)
    assert_array_equal(fitted.predict_proba(X[::-1]), together[::-1])
    assert_array_equal(fitted.predict_proba(X[7:8]), together[7:8])


def test_many_rows_are_predicted_in_chunks_to_the_same_effect(fitted, small_churn, monkeypatch):
    X, _ = small_churn
    expected = fitted.predict_proba(X)
    monkeypatch.setattr("skann._churn_ann._blocks._MOST_ROWS", 150)
    assert_array_equal(fitted.predict_proba(X), expected)


def test_pipeline_can_be_inspected_and_called(fitted, small_churn):
    X, _ = small_churn
    assert isinstance(fitted.pipelines_[0], SamplingPipeline)
    assert list(fitted.pipelines_[0].named_steps) == ["preprocess", "resample", "encode", "network"]
    assert_allclose(fitted.pipelines_[0].predict_proba(X), fitted.predict_proba(X), rtol=1e-12)
    assert isinstance(fitted.pipelines_[0]["network"].model_, keras.Model)


def test_history_has_a_row_an_epoch(fitted):
    history = fitted.history_
    assert set(history) == {"loss", "auc", "val_loss", "val_auc", "learning_rate"}
    assert list(history.index) == [1, 2, 3]
    assert history.index.name == "epoch"
    assert np.isfinite(history).all(axis=None)
    assert fitted.n_iter_ == 3


def test_metrics_choose_the_columns_of_the_history(small_churn, make_model):
    model = make_model(metrics=("accuracy", keras.metrics.Recall(name="recall")), epochs=1)
    columns = set(model.fit(*small_churn).history_)
    assert columns == {"loss", "accuracy", "recall", "val_loss", "val_accuracy", "val_recall"} | {
        "learning_rate"
    }


def test_training_stops_early_and_keeps_the_best_epoch(small_churn, make_model):
    X, y = small_churn
    model = make_model(epochs=200, patience=3, learning_rate=0.05).fit(X, y)
    val_loss = model.history_["val_loss"]
    assert model.best_epoch_ == val_loss.idxmin()
    assert model.n_iter_ == model.best_epoch_ + 3 < 200
    held_out = model.validation_indices_
    probability = model.predict_proba(X)[held_out, 1]
    assert_allclose(log_loss(y[held_out], probability), val_loss.min(), rtol=1e-5)


def test_without_early_stopping_all_epochs_run_and_the_last_is_kept(small_churn, make_model):
    X, y = small_churn
    model = make_model(epochs=20, patience=1, learning_rate=0.05, early_stopping=False).fit(X, y)
    assert model.n_iter_ == model.best_epoch_ == 20
    val_loss = model.history_["val_loss"]
    assert val_loss.idxmin() < 20
    held_out = model.validation_indices_
    probability = model.predict_proba(X)[held_out, 1]
    assert_allclose(log_loss(y[held_out], probability), val_loss[20], rtol=1e-5)


def test_the_learning_rate_falls_on_a_plateau_where_asked(small_churn, make_model):
    settings = {"epochs": 25, "patience": 4, "learning_rate": 0.05, "early_stopping": False}
    rates = make_model(**settings).fit(*small_churn).history_["learning_rate"]
    assert rates.iloc[0] == pytest.approx(0.05)
    assert rates.iloc[-1] < 0.05
    steps = rates[rates.diff() < 0] / rates.shift()[rates.diff() < 0]
    assert_allclose(steps, 0.5, rtol=1e-6)
    rates = make_model(**settings, reduce_lr=False).fit(*small_churn).history_["learning_rate"]
    assert_allclose(rates, 0.05, rtol=1e-6)


def test_checkpoint_dir_holds_the_best_network(small_churn, tmp_path, make_model):
    X, y = small_churn
    folder = tmp_path / "new" / "folder"
    model = make_model(
        epochs=15, learning_rate=0.05, early_stopping=False, checkpoint_dir=folder
    ).fit(X, y)
    loaded = keras.models.load_model(folder / "churn_network.keras")
    held_out = model.validation_indices_
    encoded = model.pipelines_[0][:-1].transform(X.iloc[held_out])
    probability = loaded.predict(encoded, verbose=0)[:, 0]
    assert_allclose(log_loss(y[held_out], probability), model.history_["val_loss"].min(), rtol=1e-5)


def test_callbacks_of_the_user_run_and_are_not_mutated(small_churn, make_model):
    epochs = []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.last_epoch = epoch
            epochs.append((epoch, sorted(logs)))

    callback = Count()
    model = make_model(callbacks=[callback, Count], epochs=2).fit(*small_churn)
    assert [epoch for epoch, _ in epochs] == [0, 0, 1, 1]
    assert "val_loss" in epochs[0][1]
    assert "last_epoch" not in vars(callback)
    assert callback.model is None
    assert model.callbacks == [callback, Count]


def test_a_clone_copies_no_network(fitted):
    copy = clone(fitted)
    assert not hasattr(copy, "pipelines_")
    holds = [value for value in vars(copy).values() if isinstance(value, keras.Model)]
    assert holds == []


def test_verbose_shows_progress_on_stderr(small_churn, capsys, make_model):
    make_model(verbose=1).fit(*small_churn)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Training" in shown.err


# Preprocessing of the user's


def own_preprocessor(sparse=False):
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=sparse), ["contract", "region"]),
        (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "tenure_months"]),
        sparse_threshold=float(sparse),
    )


@pytest.mark.parametrize("sparse", [False, True])
def test_a_transformer_of_the_users_is_cloned_and_fitted(small_churn, sparse, make_model):
    X, y = small_churn
    own = own_preprocessor(sparse)
    model = make_model(preprocessor=own).fit(X, y)
    assert not hasattr(own, "transformers_")
    expected = clone(own).fit(X.drop(index=model.validation_indices_)).transform(X)
    expected = expected.toarray() if sparse else expected
    assert_allclose(model.pipelines_[0][:-1].transform(X), expected.astype(np.float32))


def test_a_transformer_may_give_a_frame(small_churn, make_model):
    X, y = small_churn
    plain = make_model(preprocessor=own_preprocessor()).fit(X, y)
    frame = make_model(preprocessor=own_preprocessor().set_output(transform="pandas")).fit(X, y)
    assert_array_equal(plain.predict_proba(X), frame.predict_proba(X))


def test_a_grid_reaches_the_parameters_of_the_preprocessor(small_churn, make_model):
    X, y = small_churn
    grid = {
        "preprocessor__pipeline__simpleimputer__strategy": ["mean", "median"],
        "learning_rate": [1e-3, 1e-2],
    }
    search = GridSearchCV(
        make_model(preprocessor=own_preprocessor()), grid, scoring="roc_auc", cv=2
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.cv_results_["params"]) == 4
    best = search.best_estimator_
    fitted_strategy = best.pipelines_[0]["preprocess"]["pipeline"]["simpleimputer"].strategy
    assert fitted_strategy == search.best_params_["preprocessor__pipeline__simpleimputer__strategy"]


def test_passthrough_takes_numbers_as_they_are(numbered_rows, what_the_network_gets, make_model):
    X, y = numbered_rows
    model = make_model(preprocessor="passthrough").fit(X, y)
    (call,) = what_the_network_gets
    assert_array_equal(call["X"], np.delete(X, model.validation_indices_, axis=0).astype("float32"))


@pytest.mark.parametrize(
    ("column", "found"), [("age", "NaN"), ("contract", "Month-to-month|dtype")]
)
def test_passthrough_refuses_gaps_and_text_and_says_what_takes_them(
    small_churn, column, found, make_model
):
    X, y = small_churn
    with pytest.raises(ValueError, match=f"(?s)finite numbers.*({found}).*preprocessor='auto'"):
        make_model(preprocessor="passthrough").fit(X[[column]], y)


@pytest.mark.parametrize("numeric", ["standard", "quantile", "robust", "piecewise_linear"])
@pytest.mark.parametrize("categorical", ["onehot", "embedding"])
def test_encodings_reach_the_encoder_and_the_network(small_churn, numeric, categorical, make_model):
    X, y = small_churn
    model = make_model(numeric_encoding=numeric, categorical_encoding=categorical, epochs=1)
    encoder = model.fit(X, y).pipelines_[0]["encode"]
    assert (encoder.numeric_encoding, encoder.categorical_encoding) == (numeric, categorical)
    names = [layer.name for layer in model.pipelines_[0]["network"].model_.layers]
    assert ("embedding" in names) == (categorical == "embedding")
    assert np.isfinite(model.history_).all(axis=None)


def test_network_parameters_reach_the_network(small_churn, make_model):
    model = make_model(
        hidden_layer_sizes=(6, 3), activation="tanh", dropout=0.3, l2=0.02, n_heads=2, epochs=1
    ).fit(*small_churn)
    network = model.pipelines_[0]["network"].model_
    layers = {layer.name: layer for layer in network.layers}
    assert [layers[f"hidden_{i}"].units for i in (1, 2)] == [6, 3]
    assert layers["hidden_1"].activation is keras.activations.tanh
    assert layers["hidden_2"].kernel_regularizer.l2 == pytest.approx(0.02)
    assert [layers[f"dropout_{i}"].rate for i in (1, 2)] == [0.3, 0.3]
    assert network.output_shape == (None, 2)


def test_the_automatic_penalty_falls_with_the_training_rows(small_churn, make_model):
    X, y = small_churn
    for n_rows, expected in ((400, 5e-4), (10_000, 2 / 10_000)):
        rows = np.resize(np.arange(len(X)), n_rows)
        model = make_model(l2="auto", epochs=1, validation_fraction=None)
        model.fit(X.iloc[rows], y[rows])
        layer = model.pipelines_[0]["network"].model_.get_layer("hidden_1")
        assert layer.kernel_regularizer.l2 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("optimizer", "kind", "rate"),
    [
        ("adam", keras.optimizers.Adam, 0.02),
        ("adamw", keras.optimizers.AdamW, 0.02),
        ("auto", keras.optimizers.Adam, 0.02),
        ("muon", MuonAdam, 0.02),
        ("sgd", keras.optimizers.SGD, 0.02),
        (keras.optimizers.RMSprop, keras.optimizers.RMSprop, 0.02),
        (keras.optimizers.Adam(0.5), keras.optimizers.Adam, 0.5),
    ],
)
def test_optimizer_and_learning_rate_reach_the_network(
    small_churn, optimizer, kind, rate, make_model
):
    model = make_model(optimizer=optimizer, learning_rate=0.02, epochs=1).fit(*small_churn)
    found = model.pipelines_[0]["network"].model_.optimizer
    assert type(found) is kind
    assert found is not optimizer
    assert float(found.learning_rate) == pytest.approx(rate)
