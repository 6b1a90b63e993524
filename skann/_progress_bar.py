"""The progress bar of tqdm for terminals and notebooks, without its advice to install widgets."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tqdm.auto import tqdm

__all__ = ["tqdm"]
