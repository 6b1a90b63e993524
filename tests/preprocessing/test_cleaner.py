import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTENC, RandomOverSampler

from skann import DroppedColumnWarning, ReadingWarning, SkannWarning, UnseenLevelsWarning
from skann.preprocessing import TableCleaner


def test_gaps_become_the_training_median_and_an_indicator():
    train = pd.DataFrame({"charge": [1.0, np.nan, 3.0, 100.0], "tenure": [4, 5, 6, 7]})
    cleaner = TableCleaner().fit(train)
    expected = pd.DataFrame(
        {
            "charge": [1.0, 3.0, 3.0, 100.0],
            "tenure": [4.0, 5.0, 6.0, 7.0],
            "charge_missing": [0.0, 1.0, 0.0, 0.0],
        }
    )
    pd.testing.assert_frame_equal(cleaner.transform(train), expected)


def test_gaps_that_training_had_not_become_the_median_alone():
    cleaner = TableCleaner().fit(pd.DataFrame({"tenure": [4, 5, 9]}))
    clean = cleaner.transform(pd.DataFrame({"tenure": [np.nan, 7.0]}))
    pd.testing.assert_frame_equal(clean, pd.DataFrame({"tenure": [5.0, 7.0]}))


def test_numbers_as_text_become_numbers():
    clean = TableCleaner().fit_transform(pd.DataFrame({"total": ["10", " ", " 30 ", "?"]}))
    assert clean["total"].tolist() == [10.0, 20.0, 30.0, 20.0]
    assert clean["total_missing"].tolist() == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("dtype", ["str", "string", object, "category", "Float64"])
def test_a_number_column_is_read_from_any_dtype(dtype):
    values = pd.Series([2.5, None, 4]).astype("float64")
    later = values.astype("Float64") if dtype == "Float64" else values.astype(str).astype(dtype)
    cleaner = TableCleaner().fit(pd.DataFrame({"charge": [1.0, 2.0, 3.0]}))
    clean = cleaner.transform(pd.DataFrame({"charge": later}))
    assert clean["charge"].tolist() == [2.5, 2.0, 4.0]


def test_text_that_is_no_number_is_missing_with_a_warning():
    cleaner = TableCleaner().fit(pd.DataFrame({"charge": [1.0, 2.0, 3.0]}))
    with pytest.warns(ReadingWarning, match="'charge' holds numbers; what cannot.*'12 EUR'"):
        clean = cleaner.transform(pd.DataFrame({"charge": ["12 EUR", "3"]}))
    assert clean["charge"].tolist() == [2.0, 3.0]


def test_infinity_written_as_text_is_refused():
    with pytest.raises(ValueError, match="infinity.*'charge'"):
        TableCleaner().fit(pd.DataFrame({"charge": ["1", "inf", "2"]}))


def test_dates_become_days_month_and_weekday():
    table = pd.DataFrame({"joined": ["1970-01-02", None, "2024-02-29T12:00"]})
    clean = TableCleaner().fit_transform(table)
    assert clean.columns.tolist() == [
        "joined_days",
        "joined_month",
        "joined_weekday",
        "joined_missing",
    ]
    assert clean["joined_days"].tolist() == [1.0, (1 + 19782.5) / 2, 19782.5]
    assert clean["joined_month"].tolist() == [1.0, 1.5, 2.0]
    assert clean["joined_weekday"].tolist() == [4.0, 3.5, 3.0]  # a Friday and a Thursday
    assert clean["joined_missing"].tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    "dtype", ["datetime64[s]", "datetime64[ns]", "timestamp[us][pyarrow]", "UTC", object]
)
def test_a_date_column_is_read_from_any_dtype(dtype):
    text = pd.DataFrame({"joined": ["2020-01-31", "2021-12-01", None]})
    cleaner = TableCleaner().fit(text)
    dates = pd.to_datetime(text["joined"])
    dates = dates.dt.tz_localize("UTC") if dtype == "UTC" else dates.astype(dtype)
    clean = cleaner.transform(dates.to_frame())
    pd.testing.assert_frame_equal(clean, cleaner.transform(text))


def test_text_that_is_no_date_is_missing_with_a_warning():
    cleaner = TableCleaner().fit(pd.DataFrame({"joined": ["2020-01-01", "2020-01-03"]}))
    with pytest.warns(ReadingWarning, match="'joined' holds dates; what cannot.*'soon'"):
        clean = cleaner.transform(pd.DataFrame({"joined": ["soon"]}))
    assert clean["joined_weekday"].tolist() == [3.0]  # between Wednesday and Friday


