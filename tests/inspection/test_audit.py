"""audit finds planted faults, and says nothing of a clean workflow.

Planted are: (1) a column that tells the label, (2) an identifier that reaches the model, (3) test
rows among the training rows, (4) a scaler fitted before the split, (5) oversampling before the
split, (6) accuracy as the only measure, (7) imbalance ignored, (8) a threshold at 0.5, (9) no
validation rows, (10) a learning rate too low, (11) a learning rate too high, (12) overfitting,
(13) a network too big for what it gains, (14) underfitting.
"""

import itertools
import os
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from scipy.special import expit, logit
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from skann import ChurnANNClassifier, CostThresholdClassifier
from skann.datasets import fetch_telco_churn, make_churn
from skann.inspection import audit
from skann.inspection._audit._findings import Findings
from skann.inspection._audit._training import _both_unseen, shared_top
from skann.model_selection import StagedSearchCV, train_validation_test_split
from skann.model_selection._forward_folds import ForwardFolds

COSTS = {"fn_cost": 100, "fp_cost": 5}


@pytest.fixture(scope="module")
def split():
    X, y = make_churn(4000, random_state=0, return_X_y=True)
    return train_validation_test_split(
        X.drop(columns=["customer_id", "signup_date"]), y, random_state=0
    )


def decided(model):
    return CostThresholdClassifier(model, cv="validation", **COSTS)


def faults(estimator, X, y, **arguments):
    return [finding.fault for finding in audit(estimator, X, y, **arguments)]


def numbers(split):
    columns = ["age", "tenure_months", "monthly_charge", "support_calls", "customer_value"]
    return split.X_train[columns].fillna(40)


def fitted(split, **settings):
    network = ChurnANNClassifier((16, 8), cv=None, random_state=0).set_params(**settings)
    return decided(network).fit(split.X_train, split.y_train)


def test_an_unfitted_clean_workflow_has_no_fault(split):
    model = decided(ChurnANNClassifier())
    found = audit(model, split.X_train, split.y_train, X_test=split.X_test)
    assert found == ()
    assert str(found) == "No fault found."


@pytest.mark.slow
def test_a_fitted_clean_workflow_has_no_fault(split):
    model = fitted(split, epochs=60, learning_rate=0.003)
    assert audit(model, split.X_train, split.y_train, X_test=split.X_test) == ()


@pytest.mark.slow
@pytest.mark.skipif("SKANN_DATA" not in os.environ, reason="needs the tables in SKANN_DATA")
def test_a_clean_run_on_telco_has_no_fault():
    telco = fetch_telco_churn()
    X = telco.data.drop(columns="customerID")
    split = train_validation_test_split(X, telco.target, random_state=0)
    model = decided(ChurnANNClassifier(random_state=0)).fit(split.X_train, split.y_train)
    assert audit(model, split.X_train, split.y_train, X_test=split.X_test) == ()


@pytest.mark.parametrize(
    "leak",
    [
        lambda left, rng: np.where(left, "closed", "open"),
        lambda left, rng: np.where(left, rng.random(len(left)), np.nan),
        lambda left, rng: left * 10 + rng.normal(size=len(left)),
        lambda left, rng: [f"c{code}" for code in rng.integers(0, 50, len(left)) * 2 + left],
    ],
    ids=["text", "missing", "number", "many levels"],
)
def test_1_a_column_that_tells_the_label(split, leak):
    left = (split.y_train == "Yes").to_numpy()
    X = split.X_train.assign(status=leak(left, np.random.default_rng(0)))
    (finding,) = audit(decided(ChurnANNClassifier()), X, split.y_train)
    assert finding.fault == "leak: a column tells the label"
    assert finding.severity == "error"
    assert "'status' alone predicts the label" in finding.evidence


def test_2_an_identifier_that_reaches_the_model(split):
    X = split.X_train.assign(customer_id=[f"C{i:05}" for i in range(len(split.X_train))])
    own = ColumnTransformer(
        [("text", OneHotEncoder(handle_unknown="ignore"), ["contract", "customer_id"])]
    )
    model = decided(ChurnANNClassifier(preprocessor=own))
    assert faults(model, X, split.y_train) == ["identifier among the columns"]
    pipeline = decided(make_pipeline(own, LogisticRegression()))
    assert faults(pipeline, X, split.y_train) == ["identifier among the columns"]


def test_an_identifier_that_the_model_drops_is_no_fault(split):
    X = split.X_train.assign(customer_id=[f"C{i:05}" for i in range(len(split.X_train))])
    own = ColumnTransformer([("text", OneHotEncoder(), ["contract"])])
    for model in (ChurnANNClassifier(), ChurnANNClassifier(preprocessor=own)):
        assert faults(decided(model), X, split.y_train) == []


