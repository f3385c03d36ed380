"""Contestants on JAX: optax and Keras, each one jitted function that may reuse its buffers."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from adamas.bench.data import Data
from adamas.bench.peers import PEERS
from adamas.bench.sizes import Shape
from adamas.bench.stepper import DENORMAL, Array, Turns
from adamas.bench.work import DECAY, MAX_NORM, Work
from adamas.engines import threads


class Jax:
    """A jitted function (parameters, state, gradients) -> (parameters, state), run to its end."""

    def __init__(self, update: Any, parameters: list[Any], state: Any, data: Data):
        import jax

        self.jax, self.update = jax, update
        self.tensors, self.state = parameters, state
        self.turns = Turns(data.shared("jax", _copy))

    def next(self) -> None:
        self.gradients = self.turns.next()

    def step(self) -> None:
        self.tensors, self.state = self.update(self.tensors, self.state, self.gradients)
        self.jax.block_until_ready((self.tensors, self.state))

    def parameters(self) -> list[Array]:
        return [np.asarray(p).astype(np.float64) for p in self.tensors]

    def decay(self) -> None:
        def decayed(value: Any) -> Any:
            if value.size <= 1:
                return value
            return _copy(np.full(value.shape, DENORMAL, value.dtype))

        self.state = self.jax.tree.map(decayed, self.state)


def _copy(array: Array) -> Any:
    import jax.numpy as jnp

    return jnp.array(array, copy=True)


def make_optax(work: Work, data: Data) -> Jax:
    """Optax: the transformation and `apply_updates` in one jitted function."""
    init, update = _optax(work)
    parameters = [_copy(p) for p in data.parameters]
    return Jax(update, parameters, init(parameters), data)


def make_keras(work: Work, data: Data) -> Jax:
    """Keras on JAX: `stateless_apply`, which its own trainer jits too."""
    shapes = tuple(p.shape for p in data.parameters)
    state, update = _keras(work, shapes)
    return Jax(update, [_copy(p) for p in data.parameters], state(), data)


# Compiling for a thousand tensors takes seconds: two line-ups that differ in gradients share it.
@functools.lru_cache(maxsize=2)
def _optax(work: Work) -> tuple[Callable[[Any], Any], Any]:
    """The state for parameters, and the jitted update."""
    jit = _jit()
    import jax.numpy as jnp
    import optax

    peer = PEERS[work.peer]["optax"]
    transformation = operator.attrgetter(peer.maker)(optax)(**peer.bind(work.values))
    if not work.chained:

        def update(tensors: Any, state: Any, gradients: Any) -> Any:
            updates, state = transformation.update(gradients, state, tensors)
            return optax.apply_updates(tensors, updates), state

        return transformation.init, jit(update)

    transformation = optax.chain(optax.clip_by_global_norm(MAX_NORM), transformation)

    def update_and_average(tensors: Any, state: Any, gradients: Any) -> Any:
        inner, averages = state
        updates, inner = transformation.update(gradients, inner, tensors)
        tensors = optax.apply_updates(tensors, updates)
        return tensors, (inner, optax.incremental_update(tensors, averages, 1 - DECAY))

    def init(tensors: Any) -> Any:
        return transformation.init(tensors), [jnp.array(p, copy=True) for p in tensors]

    return init, jit(update_and_average)


@functools.lru_cache(maxsize=2)
def _keras(work: Work, shapes: tuple[Shape, ...]) -> tuple[Callable[[], Any], Any]:
    """What makes a state, and the jitted update, for parameters of these shapes."""
    jit = _jit()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    peer = PEERS[work.peer]["keras"]
    around: dict[str, Any] = {}
    if work.chained:
        around = {"global_clipnorm": MAX_NORM, "use_ema": True, "ema_momentum": DECAY}
    optimizer = getattr(keras.optimizers, peer.maker)(**peer.bind(work.values), **around)
    variables = [keras.Variable(np.zeros(shape), dtype=work.dtype) for shape in shapes]
    optimizer.build(variables)
    # Each starts with one value everywhere. Their memory would stand idle beside what is stepped.
    starts = [(v.shape, v.dtype, float(np.ravel(v.value)[0])) for v in optimizer.variables]
    for variable in (*variables, *optimizer.variables):
        variable._value = None

    def update(tensors: Any, state: Any, gradients: Any) -> Any:
        return optimizer.stateless_apply(state, gradients, tensors)

    def state() -> list[Any]:
        import jax.numpy as jnp

        return [jnp.full(shape, value, dtype) for shape, dtype, value in starts]

    return state, jit(update)


def _jit() -> Callable[[Any], Any]:
    """`jax.jit` for functions of parameters, state and gradients, giving away the first two."""
    # XLA reads NPROC once, when its client is made: as many threads as we use.
    os.environ.setdefault("NPROC", str(threads.get_threads()))
    import jax

    return functools.partial(jax.jit, donate_argnums=(0, 1))


def optax_lacks(work: Work) -> str | None:
    """Why optax cannot do some work."""
    return None if "optax" in PEERS.get(work.peer, {}) else f"optax has no {work.peer} like ours"


def keras_lacks(work: Work) -> str | None:
    """Why Keras cannot do some work."""
    if "keras" not in PEERS.get(work.peer, {}):
        return f"Keras has no {work.peer}"
    if os.environ.get("KERAS_BACKEND", "jax") != "jax":
        return "it runs on JAX here, and KERAS_BACKEND says otherwise"
    return None