def test_durations_become_days():
    table = pd.DataFrame({"length": pd.to_timedelta([12, 36, None], unit="h")})
    assert TableCleaner().fit_transform(table)["length"].tolist() == [0.5, 1.5, 1.0]


def test_categories_are_stripped_and_gaps_are_a_level_of_their_own():
    table = pd.DataFrame({"plan": ["basic", " basic", "pro ", " ", None]})
    clean = TableCleaner().fit_transform(table)
    assert clean["plan"].tolist() == ["basic", "basic", "pro", "(missing)", "(missing)"]
    assert clean["plan"].cat.categories.tolist() == ["basic", "pro", "(missing)", "(rare)"]


@pytest.mark.parametrize(("n_rows", "fewest"), [(2000, 10), (1000, 10), (500, 5), (50, 1)])
def test_rare_levels_are_pooled(n_rows, fewest):
    plan = np.repeat(["often", "enough", "seldom"], [n_rows - 2 * fewest + 1, fewest, fewest - 1])
    clean = TableCleaner().fit_transform(pd.DataFrame({"plan": plan}))
    assert clean["plan"].value_counts().to_dict() == {
        "often": n_rows - 2 * fewest + 1,
        "enough": fewest,
        "(rare)": fewest - 1,
    }


def test_unseen_levels_and_unseen_gaps_join_the_rare():
    cleaner = TableCleaner().fit(pd.DataFrame({"plan": ["a", "b", "a"]}))
    with pytest.warns(UnseenLevelsWarning, match="'plan' in 1 of 2 rows, such as 'new'"):
        clean = cleaner.transform(pd.DataFrame({"plan": ["b", "new", None]}))
    assert clean["plan"].tolist() == ["b", "(rare)", "(rare)"]


@pytest.mark.parametrize(
    ("train", "later"),
    [
        (pd.Series([True, False]), pd.Series(["True", " False"])),
        (pd.Series([True, False]), pd.Series([True, False], dtype=object)),
        (pd.Series([True, False]), pd.Series([True, False], dtype="boolean")),
        (pd.Series([True, False]), pd.Series([True, False], dtype="category")),
        (pd.Series(["x", "y"]), pd.Series(["x", "y"], dtype="category")),
        (pd.Series(["x", "y"]), pd.Series(["x", "y"], dtype=object)),
        (pd.Series(["x", "y"]), pd.Series(["x", "y"], dtype="string[pyarrow]")),
        (pd.Series([1, 2], dtype="category"), pd.Series([1.0, 2.0])),
        (pd.Series([1, 2], dtype="category"), pd.Series(["1", "2"])),
        (pd.Series([1, "a"], dtype=object), pd.Series(["1", "a"])),
    ],
)
def test_a_category_is_the_same_in_any_dtype(train, later):
    cleaner = TableCleaner().fit(train.to_frame("plan"))
    expected = cleaner.transform(train.to_frame("plan"))
    assert "(rare)" not in expected["plan"].tolist()
    pd.testing.assert_frame_equal(cleaner.transform(later.to_frame("plan")), expected)


FLAGS = {
    "bool": [True, False],
    "int": [1, 0],
    "float": [1.0, 0.0],
    "text of bool": ["true", "FALSE"],
    "text of int": ["1", "0"],
    "text of float": ["1.0", "0.0"],
    "object": pd.Series([True, 0], dtype=object),
    "nullable": pd.array([True, False], dtype="boolean"),
    "category": pd.Categorical([1, 0]),
    "Arrow": pd.array([True, False], dtype="bool[pyarrow]"),
}