def test_3_test_rows_among_the_training_rows(split):
    X_test = pd.concat([split.X_test, split.X_train.head(30)])
    model = decided(ChurnANNClassifier())
    (finding,) = audit(model, split.X_train, split.y_train, X_test=X_test)
    assert finding.fault == "leak: test rows among the training rows"
    assert finding.evidence == "30 of 830 test rows equal a training row."


def test_3_twins_within_the_rows(split):
    rows = np.append(np.arange(len(split.X_train)), np.arange(200))
    X, y = split.X_train.iloc[rows], split.y_train.iloc[rows]
    (finding,) = audit(decided(ChurnANNClassifier()), X, y)
    assert finding.fault == "leak: repeated rows"
    assert finding.evidence.startswith("400 of 2,800 rows have a twin")


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_4_a_scaler_fitted_before_the_split(split, scaler):
    X = numbers(split)
    scaled = pd.DataFrame(scaler.fit_transform(X), columns=X.columns)
    part = slice(0, 700)
    model = decided(LogisticRegression())
    assert faults(model, scaled[part], split.y_train[part]) == ["scaled outside the pipeline"]
    assert faults(model, X[part], split.y_train[part]) == []


def test_5_oversampling_before_the_split(split):
    X, y = RandomOverSampler(random_state=0).fit_resample(split.X_train, split.y_train)
    model = decided(ChurnANNClassifier())
    assert faults(model, X, y) == ["resampled before the split"]
    part = np.random.default_rng(0).permutation(len(X))[:1000]
    (finding,) = audit(model, X.iloc[part], y.iloc[part])
    assert finding.fault == "resampled before the split"
    assert "rows of one class are copies" in finding.evidence


@pytest.mark.parametrize(
    "model",
    [
        GridSearchCV(decided(ChurnANNClassifier()), {"estimator__l2": [0]}, scoring="accuracy"),
        GridSearchCV(decided(ChurnANNClassifier()), {"estimator__l2": [0]}),
        StagedSearchCV(decided(ChurnANNClassifier()), scoring="accuracy"),
        decided(ChurnANNClassifier(metrics=("accuracy",))),
    ],
    ids=["grid", "grid default", "stages", "metrics"],
)
def test_6_accuracy_as_the_only_measure(split, model):
    assert faults(model, split.X_train, split.y_train) == ["accuracy as the only measure"]


def test_other_measures_are_no_fault(split):
    for model in (
        GridSearchCV(decided(ChurnANNClassifier()), {"estimator__l2": [0]}, scoring="roc_auc"),
        StagedSearchCV(decided(ChurnANNClassifier())),
        decided(ChurnANNClassifier(metrics=("accuracy", "auc"))),
    ):
        assert faults(model, split.X_train, split.y_train) == []


def test_7_imbalance_ignored(split):
    model = ChurnANNClassifier()
    assert "imbalance ignored" in faults(model, split.X_train, split.y_train)
    for settings in ({"class_weight": "balanced"}, {"resampler": "over"}):
        model = ChurnANNClassifier(**settings)
        assert "imbalance ignored" not in faults(model, split.X_train, split.y_train)


def test_8_a_threshold_at_one_half(split):
    model = ChurnANNClassifier(class_weight="balanced")
    assert faults(model, split.X_train, split.y_train) == ["threshold at 0.5"]


def test_9_no_validation_rows(split):
    model = CostThresholdClassifier(ChurnANNClassifier(cv=None, validation_fraction=None), **COSTS)
    assert faults(model, split.X_train, split.y_train) == ["no validation rows"]


@pytest.mark.slow
def test_10_a_learning_rate_too_low(split):
    model = fitted(split, learning_rate=1e-5, epochs=30)
    (finding,) = audit(model, split.X_train, split.y_train)
    assert finding.fault == "stopped while the loss was still falling"
    assert "learning_rate=1e-05" in finding.evidence and "Raise learning_rate" in finding.fix


@pytest.mark.slow
def test_11_a_learning_rate_too_high(split):
    model = fitted(split, learning_rate=3.0, epochs=30)
    found = audit(model, split.X_train, split.y_train).to_frame().set_index("fault")
    assert "learning rate too high" in found.index
    assert "learning_rate=0.3" in found.loc["learning rate too high", "fix"]


