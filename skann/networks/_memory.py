"""Bounded memory in long searches."""

import itertools

from skann.networks._keras_private import forget_kernels

# Clearing costs about as much as a small fit, and a fit leaves just under a megabyte behind.
_FITS_BETWEEN = 40

_fits = itertools.count(1)


def forget_old_kernels() -> None:
    """Let TensorFlow drop the kernels of variables that are gone, once in a while.

    It keeps one for each variable that was ever made, under the variable's unique name, so that
    memory grows with every fit. ``keras.backend.clear_session`` drops them as well, along with
    names and graphs that a user may still need.
    """
    if next(_fits) % _FITS_BETWEEN == 0:
        forget_kernels()
