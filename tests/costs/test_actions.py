"""Several ways to contact a customer."""

import numpy as np
import pandas as pd
import pytest

from skann.costs import retention_costs
from skann.costs._actions import read_offers

OWN = {"fn_cost": 0.0, "fp_cost": 1.0, "tp_cost": 0.0, "tn_cost": 0.0, "contact_cost": None}


def test_each_customer_gets_the_action_with_the_highest_gain():
    # A call saves more and costs more than a mail: it pays where churn is likely.
    actions = {
        "mail": {"fp_cost": 1.0, "tp_cost": -10.0},
        "call": {"fp_cost": 8.0, "tp_cost": -30.0},
    }
    offers = read_offers(OWN, actions, None, 3)
    offer = offers.best(np.array([0.05, 0.3, 0.9]))
    # gains of mail: -0.45, 2.3, 8.9; of call: -6.1, 3.4, 26.2
    assert offer.action.tolist() == [0, 1, 1]
    assert offer.costs.fp_cost.tolist() == [1.0, 8.0, 8.0]
    assert offer.costs.tp_cost.tolist() == [-10.0, -30.0, -30.0]
    assert offer.contact_cost.tolist() == [1.0, 8.0, 8.0]


def test_equal_actions_leave_the_first():
    offers = read_offers(OWN, {"a": {}, "b": {}}, None, 2)
    assert offers.best(np.array([0.1, 0.9])).action.tolist() == [0, 0]


def test_actions_take_columns_and_whole_offers():
    table = pd.DataFrame({"saved": [-5.0, -50.0]})
    actions = {"call": {"tp_cost": "saved"}, "mail": retention_costs(200, 10, 1, 0.1)}
    offer = read_offers(OWN, actions, table, 2).best(np.array([0.5, 0.5]))
    assert offer.action.tolist() == [1, 0]  # call gains 2 and 24.5, mail 9 - 5.5 = 3.5
    assert offer.costs.tp_cost.tolist() == [-18.0, -50.0]


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ({}, "empty"),
        ({"call": 5.0}, "'call'.*dict"),
        ({"call": {"price": 5.0}}, "'call'.*'price'.*fp_cost"),
        ({"call": {"fn_cost": 7.0}}, "'call'.*fn_cost=7.0.*whatever the action"),
        ({"call": {"fp_cost": "fee"}}, "action 'call': fp_cost='fee'"),
    ],
)
def test_what_an_action_cannot_have_is_refused_by_name(actions, message):
    with pytest.raises(ValueError, match=message):
        read_offers(OWN, actions, None, 2)
