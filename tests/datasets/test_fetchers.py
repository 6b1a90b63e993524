"""The fetchers: from SKANN_DATA, from OpenML, and what they say where neither has the file."""

import os
from urllib.error import URLError

import pandas as pd
import pytest
from sklearn.utils import Bunch

from skann import datasets
from skann.datasets import _fetchers

HAS_DATA = pytest.mark.skipif(
    not os.environ.get("SKANN_DATA"), reason="SKANN_DATA is not set: no real data to read"
)

# name: (rows, columns without the target, positive label, positives)
FACTS = {
    "telco_churn": (7043, 20, "Yes", 1869),
    "telecom_churn": (5000, 19, "yes", 707),
    "bank_marketing": (45211, 15, "yes", 5289),
    "adult": (48842, 14, ">50K", 11687),
    "bank_churn": (10000, 13, 1, 2037),
    "hr_attrition": (1470, 34, "Yes", 237),
    "tv_churn": (9379, 47, 1, 449),
}
ON_OPENML = ["telco_churn", "telecom_churn", "bank_marketing", "adult"]
FILE_ONLY = ["bank_churn", "hr_attrition", "tv_churn"]


def fetch(name, **arguments):
    return getattr(datasets, f"fetch_{name}")(**arguments)


def test_every_fetcher_is_public_and_described():
    assert {f"fetch_{name}" for name in FACTS} == set(datasets.__all__) - {"make_churn"}


@HAS_DATA
@pytest.mark.parametrize("name", FACTS)
def test_the_file_gives_all_rows_and_sorts_the_positive_class_last(name):
    rows, columns, positive, positives = FACTS[name]
    bunch = fetch(name)
    assert bunch.data.shape == (rows, columns)
    assert (bunch.target == positive).sum() == positives
    assert bunch.target_names[-1] == positive
    assert len(bunch.target_names) == 2
    assert list(bunch.frame.columns) == [*bunch.feature_names, bunch.target.name]
    assert bunch.target.name not in bunch.data
    for part in ("Source", "Licence", "Traps", f"{rows:,}"):
        assert part in bunch.DESCR


@HAS_DATA
def test_values_stay_as_dirty_as_in_the_file():
    assert (fetch("telco_churn").data["TotalCharges"] == " ").sum() == 11
    assert (fetch("adult").data["occupation"] == " ?").sum() == 2809


@HAS_DATA
def test_return_X_y_gives_the_two_parts():
    data, target = fetch("hr_attrition", return_X_y=True)
    bunch = fetch("hr_attrition")
    pd.testing.assert_frame_equal(data, bunch.data)
    pd.testing.assert_series_equal(target, bunch.target)


@HAS_DATA
def test_the_length_of_the_call_is_left_out_unless_asked_for():
    assert "duration" not in fetch("bank_marketing").data
    assert "duration" in fetch("bank_marketing", keep_duration=True).data


@HAS_DATA
def test_costs_of_the_tv_table_are_kept_apart_and_unpack_as_arguments():
    bunch = fetch("tv_churn")
    assert not [column for column in bunch.data if column.startswith("C_")]
    assert list(dict(**bunch.costs)) == ["fn_cost", "fp_cost", "tp_cost", "tn_cost"]
    assert bunch.costs.iloc[0].round(2).tolist() == [1028.57, 74.0, 121.83, 0.0]
    assert len(bunch.costs) == len(bunch.data)


@pytest.mark.parametrize("name", FILE_ONLY)
def test_without_a_folder_a_table_not_on_openml_tells_where_to_get_it(name, monkeypatch):
    monkeypatch.delenv("SKANN_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match=r"SKANN_DATA is not set\. Get \w+\.csv from .*"):
        fetch(name)


def test_a_folder_without_the_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SKANN_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="hr_employee_attrition.csv does not exist"):
        fetch("hr_attrition")


def _openml(monkeypatch, tables):
    """Stand in for OpenML: the download that each id gives."""

    def fetch_openml(*, data_id, as_frame, parser):
        assert as_frame is True
        data, target = tables[data_id]
        return Bunch(data=data, target=target)

    monkeypatch.setattr(_fetchers, "fetch_openml", fetch_openml)


@pytest.mark.parametrize("folder", [None, "empty"])
def test_openml_serves_where_the_folder_does_not(folder, monkeypatch, tmp_path):
    if folder is None:
        monkeypatch.delenv("SKANN_DATA", raising=False)
    else:
        monkeypatch.setenv("SKANN_DATA", str(tmp_path))
    data = pd.DataFrame({"tenure": [1, 2], "Contract": pd.Categorical(["One year", "Two year"])})
    target = pd.Series(pd.Categorical(["No", "Yes"]), name="Churn")
    _openml(monkeypatch, {42178: (data, target)})
    bunch = fetch("telco_churn")
    assert bunch.feature_names == ["tenure", "Contract"]
    assert bunch.target.tolist() == ["No", "Yes"]
    assert not isinstance(bunch.data["Contract"].dtype, pd.CategoricalDtype)
    assert bunch.data["Contract"].tolist() == ["One year", "Two year"]


def test_openml_columns_and_labels_get_the_names_of_the_file(monkeypatch):
    monkeypatch.delenv("SKANN_DATA", raising=False)
    row = [30, "services", "married", "primary", "no", 1787, "no", "no", "cellular", 19, "oct"]
    row += [79, 1, -1, 0, "unknown"]
    data = pd.DataFrame([row, row], columns=[f"V{number}" for number in range(1, 17)])
    target = pd.Series(pd.Categorical(["1", "2"]), name="Class")
    _openml(monkeypatch, {1461: (data, target)})
    bunch = fetch("bank_marketing", keep_duration=True)
    assert bunch.target.name == "y"
    assert bunch.target.tolist() == ["no", "yes"]
    first = bunch.data.iloc[0]
    assert (first["age"], first["month"], first["duration"], first["poutcome"]) == (
        30,
        "oct",
        79,
        "unknown",
    )


def test_openml_phone_number_is_left_out_and_codes_become_labels(monkeypatch):
    monkeypatch.delenv("SKANN_DATA", raising=False)
    data = pd.DataFrame({"state": [16, 35], "phone_number": [1, 2], "total_day_minutes": [1.0, 2]})
    _openml(monkeypatch, {40701: (data, pd.Series(pd.Categorical(["0", "1"]), name="class"))})
    data, target = fetch("telecom_churn", return_X_y=True)
    assert list(data) == ["state", "total_day_minutes"]
    assert target.name == "churn"
    assert target.tolist() == ["no", "yes"]


@pytest.mark.parametrize("name", ON_OPENML)
def test_without_a_network_the_error_tells_where_to_put_the_file(name, monkeypatch):
    def unreachable(**arguments):
        raise URLError("Name or service not known")

    monkeypatch.delenv("SKANN_DATA", raising=False)
    monkeypatch.setattr(_fetchers, "fetch_openml", unreachable)
    with pytest.raises(OSError, match=r"Name or service not known.*\w+\.csv from .*SKANN_DATA"):
        fetch(name)


def test_the_folder_is_read_before_openml_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(_fetchers, "fetch_openml", lambda **arguments: pytest.fail("asked OpenML"))
    monkeypatch.setenv("SKANN_DATA", str(tmp_path))
    table = "age,workclass,income\n39, State-gov, <=50K\n52, ?, >50K\n"
    (tmp_path / "adult_income.csv").write_text(table)
    data, target = fetch("adult", return_X_y=True)
    assert data["workclass"].tolist() == [" State-gov", " ?"]
    assert target.tolist() == ["<=50K", ">50K"]
