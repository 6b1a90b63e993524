"""Hyperparameters -> an untrained, compiled network."""

from collections.abc import Sequence
from typing import Any

import keras

from skann.networks._layers import Dropout
from skann.networks._losses import mean_crossentropy
from skann.networks._trainer import ChurnNetwork


def build_network(
    meta: dict[str, Any],
    compile_kwargs: dict[str, Any],
    hidden_layer_sizes: Sequence[int],
    activation: str,
    dropout: float,
    l2: float,
    seed: int,
) -> ChurnNetwork:
    """Build and compile the network; SciKeras calls this in each fit.

    Parameters
    ----------
    meta : dict
        What SciKeras knows of the data: ``n_features_in_`` is used.
    compile_kwargs : dict
        Optimizer and metrics for `keras.Model.compile`.
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    activation : str
        Keras activation of the hidden layers.
    dropout : float
        Share of each hidden layer's units that a training step leaves out.
    l2 : float
        L2 penalty on the kernels.
    seed : int
        Seed of initial weights, dropout and shuffling.

    Returns
    -------
    ChurnNetwork
    """
    inputs = hidden = keras.Input((meta["n_features_in_"],), name="features")
    regularizer = keras.regularizers.L2(l2) if l2 else None
    for index, units in enumerate(hidden_layer_sizes, start=1):
        hidden = keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(seed + index),
            kernel_regularizer=regularizer,
            name=f"hidden_{index}",
        )(hidden)
        hidden = Dropout(dropout, seed=seed + index, name=f"dropout_{index}")(hidden)
    outputs = keras.layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        name="probability",
    )(hidden)
    network = ChurnNetwork(inputs, outputs, name="churn_network")
    network.seed = seed
    # XLA compiles anew for each shape, which takes longer than a small fit.
    network.compile(
        optimizer=compile_kwargs["optimizer"],
        loss=mean_crossentropy,
        metrics=compile_kwargs["metrics"],
        jit_compile=False,
    )
    return network
