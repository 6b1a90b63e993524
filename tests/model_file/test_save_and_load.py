"""What comes out of a model file is the model that went in."""

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skann
from skann._churn_ann._html import classifier_html
from skann._model_file._model import read_model, write_model
from skann.inspection import explain

DATA = Path(__file__).parents[1] / "data"


def travelled(model, path, **options):
    skann.save(model, path)
    return skann.load(path, **options)


@pytest.fixture(scope="module")
def loaded(network, tmp_path_factory):
    return travelled(network, tmp_path_factory.mktemp("networks") / "network.skann")


@pytest.mark.parametrize("method", ["predict_proba", "decision_function", "predict_proba_std"])
def test_a_loaded_network_gives_the_numbers_of_the_saved_one(network, loaded, small_churn, method):
    rows = small_churn[0]
    expected = getattr(network, method)(rows)
    assert getattr(loaded, method)(rows) == pytest.approx(expected, abs=2e-6)


def test_a_loaded_network_predicts_the_same_labels(network, loaded, small_churn):
    rows = small_churn[0]
    assert (loaded.predict(rows) == network.predict(rows)).all()
    assert (loaded.pipelines_[1].predict(rows) == network.pipelines_[1].predict(rows)).all()


def test_a_loaded_network_has_the_attributes_of_the_saved_one(network, loaded):
    assert vars(loaded).keys() == vars(network).keys()
    assert loaded.get_params() == network.get_params()
    pd.testing.assert_frame_equal(loaded.history_, network.history_)
    assert loaded.best_epoch_ == network.best_epoch_
    assert loaded.column_roles_ == network.column_roles_
    assert (loaded.validation_proba_ == network.validation_proba_).all()


def test_a_row_gets_the_same_bits_alone_and_among_others(loaded, small_churn):
    rows = small_churn[0]
    among_others = loaded.predict_proba(rows)[17:20]
    alone = [loaded.predict_proba(rows.iloc[i : i + 1])[0] for i in (17, 18, 19)]
    assert (np.array(alone) == among_others).all()


def test_a_saved_loaded_and_saved_model_is_the_same_bytes(network, loaded, tmp_path):
    skann.save(network, tmp_path / "once")
    skann.save(loaded, tmp_path / "twice")
    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()


def test_a_loaded_network_trains_on_as_if_it_had_not_travelled(network, loaded, small_churn):
    X, y = small_churn
    expected = copy.deepcopy(network).partial_fit(X, y)
    trained = copy.deepcopy(loaded).partial_fit(X, y)
    assert trained.predict_proba(X) == pytest.approx(expected.predict_proba(X), abs=1e-6)
    pd.testing.assert_frame_equal(trained.history_, expected.history_)


def test_a_loaded_network_can_be_pickled_copied_and_shown(loaded, small_churn):
    rows = small_churn[0].head(3)
    again = pickle.loads(pickle.dumps(loaded))
    assert (again.predict_proba(rows) == loaded.predict_proba(rows)).all()
    assert f"{loaded.pipelines_[0]['network'].n_weights:,}" in classifier_html(loaded)


def test_a_path_and_a_random_state_go_along(network, path):
    model = copy.copy(network)
    model.set_params(checkpoint_dir=Path("folder"), random_state=np.random.RandomState(3))
    loaded = travelled(model, path)
    assert loaded.checkpoint_dir == "folder"
    assert loaded.random_state.randint(1000) == model.random_state.randint(1000)


def test_a_loaded_threshold_decides_as_the_saved_one(logistic, numbers, path):
    rows = numbers[0].abs()
    loaded = travelled(logistic, path)
    for method in ("predict_proba", "predict", "expected_gain", "rank", "predict_action"):
        assert np.array_equal(getattr(loaded, method)(rows), getattr(logistic, method)(rows))
    pd.testing.assert_frame_equal(loaded.cost_curve_, logistic.cost_curve_)
    assert loaded.threshold_spread_ == logistic.threshold_spread_
    pd.testing.assert_frame_equal(
        explain(loaded, rows.head(4)), explain(logistic, rows.head(4)), check_exact=True
    )


def test_a_loaded_threshold_over_a_network_decides_as_the_saved_one(network, small_churn, path):
    X, y = small_churn
    model = skann.CostThresholdClassifier(network, fn_cost=100, fp_cost=5, cv="prefit").fit(X, y)
    loaded = travelled(model, path)
    assert (loaded.predict(X) == model.predict(X)).all()
    assert loaded.expected_gain(X) == pytest.approx(model.expected_gain(X), abs=1e-3)
    assert loaded.estimator is loaded.estimator_


def test_fitted_samplers_and_their_training_rows_stay_behind(numbers, path):
    X, y = numbers
    pipeline = make_sampling_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression())
    model = skann.CostThresholdClassifier(pipeline.fit(X, y), cv="prefit").fit(X, y)
    loaded = travelled(model, path)
    assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert not hasattr(loaded.estimator_["smote"], "nn_k_")
    assert np.array_equal(travelled(pipeline, path).predict(X), pipeline.predict(X))