@pytest.mark.parametrize("later", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("train", FLAGS.values(), ids=FLAGS)
def test_a_flag_is_the_same_in_any_spelling(train, later):
    cleaner = TableCleaner().fit(pd.DataFrame({"flag": train}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clean = cleaner.transform(pd.DataFrame({"flag": later}))
    pd.testing.assert_frame_equal(clean, cleaner.transform(pd.DataFrame({"flag": train})))


@pytest.mark.parametrize("order", [1, -1])
def test_a_column_of_both_1_and_true_does_not_depend_on_the_order_of_rows(order):
    flags = pd.Series([1, True, False, 0, "True"][::order], dtype=object)
    clean = TableCleaner().fit_transform(pd.DataFrame({"flag": flags}))
    assert clean["flag"].tolist()[::order] == ["True", "True", "False", "False", "True"]


def test_a_column_without_any_known_level_is_told_with_more_weight():
    cleaner = TableCleaner().fit(
        pd.DataFrame({"plan": ["a", "b", "a"], "has": ["Yes", "No", "No"]})
    )
    later = pd.DataFrame({"plan": ["a", "c", "a"], "has": [True, False, None]})
    with pytest.warns(UnseenLevelsWarning) as caught:
        cleaner.transform(later)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert "'plan' in 1 of 3 rows, such as 'c'; 'has' in 2 of 2 rows" in text
    assert "No row of 'has' has a level that training knew" in text
    assert caught[0].filename == __file__


def test_pooled_levels_are_known_and_kept_by_name():
    cleaner = TableCleaner().fit(pd.DataFrame({"plan": ["often"] * 199 + ["seldom"]}))
    assert cleaner.pooled_levels_ == {"plan": ["seldom"]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clean = cleaner.transform(pd.DataFrame({"plan": ["seldom"]}))
    assert clean["plan"].tolist() == ["(rare)"]


@pytest.mark.parametrize("odd", ["#DIV/0!", ".", "12,5", "1_2", "007", "1E5", "a"])
def test_an_odd_cell_among_numbers_is_missing_in_training_too(odd):
    charge = (np.arange(200) / 4).astype(str)
    charge[5] = odd
    table = pd.DataFrame({"charge": charge})
    if odd in ("#DIV/0!", "."):  # what says that there is no number
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cleaner = TableCleaner().fit(table)
    else:
        with pytest.warns(ReadingWarning, match=f"'charge'.*{odd!r}"):
            cleaner = TableCleaner().fit(table)
    assert cleaner.column_roles_ == {"charge": "numeric text"}
    assert cleaner.get_feature_names_out().tolist() == ["charge", "charge_missing"]


@pytest.mark.parametrize("code", ["01", "1_2", "1E5"])
def test_codes_are_no_numbers(code):
    table = pd.DataFrame({"plan": [code, "12", "7"] * 20})
    clean = TableCleaner().fit_transform(table)
    assert clean["plan"].cat.categories.tolist() == [*sorted([code, "12", "7"]), "(rare)"]


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["$1,234.50", "$7.00", "-$3", "($2.50)"], [1234.5, 7, -3, -2.5]),
        (["1.234,50 €", "7,5 €", "-3 €", "1.234.567 €"], [1234.5, 7.5, -3, 1234567]),
        (["45.1%", "3 %", "-2%", "7"], [45.1, 3, -2, 7]),
        (["1 234,5", "12,25", "7", "0,5"], [1234.5, 12.25, 7, 0.5]),
        (["1'234.5", "12.25", "7", "1’000"], [1234.5, 12.25, 7, 1000]),
        (["12,34,567.8", "1.5", "2", "3"], [1234567.8, 1.5, 2, 3]),
        (["1e-05", "1E+05", ".5", "−3"], [1e-05, 1e5, 0.5, -3]),
        (["EUR 1,000.5", "EUR 2", "EUR 3", "EUR 4"], [1000.5, 2, 3, 4]),
    ],
)
def test_amounts_are_read_as_people_write_them(texts, numbers):
    table = pd.DataFrame({"amount": texts})
    cleaner = TableCleaner().fit(table)
    assert cleaner.column_roles_ == {"amount": "numeric text"}
    assert cleaner.transform(table)["amount"].tolist() == numbers
    for text, number in zip(texts, numbers, strict=True):
        assert cleaner.transform(pd.DataFrame({"amount": [text]})).iloc[0, 0] == number
    assert cleaner.transform(pd.DataFrame({"amount": numbers}))["amount"].tolist() == numbers


def test_two_currencies_are_not_one_number():
    amounts = [f"${i}.50" for i in range(100)] + ["€7.50"] * 2
    with pytest.warns(ReadingWarning, match="'amount'.*'€7.50'"):
        clean = TableCleaner().fit_transform(pd.DataFrame({"amount": amounts}))
    assert clean["amount_missing"].sum() == 2


def test_a_comma_that_may_be_of_thousands_or_of_decimals_is_told():
    table = pd.DataFrame({"used": ["1,234", "2,500", "9,125"]})
    with pytest.warns(ReadingWarning, match="'used'.*'1,234' can be read in two ways"):
        clean = TableCleaner().fit_transform(table)
    assert clean["used"].tolist() == [1234, 2500, 9125]


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["31/01/2020", "01/02/2020"], [18292, 18293]),
        (["01/31/2020", "2/1/2020"], [18292, 18293]),
        (["31.01.2020 12:00", "1.2.2020 06:00:00"], [18292.5, 18293.25]),
        (["1/31/2020 12:00 PM", "2/1/2020 6:00 am"], [18292.5, 18293.25]),
        (["2020/01/31", "2020/02/01"], [18292, 18293]),
        (["31-Jan-20", "1-Feb-20"], [18292, 18293]),
        (["31 January 2020", "1 February 2020"], [18292, 18293]),
        (["Jan 31, 2020", "Feb 1, 2020"], [18292, 18293]),
        (["Fri, 31 Jan 2020", "Sat, 01 Feb 2020"], [18292, 18293]),
        (["2020-01-31T12:00Z", "2020-02-01 01:00+01:00"], [18292.5, 18293]),
        (["9999-12-31", "0001-01-01"], [2932896, -719162]),
    ],
)
def test_dates_are_read_as_people_write_them(texts, days):
    cleaner = TableCleaner().fit(pd.DataFrame({"joined": texts}))
    assert cleaner.column_roles_ == {"joined": "datetime"}
    for text, day in zip(texts, days, strict=True):
        assert cleaner.transform(pd.DataFrame({"joined": [text]}))["joined_days"].item() == day
    iso = cleaner.transform(pd.DataFrame({"joined": ["2020-01-31"]}))
    assert iso["joined_days"].item() == 18292


