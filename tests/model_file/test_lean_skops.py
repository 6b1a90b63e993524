"""Loading a model imports skops without what skops looks for in scikit-learn."""

import subprocess
import sys

import skann
from skann._model_file._skops import lean_skops
from skann.datasets import make_churn

LOAD = """
import sys, skann

from skann._model_file._skops import lean_skops
lean_skops()
assert not [name for name in sys.modules if name.partition('.')[0] == 'skops']
assert 'sklearn.gaussian_process' not in sys.modules
import skops.io
assert skops.io is not lean_skops()
assert 'sklearn.svm._classes.SVC' in skops.io._trusted_types.SKLEARN_ESTIMATOR_TYPE_NAMES
"""


def test_others_get_a_skops_that_knows_scikit_learn():
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_skops_that_is_loaded_already_stays_as_it_is():
    import skops.io

    lean_skops.cache_clear()
    assert lean_skops() is not skops.io
    assert sys.modules["skops.io"] is skops.io


def test_what_only_the_whole_skops_knows_is_loaded_all_the_same(tmp_path):
    X, y = make_churn(100, random_state=0, return_X_y=True)
    numbers = X.select_dtypes("number").to_numpy()
    model = skann.CostThresholdClassifier(_scaled(), fn_cost=100, fp_cost=5, cv=2)
    model.fit(numbers, y)
    skann.save(model, tmp_path / "m.skann")
    assert (skann.load(tmp_path / "m.skann").predict(numbers) == model.predict(numbers)).all()


def _scaled():
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(SimpleImputer(), LogisticRegression())