def test_what_is_to_be_known_of_a_model_goes_along(logistic, path):
    about = {"target": "Churn", "labels": ["No", "Yes"], "rows": np.arange(3, dtype=np.uint64)}
    write_model(path, logistic, about)
    _, read = read_model(path)
    assert read.pop("rows").tolist() == about.pop("rows").tolist()
    assert read == about


TRANSFORMER = """
from sklearn.base import BaseEstimator, TransformerMixin

class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.factor_ = 2.0
        return self

    def transform(self, X):
        return X * self.factor_

def halved(X):
    return X / 2
"""


@pytest.fixture
def own_parts(tmp_path, monkeypatch):
    (tmp_path / "own_parts_of_a_user.py").write_text(TRANSFORMER)
    monkeypatch.syspath_prepend(tmp_path)
    import own_parts_of_a_user

    yield own_parts_of_a_user
    del sys.modules["own_parts_of_a_user"]


def test_a_transformer_of_the_users_own_is_refused_until_it_is_named(own_parts, numbers, path):
    X, y = numbers
    parts = own_parts.Doubled(), FunctionTransformer(own_parts.halved), StandardScaler()
    model = make_pipeline(*parts, LogisticRegression()).fit(X, y)
    skann.save(model, path)
    with pytest.raises(ValueError, match=r"not trusted: own_parts_of_a_user.Doubled, .*halved"):
        skann.load(path)
    with pytest.raises(ValueError, match="not trusted: own_parts_of_a_user.halved"):
        skann.load(path, trusted=["own_parts_of_a_user.Doubled"])
    names = [f"own_parts_of_a_user.{name}" for name in ("Doubled", "halved")]
    assert np.array_equal(skann.load(path, trusted=names).predict(X), model.predict(X))


def test_trusted_has_to_be_a_list(path, content):
    path.write_bytes(content)
    with pytest.raises(TypeError, match=r"trusted=\['mymodule.MyTransformer'\]"):
        skann.load(path, trusted="mymodule.MyTransformer")


def no_importable_class():
    class Local(StandardScaler):
        pass

    return Local()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (FunctionTransformer(lambda X: X), r"model\.steps\[0\]\[1\]\.func cannot .* is a lambda"),
        (no_importable_class(), r"model\.steps\[0\]\[1\] cannot .*Local cannot be found again"),
        (FunctionTransformer(kw_args={}, inv_kw_args={True: 1}), "keys must be strings"),
    ],
)
def test_save_names_the_part_that_cannot_be_saved(step, said, numbers, path):
    X, y = numbers
    model = make_pipeline(step, StandardScaler(), LogisticRegression()).fit(X, y)
    with pytest.raises(TypeError, match=said):
        skann.save(model, path)
    assert not path.exists()


def test_save_names_the_keras_object_that_cannot_be_saved(network, path):
    import keras

    model = copy.copy(network).set_params(callbacks=[keras.callbacks.TerminateOnNaN()])
    with pytest.raises(TypeError, match=r"model\.callbacks\[0\] cannot be saved: .* keras"):
        skann.save(model, path)
    model.set_params(callbacks=None, optimizer=keras.optimizers.Adam)
    with pytest.raises(TypeError, match=r"model\.optimizer cannot be saved: .* keras"):
        skann.save(model, path)


def test_only_a_fitted_estimator_is_saved(path):
    with pytest.raises(ValueError, match="not fitted yet"):
        skann.save(skann.ChurnANNClassifier(), path)
    for wrong in (LogisticRegression, {"model": 1}):
        with pytest.raises(TypeError, match="only a fitted estimator"):
            skann.save(wrong, path)


SCORE_WITHOUT_TENSORFLOW = """
import json, sys
import pandas as pd
import skann
from skann.inspection import explain

model = skann.load(sys.argv[1])
rows = pd.read_json(sys.argv[2])
network = model.estimator_
network.predict_proba(rows), network.predict(rows), network.predict_proba_std(rows)
network.decision_function(rows), network._repr_html_()
model.predict(rows), model.expected_gain(rows), model.rank(rows), model.predict_action(rows)
explain(model, rows)
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps(sorted(loaded & {"tensorflow", "keras", "scikeras", "torch", "matplotlib"})))
"""


def test_scoring_a_loaded_model_loads_neither_tensorflow_nor_keras(network, small_churn, tmp_path):
    X, y = small_churn
    model = skann.CostThresholdClassifier(network, fn_cost=100, fp_cost=5, cv="prefit").fit(X, y)
    skann.save(model, tmp_path / "model.skann")
    X.head(5).to_json(tmp_path / "rows.json", date_format="iso")
    arguments = [str(tmp_path / name) for name in ("model.skann", "rows.json")]
    result = subprocess.run(
        [sys.executable, "-c", SCORE_WITHOUT_TENSORFLOW, *arguments],
        capture_output=True,
        text=True,
        cwd=Path(skann.__file__).parents[1],
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []


def test_a_file_of_an_earlier_version_still_loads_and_predicts_the_same():
    """tests/data/make_kept_model.py wrote it, once: a file of today has to load for ever."""
    rows = pd.read_csv(DATA / "kept_rows.csv")
    expected = rows.pop("probability")
    model = skann.load(DATA / "kept_model.skann")
    assert model.predict_proba(rows)[:, 1] == pytest.approx(expected, abs=1e-6)
    assert set(model.predict(rows)) == {"No", "Yes"}
