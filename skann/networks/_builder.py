"""From hyperparameters to an untrained, compiled network."""

from collections.abc import Sequence
from typing import Any

import keras

from skann.networks._dropout import Dropout
from skann.networks._layers import Dense, EmbedCodes, HeadsDense, HeadsProbability
from skann.networks._learning_rate import hold_learning_rate
from skann.networks._losses import mean_crossentropy
from skann.networks._memory import forget_old_kernels
from skann.networks._runtime import start_runtime
from skann.networks._trainer import PRECISION, ChurnNetwork

EMBEDDING_DIMENSION = 8  # as RealMLP (Holzmüller et al. 2024)


def build_network(
    meta: dict[str, Any],
    compile_kwargs: dict[str, Any],
    hidden_layer_sizes: Sequence[int],
    activation: str,
    dropout: float,
    l2: float,
    n_heads: int,
    embedding_cardinalities: Sequence[int],
    seed: int,
    learning_rate: float | None = None,
) -> ChurnNetwork:
    """Build and compile the network; SciKeras calls this in each fit.

    Parameters
    ----------
    meta : dict
        Facts about the data from SciKeras; ``n_features_in_`` is used.
    compile_kwargs : dict
        Optimizer and metrics for ``keras.Model.compile``.
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    activation : str
        Keras activation of the hidden layers.
    dropout : float
        Share of the units of each hidden layer that a training step leaves out.
    l2 : float
        L2 penalty on the kernels.
    n_heads : int
        Number of members of the ensemble inside the network; with one it is a plain multilayer
        perceptron.
    embedding_cardinalities : sequence of int
        Number of codes of each of the last columns, which are embedded.
    seed : int
        Seed of initial weights, dropout and shuffling.
    learning_rate : float, optional
        Initial learning rate; that of the optimizer by default.

    Returns
    -------
    ChurnNetwork

    Raises
    ------
    ValueError
        If the activation is not one of Keras.
    """
    start_runtime()
    forget_old_kernels()
    try:
        keras.activations.get(activation)
    except ValueError as error:
        raise ValueError(
            f"activation={activation!r} is not a Keras activation, such as 'relu', 'gelu' or 'tanh'"
        ) from error
    # Set for each layer, since Keras' global precision and policy are for other networks.
    inputs = hidden = keras.Input((meta["n_features_in_"],), dtype=PRECISION, name="features")
    if embedding_cardinalities:
        hidden = EmbedCodes(
            embedding_cardinalities, EMBEDDING_DIMENSION, seed, dtype=PRECISION, name="embedding"
        )(hidden)
    regularizer = keras.regularizers.L2(l2) if l2 else None
    for index, units in enumerate(hidden_layer_sizes, start=1):
        layer_seed = seed + index
        settings = {
            "activation": activation,
            "kernel_regularizer": regularizer,
            "dtype": PRECISION,
            "name": f"hidden_{index}",
        }
        if n_heads == 1:
            start = keras.initializers.GlorotUniform(layer_seed)
            layer = Dense(units, kernel_initializer=start, **settings)
        else:
            layer = HeadsDense(units, n_heads, random_signs=index == 1, seed=layer_seed, **settings)
        hidden = layer(hidden)
        # The heads of a row drop the same units: a mask per head takes longer and gains nothing.
        noise_shape = None if n_heads == 1 else (None, 1, units)
        hidden = Dropout(
            dropout, noise_shape, layer_seed, dtype=PRECISION, name=f"dropout_{index}"
        )(hidden)
    if n_heads == 1 or not hidden_layer_sizes:
        start = keras.initializers.GlorotUniform(seed)
        output = Dense(
            1, activation="sigmoid", kernel_initializer=start, dtype=PRECISION, name="probability"
        )
    else:
        output = HeadsProbability(seed, dtype=PRECISION, name="probability")
    outputs = output(hidden)
    network = ChurnNetwork(inputs, outputs, name="churn_network")
    network.seed = seed
    hold_learning_rate(compile_kwargs["optimizer"], learning_rate)
    # For Keras' own `fit`: there XLA would compile anew for each shape.
    network.compile(
        optimizer=compile_kwargs["optimizer"],
        loss=mean_crossentropy,
        metrics=compile_kwargs["metrics"],
        jit_compile=False,
    )
    return network