def test_an_open_order_of_day_and_month_is_told():
    with pytest.warns(ReadingWarning, match="'joined'.*'01/02/2020'.*the month first"):
        clean = TableCleaner().fit_transform(pd.DataFrame({"joined": ["01/02/2020", "03/04/2020"]}))
    assert clean["joined_month"].tolist() == [1, 3]


@pytest.mark.parametrize("dtype", ["datetime64[s]", "datetime64[ms]", "datetime64[us]"])
def test_dates_beyond_nanoseconds_are_read(dtype):
    ends = pd.DataFrame({"end": pd.Series(["2020-01-31", "9999-12-31", None]).astype(dtype)})
    clean = TableCleaner().fit_transform(ends)
    assert clean["end_days"].tolist() == [18292, 2932896, (18292 + 2932896) / 2]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"Q{i % 4 + 1} of {i}" for i in range(30)], None),
        ([f"{i} GB" for i in range(30)], "amounts"),
        ([f"code {i}" if i % 5 == 0 else f"{i}.5" for i in range(40)], "numbers"),
        ([f"{i:05}" if i % 2 else f"{i}99" for i in range(40)], None),
        ([f"31/02/20{i:02}" for i in range(30)], "dates"),
    ],
)
def test_what_looks_like_dates_or_amounts_but_is_not_read_is_told(texts, kind):
    table = pd.DataFrame({"odd": texts, "age": np.arange(len(texts)) % 3})
    with pytest.warns(SkannWarning) as caught:
        TableCleaner().fit(table)
    told = [str(note.message) for note in caught if note.category is ReadingWarning]
    assert len(told) == (kind is not None)
    assert all(f"'odd' looks like {kind}" in text and repr(texts[0]) in text for text in told)


def test_chosen_roles_go_before_what_columns_look_like():
    table = pd.DataFrame(
        {
            "row_number": range(30),
            "region": [1, 2, 3] * 10,
            "note": [f"n{i}" for i in range(30)],
            "day": [f"202001{i + 1:02}" for i in range(30)],
            "size": [f"{i} GB" if i else "12" for i in range(30)],
            "flag": [True, False] * 15,
            "age": np.arange(30) % 7,
        }
    )
    roles = {
        "row_number": "numeric",
        "region": "category",
        "note": "drop",
        "day": "datetime",
        "size": "numeric",
        "flag": "numeric",
    }
    with pytest.warns(ReadingWarning, match="'size' holds numbers"):
        cleaner = TableCleaner(column_roles=roles).fit(table)
    assert cleaner.column_roles_ == {
        **roles,
        "day": "datetime",
        "size": "numeric text",
        "age": "numeric",
    }
    with pytest.warns(ReadingWarning, match="'size' holds numbers"):
        clean = cleaner.transform(table)
    assert clean["row_number"].tolist() == list(range(30))
    assert clean["region"].cat.categories.tolist() == ["1", "2", "3", "(rare)"]
    assert clean["day_days"].iloc[0] == 18262
    assert "note" not in clean


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"aeg": "numeric"}, "names 'aeg', which is not among the columns: 'age', 'plan'"),
        ({"age": "number"}, "'number' for 'age' is not a role.*'numeric'"),
        ({"plan": "numeric"}, r"'numeric' for 'plan', but no value.*\['a', 'b'\]"),
        ({"plan": "datetime"}, "'datetime' for 'plan', but no value"),
    ],
)
def test_impossible_roles_are_refused_by_name(roles, message):
    table = pd.DataFrame({"age": [1, 2, 3], "plan": ["a", "b", "a"]})
    with pytest.raises(ValueError, match=message):
        TableCleaner(column_roles=roles).fit(table)


