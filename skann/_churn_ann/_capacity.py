"""How large a network a table bears."""

from collections.abc import Callable
from typing import Any

from skann._churn_ann._defaults import HIDDEN_LAYER_SIZES, WEAK_L2, WIDER_LAYER_SIZES, auto_l2
from skann._churn_ann._member import Capacity, Member
from skann._churn_ann._validation import check_layer_sizes


def capacities(settings: Any, n_rows: int) -> list[Capacity]:
    """Return what "auto" has to choose from, from the smallest on; what is given stays.

    Parameters
    ----------
    settings : ChurnANNClassifier
        ``hidden_layer_sizes`` and ``l2`` are read.
    n_rows : int
        Training rows.
    """
    sizes, l2 = settings.hidden_layer_sizes, settings.l2
    # One step at a time: a weaker penalty on the same network needs no further compilation.
    steps = [
        (HIDDEN_LAYER_SIZES, auto_l2(n_rows)),
        (HIDDEN_LAYER_SIZES, WEAK_L2),
        (WIDER_LAYER_SIZES, WEAK_L2),
    ]
    found = [
        Capacity(
            default_sizes if isinstance(sizes, str) else check_layer_sizes(sizes),
            default_l2 if isinstance(l2, str) else float(l2),
        )
        for default_sizes, default_l2 in steps
    ]
    return list(dict.fromkeys(found))


def climb(
    candidates: list[Capacity], train: Callable[[Capacity], Member]
) -> tuple[Capacity, Member]:
    """Train networks of growing capacity for as long as the loss on unseen rows falls.

    The loss is that of the rows, without the penalty, in the best epoch.

    Returns
    -------
    capacity : Capacity
    member : Member
        The network of that capacity.
    """
    best, member = candidates[0], train(candidates[0])
    for capacity in candidates[1:]:
        larger = train(capacity)
        if min(larger.losses) >= min(member.losses):
            break
        best, member = capacity, larger
    return best, member