@pytest.mark.slow
def test_12_overfitting(split):
    model = fitted(
        split, hidden_layer_sizes=(64,), dropout=0.0, early_stopping=False, epochs=60,
        learning_rate=0.01, reduce_lr=False,
    )  # fmt: skip
    assert "overfitting" in faults(model, split.X_train, split.y_train)


@pytest.mark.slow
def test_13_a_network_too_big_for_what_it_gains():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(50, 10, (1200, 4)), columns=list("abcd"))
    chance = 1 / (1 + np.exp(-(X["a"] + X["b"] - X["c"] - 62) / 10))
    y = pd.Series(np.where(rng.random(1200) < chance, "Yes", "No"))
    model = decided(ChurnANNClassifier((256, 256), dropout=0.3, random_state=0)).fit(X, y)
    (finding,) = audit(model, X, y)
    assert finding.fault == "network too big for what it gains"
    assert "weights for 900 training rows" in finding.evidence


@pytest.mark.slow
def test_14_underfitting(split):
    model = fitted(split, hidden_layer_sizes=(1,), n_heads=1, dropout=0.9, learning_rate=0.03)
    assert "underfitting" in faults(model, split.X_train, split.y_train)


def visits(n_customers=400, n_each=4, seed=0):
    """Customers with several rows, of whom one column tells who they are and none who leaves."""
    random = np.random.default_rng(seed)
    customer = np.repeat(random.permutation(n_customers), n_each)
    left = np.repeat(random.random(n_customers) < 0.3, n_each)
    height = np.repeat(random.normal(170, 10, n_customers), n_each)
    X = pd.DataFrame({"customer_id": customer, "height": height})
    X["calls"] = random.poisson(2, len(X))
    shuffled = random.permutation(len(X))
    return X.iloc[shuffled].reset_index(drop=True), np.where(left, "Yes", "No")[shuffled]


def test_customers_with_several_rows_are_found_with_what_they_flatter():
    X, y = visits()
    found = {f.fault: f for f in audit(decided(ChurnANNClassifier()), X, y)}
    finding = found["leak: customers on both sides of a split"]
    assert finding.severity == "error" and "1,600 of 1,600 rows" in finding.evidence
    shuffled, by_customer = map(float, re.findall(r"of (\d\.\d+)", finding.evidence))
    assert shuffled > by_customer + 0.15
    told = faults(decided(ChurnANNClassifier()), X, y, groups=X["customer_id"])
    assert finding.fault not in told


def test_customers_of_the_test_rows_among_the_training_rows_are_found():
    X, y = visits()
    fault = "leak: customers among both training and test rows"
    parted = faults(
        decided(ChurnANNClassifier()), X[:1200], y[:1200], X_test=X[1200:], groups=X["customer_id"]
    )
    assert fault in parted
    first = (X["customer_id"] < 300).to_numpy()
    whole = faults(decided(ChurnANNClassifier()), X[first], y[first], X_test=X[~first], groups=1)
    assert fault not in whole