def test_levels_hold_no_trace_of_row_order():
    table = pd.DataFrame({"plan": ["b", "a", "c"]})
    levels = TableCleaner().fit(table).levels_["plan"]
    assert levels == TableCleaner().fit(table[::-1]).levels_["plan"] == ["a", "b", "c", "(rare)"]


def test_ids_are_left_out_with_one_warning():
    n = 30
    table = pd.DataFrame(
        {
            "customerID": [f"c{i}" for i in range(n)],
            "row_number": range(n),
            "tenure": np.arange(n) % 7,
            "unit": "EUR",
            "gap": None,
        }
    )
    with pytest.warns(DroppedColumnWarning) as caught:
        clean = TableCleaner().fit_transform(table)
    assert len(caught) == 1
    assert "identifiers: 'customerID', 'row_number'." in str(caught[0].message)
    assert clean.columns.tolist() == ["tenure"]


def test_constant_and_missing_columns_are_left_out_in_silence():
    table = pd.DataFrame({"unit": "EUR", "gap": None, "tenure": [1, 2, 3]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert TableCleaner().fit_transform(table).columns.tolist() == ["tenure"]


@pytest.mark.filterwarnings("ignore::skann.DroppedColumnWarning")
def test_no_column_left_names_each_role():
    table = pd.DataFrame({"row": range(30), "unit": "EUR", "gap": None})
    with pytest.raises(ValueError, match="'row' id, 'unit' constant, 'gap' missing"):
        TableCleaner().fit(table)


def test_arrays_get_names_by_position():
    X = np.array([[1.0, 5.0, np.nan], [2.0, 5.0, 3.0]])
    cleaner = TableCleaner()
    clean = cleaner.fit_transform(X)
    assert clean.columns.tolist() == ["x0", "x2", "x2_missing"]
    assert cleaner.get_feature_names_out().tolist() == clean.columns.tolist()
    assert not hasattr(cleaner, "feature_names_in_")


def test_new_columns_never_take_a_name_in_use():
    table = pd.DataFrame(
        {
            "age": [1.0, np.nan, 2.0],
            "age_missing": ["a", "b", "a"],
            "day": ["2020-01-01", "2020-02-01", "2020-03-01"],
            "day_month": [3, 4, 5],
        }
    )
    assert TableCleaner().fit_transform(table).columns.tolist() == [
        "age",
        "day_month",
        "day_days",
        "day_month_",
        "day_weekday",
        "age_missing_",
        "age_missing",
    ]


def test_polars_and_pandas_are_cleaned_alike():
    columns = {
        "tenure": [1, None, 3],
        "plan": ["a", None, "b"],
        "flag": [True, False, None],
        "joined": ["2020-01-01", "2021-01-01", None],
    }
    cleaner = TableCleaner().fit(pd.DataFrame(columns))
    expected = cleaner.transform(pd.DataFrame(columns))
    frame = pl.DataFrame(columns).with_columns(pl.col("joined").str.to_date())
    pd.testing.assert_frame_equal(cleaner.transform(frame), expected)


def test_reordered_and_unknown_columns_are_refused():
    cleaner = TableCleaner().fit(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    with pytest.raises(ValueError, match="same order"):
        cleaner.transform(pd.DataFrame({"b": [3, 4], "a": [1, 2]}))
    with pytest.raises(ValueError, match="unseen at fit time"):
        cleaner.transform(pd.DataFrame({"a": [3, 4], "c": [1, 2]}))


def test_the_index_is_kept_and_the_input_left_alone():
    table = pd.DataFrame({"age": [1.0, np.nan, 3.0], "plan": ["a", " b", None]}, index=[7, 7, 2])
    before = table.copy(deep=True)
    clean = TableCleaner().fit_transform(table)
    assert clean.index.tolist() == [7, 7, 2]
    clean.loc[:, "age"] = 0.0
    pd.testing.assert_frame_equal(table, before)


def test_changing_clean_numbers_leaves_the_array_alone():
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    clean = TableCleaner().fit_transform(X)
    clean.iloc[0, 0] = 99.0
    assert X[0, 0] == 1.0


def test_a_clean_table_is_cleaned_to_itself():
    table = pd.DataFrame({"age": [1.0, np.nan, 3.0] * 400, "plan": ["a", " b", None] * 400})
    table.loc[0, "plan"] = "seldom"
    clean = TableCleaner().fit_transform(table)
    assert "(rare)" in clean["plan"].tolist()
    pd.testing.assert_frame_equal(TableCleaner().fit_transform(clean), clean)


def test_two_rows_are_enough():
    clean = TableCleaner().fit_transform(pd.DataFrame({"age": [1, 2], "plan": ["a", None]}))
    assert clean.to_numpy().tolist() == [[1.0, "a"], [2.0, "(missing)"]]


def mixed_table(n=120, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.choice([20.5, 30.0, np.nan], n),
            "calls": pd.array(rng.choice([0, 1, 5], n), dtype="Int64"),
            "plan": rng.choice(["a", "b", ""], n),
            "flag": rng.random(n) < 0.5,
        }
    )


@pytest.mark.parametrize(
    "sampler",
    [
        SMOTENC(categorical_features="auto", random_state=0),
        RandomOverSampler(random_state=0),
    ],
)
def test_samplers_work_on_clean_columns_and_keep_their_dtypes(sampler):
    clean = TableCleaner().fit_transform(mixed_table())
    y = np.repeat([0, 1], [90, 30])
    resampled, y_resampled = sampler.fit_resample(clean, y)
    assert np.bincount(y_resampled).tolist() == [90, 90]
    pd.testing.assert_series_equal(resampled.dtypes, clean.dtypes)
    assert not resampled.isna().any(axis=None)


def test_fit_transform_is_fit_then_transform():
    table = mixed_table().assign(
        joined=pd.Series(["2020-01-31", "soon"], index=[0, 1]).reindex(range(120)),
        total=["1.5", " 2", "?", ""] * 30,
        unit="EUR",
    )
    expected = TableCleaner().fit(table).transform(table)
    pd.testing.assert_frame_equal(TableCleaner().fit_transform(table), expected)


def test_each_text_is_read_once_in_a_fit(monkeypatch):
    read = []
    factorize = pd.factorize
    monkeypatch.setattr(pd, "factorize", lambda values: read.append(1) or factorize(values))
    TableCleaner().fit_transform(pd.DataFrame({"plan": ["a", "b"] * 30, "total": ["1", " "] * 30}))
    assert len(read) == 2


def test_a_pickle_holds_no_rows():
    sizes = [len(pickle.dumps(TableCleaner().fit(mixed_table(n)))) for n in (200, 2000)]
    assert sizes[0] == sizes[1] < 3000


def test_a_pickle_cleans_alike():
    cleaner = TableCleaner().fit(mixed_table())
    again = pickle.loads(pickle.dumps(cleaner))
    later = mixed_table(seed=1)
    pd.testing.assert_frame_equal(again.transform(later), cleaner.transform(later))


numbers = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-9, 9))
texts = st.sampled_from(["a", " a", "b", "", "?", "7", None, "2020-01-01"])
dates = st.one_of(st.none(), st.datetimes(pd.Timestamp("1800-01-01"), pd.Timestamp("2200-01-01")))


@st.composite
def train_and_later(draw):
    table = {}
    for name, cell in {
        "n": numbers,
        "m": st.one_of(numbers, texts),
        "t": texts,
        "d": dates,
    }.items():
        table[name] = draw(st.lists(cell, min_size=8, max_size=8))
    frame = pd.DataFrame(table)
    return frame.iloc[:5], frame


@given(train_and_later())
@settings(max_examples=60, deadline=None)
def test_each_row_is_cleaned_by_itself_and_without_gaps(tables):
    train, later = tables
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkannWarning)
        try:
            cleaner = TableCleaner().fit(train)
        except ValueError as error:
            assert "No column is left" in str(error)
            return
        clean = cleaner.transform(later)
        rows = [cleaner.transform(later.iloc[[i]]) for i in range(len(later))]
    assert not clean.isna().any(axis=None)
    assert np.isfinite(clean.select_dtypes("number")).all(axis=None)
    pd.testing.assert_frame_equal(pd.concat(rows), clean)
