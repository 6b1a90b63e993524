"""The models of the accuracy benchmark, each behind its best usual preprocessing.

All get the same raw columns, two threads, and the default hyperparameters of their library (save
the forest, which has 500 trees with leaves of 5 rows, since its defaults rank worse). skann takes
raw rows itself; the others get numbers as numbers, dates as days and text as text first, decided by
what a look at the table shows, and everything else is fitted on training rows. Boosted trees but
CatBoost get one-hot columns: on the first seven tables of _data.py their AUC was then higher than
with categories of their own, or less than 0.0005 below.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from _threads import N_THREADS
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

# Of text with more levels (names of towns), the rarest share one column: dense rows stay small.
MAX_LEVELS = 255


def text_columns(X: pd.DataFrame) -> list[str]:
    """Columns that hold something other than numbers, dates and blanks."""
    return [name for name in X if not _is_number(X[name])]


def _is_number(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column) or _is_date(column):
        return True
    text = _stripped(column)
    return bool((pd.to_numeric(text, errors="coerce").notna() == text.notna()).all())


def _is_date(column: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def _number(column: pd.Series) -> pd.Series:
    """Floats; dates as days since 1970."""
    if _is_date(column):
        return (column - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return pd.to_numeric(column, errors="coerce").astype(float)


def _stripped(column: pd.Series) -> pd.Series:
    text = column.astype("str").str.strip()
    return text.where(column.notna() & (text != ""))


def plain_table(X: pd.DataFrame, text: list[str]) -> pd.DataFrame:
    """Floats, and text with a level "missing" of its own."""
    return pd.DataFrame(
        {
            name: _stripped(X[name]).fillna("missing").astype(object)
            if name in text
            else _number(X[name])
            for name in X
        }
    )


class TextToCategory(TransformerMixin, BaseEstimator):
    """Text as pandas categories of the training rows; levels not seen there become missing."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns

    def fit(self, X: pd.DataFrame, y: Any = None) -> "TextToCategory":
        self.categories_ = {name: sorted(X[name].unique()) for name in self.columns}
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        return X.assign(
            **{
                name: pd.Categorical(X[name].where(X[name].isin(known)), categories=known)
                for name, known in self.categories_.items()
            }
        )


def _plain(text: list[str]) -> FunctionTransformer:
    return FunctionTransformer(plain_table, kw_args={"text": text})


def _behind_one_hot(model: Any, X: pd.DataFrame, numbers: Any = "passthrough") -> Any:
    """A column for each level of text."""
    text = text_columns(X)
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MAX_LEVELS, sparse_output=False
    )
    encoder = make_column_transformer(
        (numbers, [name for name in X if name not in text]), (one_hot, text)
    )
    return make_pipeline(_plain(text), encoder, model)


def behind_scaling(model: Any, X: pd.DataFrame) -> Any:
    """Scaled numbers with indicators of missing ones, and a column for each level of text."""
    numbers = make_pipeline(StandardScaler(), SimpleImputer(strategy="median", add_indicator=True))
    return _behind_one_hot(model, X, numbers)


def _skann(X: pd.DataFrame, seed: int) -> Any:
    return _churn_ann(random_state=seed)


def _skann_mlp(X: pd.DataFrame, seed: int) -> Any:
    return _churn_ann(
        hidden_layer_sizes=(64, 32),
        cv=None,
        n_heads=1,
        numeric_encoding="standard",
        categorical_encoding="onehot",
        random_state=seed,
    )


def _churn_ann(**parameters: Any) -> Any:
    from skann import ChurnANNClassifier

    return ChurnANNClassifier(**parameters)


def _logistic(X: pd.DataFrame, seed: int) -> Any:
    return behind_scaling(LogisticRegression(max_iter=1000), X)


def _forest(X: pd.DataFrame, seed: int) -> Any:
    # Leaves of one row know nothing of probabilities; with five, AUC is far better, too.
    forest = RandomForestClassifier(
        n_estimators=500, min_samples_leaf=5, n_jobs=N_THREADS, random_state=seed
    )
    return _behind_one_hot(forest, X)


def _hist_gradient_boosting(X: pd.DataFrame, seed: int) -> Any:
    return _behind_one_hot(HistGradientBoostingClassifier(random_state=seed), X)


def _mlp(X: pd.DataFrame, seed: int) -> Any:
    return behind_scaling(MLPClassifier((64, 32), early_stopping=True, random_state=seed), X)


def _lightgbm(X: pd.DataFrame, seed: int) -> Any:
    from lightgbm import LGBMClassifier

    return _behind_one_hot(LGBMClassifier(n_jobs=N_THREADS, random_state=seed, verbose=-1), X)


def _xgboost(X: pd.DataFrame, seed: int) -> Any:
    from xgboost import XGBClassifier

    return _behind_one_hot(XGBClassifier(n_jobs=N_THREADS, random_state=seed), X)


def _catboost(X: pd.DataFrame, seed: int) -> Any:
    from catboost import CatBoostClassifier

    text = text_columns(X)
    model = CatBoostClassifier(
        cat_features=tuple(text),  # a list cannot be cloned
        thread_count=N_THREADS,
        random_seed=seed,
        verbose=False,
        allow_writing_files=False,
    )
    return make_pipeline(_plain(text), model)


def _realmlp(X: pd.DataFrame, seed: int) -> Any:
    from pytabkit import RealMLP_TD_Classifier

    return _behind_pytabkit(RealMLP_TD_Classifier, X, seed)


def _tabm(X: pd.DataFrame, seed: int) -> Any:
    from pytabkit import TabM_D_Classifier

    return _behind_pytabkit(TabM_D_Classifier, X, seed)


def _behind_pytabkit(kind: Any, X: pd.DataFrame, seed: int) -> Any:
    """Categories, and no missing numbers, which pytabkit refuses."""
    text = text_columns(X)
    filled = make_column_transformer(
        (
            SimpleImputer(strategy="median", add_indicator=True),
            [name for name in X if name not in text],
        ),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    model = kind(device="cpu", n_threads=N_THREADS, random_state=seed)
    return make_pipeline(_plain(text), TextToCategory(text), filled, model)


class Given(ClassifierMixin, BaseEstimator):
    """Takes its one feature as the probability: all rules see the same ones."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Given":
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.column_stack([1.0 - X[:, 0], X[:, 0]])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return (X[:, 0] > 0.5).astype(int)


class Model(NamedTuple):
    """How a model is built, and what it needs."""

    label: str
    build: Callable[[pd.DataFrame, int], Any]  # from the raw table and a seed
    library: str = "sklearn"
    slow: bool = False
    seeded: bool = True  # whether a fit depends on its seed

    def is_installed(self) -> bool:
        return find_spec(self.library) is not None


MODELS = {
    "skann": Model("skann", _skann, "tensorflow"),
    "skann_mlp": Model("skann, plain MLP", _skann_mlp, "tensorflow"),
    "logistic": Model("logistic regression", _logistic, seeded=False),
    "forest": Model("random forest", _forest),
    "hgb": Model("HistGradientBoosting", _hist_gradient_boosting),
    "lightgbm": Model("LightGBM", _lightgbm, "lightgbm"),
    "xgboost": Model("XGBoost", _xgboost, "xgboost"),
    "catboost": Model("CatBoost", _catboost, "catboost"),
    "mlp": Model("MLPClassifier", _mlp),
    "realmlp": Model("RealMLP-TD", _realmlp, "pytabkit", slow=True),
    "tabm": Model("TabM-D", _tabm, "pytabkit", slow=True),
}
