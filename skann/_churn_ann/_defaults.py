"""The defaults of ``ChurnANNClassifier``, chosen as ``benchmarks/README.md`` tells."""

HIDDEN_LAYER_SIZES = (64, 64)
LARGE_LAYER_SIZES = (128, 128)  # for tables with sharp rules
LARGE_L2 = 1e-5


def auto_batch_size(n_rows: int) -> int:
    """Return the rows of a training step: 128, and more where an epoch has many steps.

    With more than some 50,000 rows, an epoch of small steps takes long.
    """
    batch_size = 128
    while batch_size < 1024 and n_rows > 400 * batch_size:
        batch_size *= 2
    return batch_size


def auto_l2(n_rows: int) -> float:
    """Return the L2 penalty: 2 / n, the share of a mean loss that a fixed prior has, up to 5e-4."""
    return min(5e-4, 2 / n_rows)
