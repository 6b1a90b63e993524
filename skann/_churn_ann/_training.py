"""The networks of one fit: trained side by side, each judged on the rows that it did not see."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from skann._churn_ann._capacity import capacities, choose
from skann._churn_ann._fit_in_parts import FitInParts
from skann._churn_ann._folds import Plan, judged_rows
from skann._churn_ann._member import (
    Capacity,
    Job,
    Member,
    fitted_attributes,
    train_member,
    train_one_epoch,
)
from skann._churn_ann._rows import Rows
from skann._churn_ann._stopping import stop_by_the_others
from skann._churn_ann._unfinished import Unfinished, unfinished
from skann._sklearn_callbacks import Task
from skann._sklearn_private import _safe_indexing


class Training(NamedTuple):
    """What the networks of one fit share.

    Parameters
    ----------
    settings : ChurnANNClassifier
        Only its parameters and classes are read.
    rows : Rows
        All rows that have any weight.
    given : Rows or None
        Rows to stop on, where `fit` was given some.
    plan : Plan
    start : sequence of Member or None
        The networks that the fit goes on from; None for one that begins anew.
    capacity : Capacity or None
        That of the networks; None where it is still to be chosen.
    parts : FitInParts or None
        Where the fit is to pause.
    """

    settings: Any
    rows: Rows
    given: Rows | None
    plan: Plan
    start: Sequence[Member | None]
    capacity: Capacity | None
    parts: FitInParts | None

    @property
    def stops_by_the_others(self) -> bool:
        """Whether own rows that are held out are kept from choosing the epoch of their judge."""
        return len(self.plan.folds) > 1 and self.given is None and self.settings.early_stopping

    @property
    def capacities(self) -> list[Capacity]:
        """What to train: one capacity, or two that the first fold's network is tried with."""
        if self.capacity is not None:
            return [self.capacity]
        choices = capacities(self.settings, len(self.plan.folds[0][0]))
        return choices if self.stops_by_the_others and self.parts is None else choices[:1]

    @property
    def n_steps(self) -> int:
        """Most epochs of the one network, or folds and the further network of the first one."""
        n_folds = len(self.plan.folds)
        return self.settings.epochs if n_folds == 1 else n_folds + len(self.capacities) - 1

    def job(self, fold: int, capacity: Capacity, states: Unfinished | None) -> Job:
        """Return what the network of one fold is trained on."""
        rows, held_out = (self.rows.take(part) for part in self.plan.folds[fold])
        watched = self.given if self.given is not None else held_out if len(held_out.y) else None
        number = None if len(self.plan.folds) == 1 else fold + 1
        return Job(
            rows,
            watched,
            self.plan.resample_seeds[fold],
            self.plan.network_seeds[fold],
            capacity,
            start=self.start[fold],
            parts=None if self.parts is None else self.parts.networks[fold],
            state=None if states is None else states.file(number, capacity),
            fold=number,
            keeps_snapshots=self.stops_by_the_others,
        )


class Trained(NamedTuple):
    """The networks of a fit, and what they say of the rows that they did not see.

    Parameters
    ----------
    members : list of Member
    capacity : Capacity
        That of all of them.
    judged : ndarray of int
        Which of the rows that have any weight some network did not see, sorted.
    probability : ndarray of float
        Of the positive class, for each of these rows.
    """

    members: list[Member]
    capacity: Capacity
    judged: np.ndarray
    probability: np.ndarray


def train_networks(training: Training, task: Task) -> Trained:
    """Train the network of each fold, and let it judge the rows that were held out.

    Parameters
    ----------
    training : Training
    task : Task
        The whole fit, of ``training.n_steps`` steps.
    """
    settings, plan, parts = training.settings, training.plan, training.parts
    if len(training.start) != len(plan.folds):
        raise ValueError(
            f"cv gives {len(plan.folds)} folds, and there are {len(training.start)} networks to go "
            "on from; set warm_start=False"
        )
    states = None
    if parts is None:
        states = unfinished(settings, plan, training.start, (training.rows, training.given))
    else:
        parts.go_on(plan)

    def train(fold: int, capacity: Capacity, step: str = "fold", number: int = 0) -> Member:
        job = training.job(fold, capacity, states)
        return _train_as_task(settings, job, task, step, number or fold)

    members: list[Member] = []
    capacity = training.capacities[0]
    if len(training.capacities) > 1:
        capacity, first = _chosen_by_the_first(training, train, task)
        members = [first]
    others = range(len(members), len(plan.folds))
    members += Parallel(n_jobs=settings.n_jobs, require="sharedmem")(
        delayed(copy_context().run)(train, fold, capacity) for fold in others
    )
    if training.stops_by_the_others and (parts is None or parts.done):
        members = stop_by_the_others(members)
    trained = Trained(members, capacity, *_judged(training, members))
    if parts is not None and parts.done:
        parts.end()
    if states is not None:
        states.remove()
    return trained


def _train_as_task(settings: Any, job: Job, fit: Task, step: str, number: int) -> Member:
    """Train a network, and tell callbacks of it and of its epochs as a step of the fit."""
    rows = job.rows
    about = dict(X=rows.X, y=settings.classes_[rows.y], sample_weight=rows.weight)
    if job.fold is None:  # the one network, whose epochs are the steps
        return train_member(settings, job._replace(task=fit._replace(**about)))
    task = fit.subtask(step, number, n_steps=settings.epochs, **about).begin()
    member = train_member(settings, job._replace(task=task))
    task._replace(fitted=lambda: fitted_attributes(settings, member.as_it_scores_now())).end()
    return member


def _chosen_by_the_first(
    training: Training, train: Callable[..., Member], task: Task
) -> tuple[Capacity, Member]:
    """Train the first fold's network in one capacity or two; its checkpoint is that of the better.

    With two, the file is that of the larger network, which was trained last.
    """
    settings, folds = training.settings, training.plan.folds
    tried: list[Capacity] = []
    steps = [("fold", 0), ("larger-network", len(folds))]

    def noted(capacity: Capacity) -> Member:
        tried.append(capacity)
        return train(0, capacity, *steps.pop(0))

    chosen, first = choose(settings, len(folds[0][0]), noted)
    for step in steps:  # that there was no need for
        task.subtask(*step).begin().end()
    if settings.checkpoint_dir is not None and tried[-1] != chosen:
        from skann.networks import save_checkpoint

        save_checkpoint(first.pipeline["network"].model_, settings.checkpoint_dir, fold=1)
    return chosen, first


def _judged(training: Training, members: Sequence[Member]) -> tuple[np.ndarray, np.ndarray]:
    held_out = [held for _, held in training.plan.folds]
    probabilities = [
        member.probability(_safe_indexing(training.rows.X, held), training.settings.correct_prior)
        if len(held)
        else held
        for member, held in zip(members, held_out, strict=True)
    ]
    return judged_rows(held_out, probabilities)


def train_an_epoch(
    settings: Any,
    rows: Rows,
    start: Sequence[Member | None],
    seeds: Sequence[tuple[int, int]],
    capacity: Capacity,
) -> list[Member]:
    """Train each network for an epoch on all rows, from scratch or on from where it is.

    ``seeds`` are those of resampling and of the network, for each.
    """
    jobs = [
        Job(rows, None, resample_seed, network_seed, capacity, member)
        for member, (resample_seed, network_seed) in zip(start, seeds, strict=True)
    ]
    return Parallel(n_jobs=settings.n_jobs, require="sharedmem")(
        delayed(copy_context().run)(train_one_epoch, settings, job) for job in jobs
    )
