"""What decisions cost, and what they save."""

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skann.metrics import expected_cost, savings_score

Y = np.array([1, 1, 0, 0])
CONTACTED = np.array([1, 0, 1, 0])


def test_each_mistake_costs_its_own():
    # a churner saved at 5, one lost at 100, an offer wasted at 20, nothing for the last
    costs = {"fn_cost": 100, "fp_cost": 20, "tp_cost": 5, "tn_cost": 0}
    assert expected_cost(Y, CONTACTED, **costs) == pytest.approx(125 / 4)


def test_costs_can_differ_by_customer_and_customers_in_weight():
    cost = expected_cost(Y, CONTACTED, fn_cost=[1, 100, 1, 1], sample_weight=[1, 2, 1, 0])
    assert cost == pytest.approx((0 + 200 + 1) / 4)


def test_by_default_the_cost_is_the_share_of_mistakes():
    assert expected_cost(Y, CONTACTED) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("labels", "pos_label"),
    [(("No", "Yes"), None), ((False, True), None), ((1, 2), None), (("Yes", "No"), "No")],
)
def test_any_two_labels_do(labels, pos_label):
    labels = np.array(labels)
    cost = expected_cost(labels[Y], labels[CONTACTED], fn_cost=100, pos_label=pos_label)
    assert cost == pytest.approx(101 / 4)


def test_the_positive_class_is_found_in_predictions_too():
    assert expected_cost(["No", "No"], ["No", "Yes"], fp_cost=8) == pytest.approx(4)


def test_labels_that_leave_the_positive_class_open_are_refused():
    with pytest.raises(ValueError, match="pos_label"):
        expected_cost(["No"], ["No"])
    with pytest.raises(ValueError, match="two labels"):
        expected_cost([0, 1, 2], [0, 1, 2])


def test_savings_are_relative_to_the_cheaper_of_nobody_and_everybody():
    # nobody 200, everybody 10, these decisions 100 + 5
    assert savings_score(Y, CONTACTED, fn_cost=100, fp_cost=5) == pytest.approx(1 - 105 / 10)
    assert savings_score(Y, Y, fn_cost=100, fp_cost=5) == 1.0
    assert savings_score(Y, np.ones(4, dtype=int), fn_cost=100, fp_cost=5) == 0.0


def test_savings_stay_positive_for_the_better_where_contacting_everybody_earns():
    # everybody earns 2 * 50 - 2 * 10 = 80, the right two 100
    costs = {"fn_cost": 0, "fp_cost": 10, "tp_cost": -50}
    assert savings_score(Y, Y, **costs) == pytest.approx(20 / 80)


def test_savings_over_nothing_are_undefined():
    with pytest.warns(UndefinedMetricWarning, match="expected_cost"):
        assert np.isnan(savings_score(Y, Y, fn_cost=0, fp_cost=11, tp_cost=-1))


def test_bad_costs_and_weights_are_refused_by_name():
    with pytest.raises(ValueError, match="fp_cost"):
        expected_cost(Y, CONTACTED, fp_cost=[1, 2])
    with pytest.raises(ValueError, match="sample_weight"):
        expected_cost(Y, CONTACTED, sample_weight=[1, 1, 1, -1])
    with pytest.raises(ValueError, match="inconsistent"):
        expected_cost(Y, CONTACTED[:3])
