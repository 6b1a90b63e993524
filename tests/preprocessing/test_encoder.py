import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer

from skann.preprocessing import (
    PiecewiseLinearEncoder,
    SmoothClipScaler,
    TableCleaner,
    TableEncoder,
)

NUMERIC = ["auto", "standard", "quantile", "robust", "piecewise_linear"]
CATEGORICAL = ["onehot", "embedding", "auto"]


def clean_table():
    return pd.DataFrame(
        {
            "plan": pd.Categorical(["a", "b", "(rare)", "a"], ["a", "b", "c", "(rare)"]),
            "age": [1.0, 2.0, 3.0, 6.0],
            "flag": [0.0, 0.0, 0.0, 1.0],
        }
    )


def test_onehot_has_a_column_for_each_level_that_was_seen():
    encoder = TableEncoder().fit(clean_table())
    later = clean_table()
    later["plan"] = pd.Categorical(["b", "c", None, "(rare)"], later["plan"].dtype.categories)
    assert encoder.get_feature_names_out().tolist() == [
        "age",
        "flag",
        "plan_a",
        "plan_b",
        "plan_(rare)",
    ]
    expected = [[0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]
    np.testing.assert_array_equal(encoder.transform(later)[:, 2:], expected)
    assert encoder.embedding_cardinalities_ == ()


def test_embedding_codes_come_last_and_zero_is_rare_or_unseen():
    encoder = TableEncoder(categorical_encoding="embedding").fit(clean_table())
    later = clean_table()
    later["plan"] = pd.Categorical(["b", "a", None, "c"], later["plan"].dtype.categories)
    assert encoder.get_feature_names_out().tolist() == ["age", "flag", "plan"]
    assert encoder.embedding_cardinalities_ == (3,)
    np.testing.assert_array_equal(encoder.transform(clean_table())[:, -1], [1, 2, 0, 1])
    np.testing.assert_array_equal(encoder.transform(later)[:, -1], [2, 1, 0, 0])


@pytest.mark.parametrize(("n_levels", "cardinalities"), [(9, ()), (10, (11,))])
def test_auto_embeds_above_nine_levels(n_levels, cardinalities):
    levels = [f"level {i}" for i in range(n_levels)] + ["(rare)"]
    table = pd.DataFrame({"many": pd.Categorical(levels, levels), "age": np.arange(len(levels))})
    encoder = TableEncoder(categorical_encoding="auto").fit(table)
    assert encoder.embedding_cardinalities_ == cardinalities


def test_auto_puts_onehot_before_codes():
    letters = list("abcdefghijkl")
    table = pd.DataFrame(
        {
            "many": pd.Categorical(letters),
            "few": pd.Categorical(["x", "y"] * 6),
            "much": pd.Categorical(letters[::-1]),
        }
    )
    encoder = TableEncoder(categorical_encoding="auto").fit(table)
    assert encoder.embedding_cardinalities_ == (13, 13)
    assert encoder.get_feature_names_out().tolist() == ["few_x", "few_y", "many", "much"]
    np.testing.assert_array_equal(encoder.transform(table)[:2], [[1, 0, 1, 12], [0, 1, 2, 11]])


def test_standard_encoding_has_mean_zero_and_variance_one():
    encoded = TableEncoder().fit_transform(clean_table())
    expected = (np.array([1, 2, 3, 6]) - 3) / np.sqrt(3.5)
    np.testing.assert_allclose(encoded[:, 0], expected, rtol=1e-6)
    assert encoded.dtype == np.float32


def test_quantile_encoding_is_normal_and_spares_two_valued_columns():
    table = pd.DataFrame({"flag": [0.0] * 900 + [1.0] * 100, "skew": np.exp(np.arange(1000) / 50)})
    encoder = TableEncoder(numeric_encoding="quantile").fit(table)
    encoded = encoder.transform(table)
    assert encoder.get_feature_names_out().tolist() == ["skew", "flag"]
    np.testing.assert_allclose(
        np.quantile(encoded[:, 0], [0.1587, 0.5, 0.8413]), [-1, 0, 1], atol=0.01
    )
    np.testing.assert_allclose(np.unique(encoded[:, 1]), [-1 / 3, 3], rtol=1e-6)


def test_robust_encoding_is_smooth_clipping():
    table = clean_table()[["age", "flag"]]
    expected = SmoothClipScaler().fit_transform(table)
    encoded = TableEncoder(numeric_encoding="robust").fit_transform(table)
    np.testing.assert_allclose(encoded, expected, rtol=1e-6)


def test_piecewise_linear_encoding_of_a_few_rows_has_twelve_bins_at_most():
    table = clean_table()[["age", "flag"]]
    encoder = TableEncoder(numeric_encoding="piecewise_linear").fit(table)
    bins = PiecewiseLinearEncoder(n_bins=12).fit(table)
    np.testing.assert_array_equal(encoder.transform(table), bins.transform(table))
    names = encoder.get_feature_names_out()
    np.testing.assert_array_equal(names, bins.get_feature_names_out())
    assert len(names) <= 24


def test_auto_values_beside_bins_are_smooth_clipped_and_spare_two_valued_columns():
    table = clean_table()[["flag", "age"]]
    encoder = TableEncoder("auto").fit(table)
    names = encoder.get_feature_names_out().tolist()
    assert (names[0], names[-1]) == ("flag_bin1", "age")
    assert all(name.startswith("age_bin") for name in names[1:-1])
    np.testing.assert_allclose(
        encoder.transform(table)[:, -1:],
        SmoothClipScaler().fit_transform(table[["age"]]),
        rtol=1e-6,
    )


def test_the_transformer_is_a_column_transformer():
    encoder = TableEncoder().fit(clean_table())
    assert isinstance(encoder.transformer_, ColumnTransformer)
    assert [name for name, _, _ in encoder.transformer_.transformers] == ["numeric", "onehot"]


@pytest.mark.parametrize("categorical", CATEGORICAL)
@pytest.mark.parametrize("numeric", NUMERIC)
def test_fit_transform_is_fit_then_transform(numeric, categorical):
    encoder = TableEncoder(numeric, categorical)
    encoded = encoder.fit_transform(clean_table())
    again = clone(encoder).fit(clean_table()).transform(clean_table())
    np.testing.assert_array_equal(encoded, again)
    assert encoded.dtype == again.dtype == np.float32
    assert encoded.shape[1] == len(encoder.get_feature_names_out())


@pytest.mark.parametrize("columns", [["plan"], ["age"], ["flag"]])
@pytest.mark.parametrize("categorical", CATEGORICAL)
@pytest.mark.parametrize("numeric", NUMERIC)
def test_one_kind_of_column_is_enough(numeric, categorical, columns):
    encoded = TableEncoder(numeric, categorical).fit_transform(clean_table()[columns])
    assert encoded.dtype == np.float32
    assert np.isfinite(encoded).all()
    assert len(encoded) == 4


@pytest.mark.parametrize("numeric", NUMERIC)
def test_one_row_and_one_value_are_encoded(numeric):
    table = clean_table()
    assert np.isfinite(TableEncoder(numeric).fit_transform(table.iloc[:1])).all()


@pytest.mark.parametrize("numeric", NUMERIC)
@pytest.mark.filterwarnings("error")
def test_absurd_values_stay_finite(numeric):
    encoder = TableEncoder(numeric).fit(clean_table())
    later = clean_table()
    later["age"] = [1e38, -1e38, 0.0, 1.0]
    encoded = encoder.transform(later)
    assert np.isfinite(encoded).all()
    assert np.abs(encoded).max() <= 1e6


def test_levels_are_known_by_name_in_any_dtype():
    encoder = TableEncoder(categorical_encoding="embedding").fit(clean_table())
    plan = ["b", "a", "c", "z"]
    for dtype in (object, "str", pd.CategoricalDtype(["z", "b", "a", "c"])):
        later = clean_table().assign(plan=pd.Series(plan).astype(dtype))
        np.testing.assert_array_equal(encoder.transform(later)[:, -1], [2, 1, 0, 0])


def test_a_category_without_a_level_takes_no_onehot_column():
    table = clean_table().assign(none=pd.Categorical([None] * 4))
    np.testing.assert_array_equal(
        TableEncoder().fit_transform(table), TableEncoder().fit_transform(clean_table())
    )


def test_text_and_gaps_are_refused_by_column():
    with pytest.raises(ValueError, match="'note' has dtype .*clean the table first"):
        TableEncoder().fit(pd.DataFrame({"note": ["x", "y"]}))
    with pytest.raises(ValueError, match="NaN: column 'age'. Fill the gaps first"):
        TableEncoder().fit(pd.DataFrame({"age": [1.0, np.nan]}))


@pytest.mark.parametrize(
    "parameters",
    [{"numeric_encoding": "log"}, {"categorical_encoding": "hash"}],
)
def test_wrong_parameters_are_refused_by_name(parameters):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        TableEncoder(**parameters).fit(clean_table())


def test_output_is_an_array_whatever_output_is_configured():
    with sklearn.config_context(transform_output="pandas"):
        encoder = TableEncoder("quantile", "auto")
        assert type(encoder.fit_transform(clean_table())) is np.ndarray
        assert type(encoder.transform(clean_table())) is np.ndarray


def test_a_pickle_encodes_alike_and_holds_no_rows():
    sizes = []
    for n in (1, 500):
        table = pd.concat([clean_table()] * n, ignore_index=True)
        encoder = TableEncoder("piecewise_linear", "auto").fit(table)
        data = pickle.dumps(encoder)
        sizes.append(len(data))
        np.testing.assert_array_equal(pickle.loads(data).transform(table), encoder.transform(table))
    assert sizes[1] - sizes[0] < 50  # some integers take another byte


numbers = st.one_of(st.floats(-1e38, 1e38), st.floats(-10, 10), st.just(0.0))
levels = ["a", "b", "(missing)", "(rare)"]


@given(
    st.lists(numbers, min_size=8, max_size=8),
    st.lists(st.sampled_from(levels), min_size=8, max_size=8),
    st.sampled_from(NUMERIC),
    st.sampled_from(CATEGORICAL),
)
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_each_row_is_encoded_by_itself_and_finite(values, plans, numeric, categorical):
    table = pd.DataFrame({"value": values, "plan": pd.Categorical(plans, levels)})
    encoder = TableEncoder(numeric, categorical).fit(table.iloc[:5])
    encoded = encoder.transform(table)
    assert np.isfinite(encoded).all()
    rows = [encoder.transform(table.iloc[[i]]) for i in range(len(table))]
    np.testing.assert_array_equal(np.vstack(rows), encoded)


def mixed_table(n, seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.choice([20.5, 30.0, 47.0, np.nan], n),
            "total": rng.choice(["1.5", "2", " "], n),
            "plan": rng.choice(["a", "b", "c", None], n),
            "joined": rng.choice(["2020-01-31", "2021-05-01", None], n),
            "flag": rng.random(n) < 0.5,
        }
    )


@pytest.mark.parametrize("categorical", CATEGORICAL)
@pytest.mark.parametrize("numeric", NUMERIC)
def test_dirty_tables_go_through_cleaner_and_encoder(numeric, categorical):
    cleaner, encoder = TableCleaner(), TableEncoder(numeric, categorical)
    encoded = encoder.fit_transform(cleaner.fit_transform(mixed_table(200, 0)))
    later = mixed_table(50, 1)
    later.loc[:9, "plan"] = "never seen"
    later["flag"] = later["flag"].astype(object)
    later.loc[5:14, ["age", "joined", "flag"]] = None
    encoded_later = encoder.transform(cleaner.transform(later))
    assert encoded.shape[1] == encoded_later.shape[1]
    assert np.isfinite(encoded).all()
    assert np.isfinite(encoded_later).all()


@pytest.mark.parametrize(("n_rows", "n_bins"), [(1000, 12), (10_000, 20), (30_000, 48)])
def test_more_rows_get_more_bins_within_limits(n_rows, n_bins):
    table = pd.DataFrame({"charge": np.random.default_rng(0).normal(size=n_rows)})
    encoder = TableEncoder(numeric_encoding="piecewise_linear").fit(table)
    assert len(encoder.get_feature_names_out()) == n_bins
