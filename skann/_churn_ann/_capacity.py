"""The size of the network that a table allows."""

from collections.abc import Callable

from scipy.stats import entropy
from sklearn.base import BaseEstimator

from skann._churn_ann._defaults import (
    HIDDEN_LAYER_SIZES,
    LARGE_L2,
    LARGE_LAYER_SIZES,
    auto_l2,
)
from skann._churn_ann._member import Capacity, Member
from skann._churn_ann._steps import is_auto
from skann._churn_ann._validation import check_layer_sizes

_KNOWS_LITTLE = 0.6  # loss over entropy
_GAIN_OF_THE_MEAN = 1.02


def smallest(settings: BaseEstimator, n_rows: int) -> Capacity:
    """Return the capacity that "auto" begins with; given values stay.

    Parameters
    ----------
    settings : ChurnANNClassifier
        ``hidden_layer_sizes``, ``l2`` and ``optimizer`` are read.
    n_rows : int
        Training rows.
    """
    return _filled_in(settings, HIDDEN_LAYER_SIZES, auto_l2(n_rows), "adam")


def capacities(settings: BaseEstimator, n_rows: int) -> list[Capacity]:
    """Return what `choose` may train: the smallest, and a larger one where "auto" leaves it."""
    small = smallest(settings, n_rows)
    large = _filled_in(settings, LARGE_LAYER_SIZES, LARGE_L2, "muon")
    return [small] if large == small else [small, large]


def choose(
    settings: BaseEstimator, n_rows: int, train: Callable[[Capacity], Member]
) -> tuple[Capacity, Member]:
    """Train a network, and a larger one if that may pay; return the better and its capacity.

    A larger one is trained where the small one knows much of the rows that it did not see: where
    its loss on them is below 60 % of the entropy of the class shares. On noisier tables it never
    came out ahead, and costs more than all folds of the small one. It is the better also where its
    own loss is up to 2 % higher, for large networks differ more, and so their mean gains more.

    Returns
    -------
    capacity : Capacity
    member : Member
        The network of that capacity.
    """
    small, *larger_ones = capacities(settings, n_rows)
    member = train(small)
    if not larger_ones or min(member.losses) > _KNOWS_LITTLE * entropy(member.prior):
        return small, member
    large = larger_ones[0]
    larger = train(large)
    is_better = min(larger.losses) < _GAIN_OF_THE_MEAN * min(member.losses)
    return (large, larger) if is_better else (small, member)


def _filled_in(
    settings: BaseEstimator, hidden_layer_sizes: tuple[int, ...], l2: float, optimizer: str
) -> Capacity:
    sizes = settings.hidden_layer_sizes
    return Capacity(
        hidden_layer_sizes if isinstance(sizes, str) else check_layer_sizes(sizes),
        l2 if isinstance(settings.l2, str) else float(settings.l2),
        optimizer if is_auto(settings.optimizer) else _name(settings.optimizer),
    )


def _name(optimizer: object) -> str:
    if isinstance(optimizer, str):
        return optimizer
    return getattr(optimizer, "__name__", type(optimizer).__name__)
