"""The fitted classifier as numbers, strings and parts of scikit-learn, and back."""

import copy
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np
from imblearn.pipeline import Pipeline
from sklearn.base import clone

from skann._churn_ann._history import history_frame
from skann._churn_ann._member import Member
from skann._churn_ann._saved_network import SavedNetwork

# What the networks and their pipelines say already, and what no prediction needs.
_LEFT_OUT = ("pipelines_", "history_", "_parts", "_skl_callbacks")


def portable_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a classifier without pandas, Keras and training rows."""
    portable = {name: value for name, value in state.items() if name not in _LEFT_OUT}
    if isinstance(portable.get("checkpoint_dir"), PathLike):
        portable["checkpoint_dir"] = fspath(portable["checkpoint_dir"])
    if "_members" in portable:
        portable["_members"] = [_portable_member(member) for member in portable["_members"]]
    return portable


def members_of(portable: Mapping[str, Any]) -> list[Member]:
    """Return the networks in the result of ``portable_state``."""
    return [
        Member(**{**member, "history": history_frame(member["history"])})
        for member in portable["_members"]
    ]


def _portable_member(member: Member) -> dict[str, Any]:
    return {
        "pipeline": _portable_pipeline(member.pipeline),
        "prior": member.prior,
        "prior_shift": member.prior_shift,
        "history": {name: column.to_numpy() for name, column in member.history.items()},
        "best_epoch": member.best_epoch,
        "losses": np.array(member.losses),
    }


def _portable_pipeline(pipeline: Pipeline) -> Pipeline:
    steps = dict(pipeline.steps)
    if steps["resample"] != "passthrough":
        steps["resample"] = clone(steps["resample"])  # a fitted one may hold training rows
    steps["network"] = SavedNetwork.of(steps["network"])
    portable = copy.copy(pipeline)
    portable.steps = list(steps.items())
    return portable