def test_rows_in_order_of_time_under_shuffled_folds_are_found_with_what_they_flatter():
    random = np.random.default_rng(0)
    n = 1500
    month = np.arange(n) // 50
    # In every month other customers leave: a model that has seen the month knows which.
    sign = random.choice([-1, 1], month.max() + 1)[month]
    score = random.normal(size=n)
    X = pd.DataFrame({"seen_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(month * 7, "D")})
    X = X.assign(score=score)
    y = np.where(score * sign + random.normal(size=n) > 0.7, "Yes", "No")
    fault = "leak: a shuffled split of rows in order of time"
    (finding,) = (f for f in audit(decided(ChurnANNClassifier()), X, y) if f.fault == fault)
    shuffled, by_time = map(float, re.findall(r"of (\d\.\d+)", finding.evidence))
    assert shuffled > by_time + 0.1
    assert fault not in faults(decided(ChurnANNClassifier(cv=TimeSeriesSplit())), X, y)
    assert fault not in faults(decided(ChurnANNClassifier()), X.sample(frac=1, random_state=0), y)


def test_a_cut_from_too_few_churners_is_found():
    X, y = make_churn(600, churn_rate=0.05, random_state=0, return_X_y=True)
    X = X[["tenure_months", "support_calls", "monthly_charge"]]
    fault = "threshold from too few customers"
    model = CostThresholdClassifier(LogisticRegression(max_iter=500), cv=3, **COSTS)
    (finding,) = (f for f in audit(model.fit(X, y), X, y) if f.fault == fault)
    assert "with 30 churners" in finding.evidence
    assert fault not in faults(model.set_params(method="bayes").fit(X, y), X, y)


@pytest.mark.slow
def test_gradient_boosting_that_is_ahead_and_seeds_that_disagree_are_found():
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.uniform(size=(1500, 2)), columns=["a", "b"])
    y = np.where(((X["a"] > 0.5) != (X["b"] > 0.5)) ^ (random.random(1500) < 0.2), "Yes", "No")
    network = ChurnANNClassifier((4,), n_heads=1, cv=2, epochs=2, random_state=0).fit(X, y)
    found = {finding.fault: finding for finding in audit(network, X, y)}
    assert "its AUC is higher by" in found["gradient boosting is ahead"].evidence
    finding = found["seeds that disagree"]
    share = int(re.search(r"By the spread of the 2 networks.* about (\d+)%", finding.evidence)[1])
    assert 0 < share < 80 and "cv=4" in finding.fix


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_the_top_that_seeds_share_is_told_from_the_networks_of_one_fit(noise):
    random = np.random.default_rng(0)
    signal = random.normal(-1, 1, 3000)

    def fit():
        return expit(signal + noise * random.normal(size=(4, 3000)))

    fits = [fit() for _ in range(10)]
    tops = [set(np.argsort(-logit(of_each).mean(axis=0))[:300]) for of_each in fits]
    shared = np.mean([len(a & b) / 300 for a, b in itertools.combinations(tops, 2)])
    assert shared_top(fits[0]) == pytest.approx(shared, abs=0.08)


def test_twins_in_a_table_of_few_values_are_no_fault(split):
    X = split.X_train[["contract", "support_calls"]]
    test = split.X_test[X.columns]
    assert faults(decided(ChurnANNClassifier()), X, split.y_train, X_test=test) == []


def test_errors_come_first_and_every_form_tells_all(split):
    X = split.X_train.assign(status=split.y_train)
    found = audit(ChurnANNClassifier(), X, split.y_train)
    assert isinstance(found, Findings)
    assert [finding.severity for finding in found] == ["error", "warning", "warning"]
    frame = found.to_frame()
    assert frame.columns.tolist() == ["fault", "severity", "evidence", "fix"]
    for form in (str(found), found._repr_html_()):
        assert all(fault in form for fault in frame["fault"])


def test_html_is_escaped(split):
    X = split.X_train.assign(**{"<b>": split.y_train})
    assert "<b>'" not in audit(ChurnANNClassifier(), X, split.y_train)._repr_html_()
    assert "&lt;b&gt;" in audit(ChurnANNClassifier(), X, split.y_train)._repr_html_()


def test_polars_and_arrays_are_taken(split):
    values = numbers(split).to_numpy()
    assert faults(LogisticRegression(), values, split.y_train.to_numpy()) == [
        "imbalance ignored",
        "threshold at 0.5",
    ]


@pytest.mark.slow
def test_other_rows_than_those_of_the_fit_are_refused(split):
    model = fitted(split, epochs=1)
    with pytest.raises(ValueError, match="give the rows that it was fitted on"):
        audit(model, split.X_test, split.y_test)


def test_labels_are_checked(split):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        audit(LogisticRegression(), split.X_train, split.y_train[:10])


def auc_of_neighbours(X, y, groups, cv):
    """Of a baseline that knows rows it has seen by heart, beside networks with such folds."""
    rows = np.arange(len(X))
    network = SimpleNamespace(
        cv=cv,
        pipelines_=[None, None],
        classes_=np.array(["No", "Yes"]),
        validation_indices_=rows,
        validation_proba_=rows / len(rows),
    )
    judged, own, other = _both_unseen(
        network, network, KNeighborsClassifier(1), X, y == "Yes", groups
    )
    assert np.array_equal(own, judged / len(rows))
    return roc_auc_score(y[judged] == "Yes", other)


def test_baselines_see_no_more_of_customers_than_the_networks():
    X, y = visits()
    height, groups = X[["height"]], X["customer_id"]
    assert auc_of_neighbours(height, y, None, 2) > 0.8
    assert auc_of_neighbours(height, y, groups, 2) < 0.6


def test_baselines_see_no_more_of_the_future_than_the_networks():
    random = np.random.default_rng(0)
    month = random.permutation(np.repeat(np.arange(30), 40))
    churned = random.random(30)[month] < 0.5  # all of a month or none
    X = pd.DataFrame({"day": 30 * month + random.integers(0, 28, len(month))})
    y = np.where(churned, "Yes", "No")
    assert auc_of_neighbours(X, y, None, 2) > 0.95
    assert auc_of_neighbours(X, y, month, ForwardFolds(4)) < 0.7
