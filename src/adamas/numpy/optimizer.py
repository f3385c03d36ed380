"""The NumPy optimizer: a rule, a tree of arrays and their state; steps the arrays in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from adamas.engines import interpret
from adamas.engines.choose import ENGINES, make_engine
from adamas.engines.watched import Watched
from adamas.engines.work import Group, Tensor
from adamas.errors import (
    EngineError,
    NonFiniteError,
    NotFoundError,
    OptionError,
    StateError,
    choose,
    nearest,
)
from adamas.graph.passes import lower
from adamas.graph.program import build
from adamas.language.chain import Chain, as_rule
from adamas.language.rule import Piece
from adamas.language.schedule import Schedule
from adamas.numpy import tree
from adamas.numpy.hyper import Hyper, read_overrides
from adamas.numpy.text import describe
from adamas.scope.watch import Readings, watch

NONFINITE = ("propagate", "raise", "skip")


class Optimizer:
    """Steps a tree of arrays in place by a rule.

    Args:
        rule: a rule or chain, for example `adamas.rules.adam(lr=1e-3)`.
        params: an array, or any nesting of dicts, lists and tuples of float32 or float64 arrays.
            They are updated in place and must not share memory.
        overrides: hyperparameters for some leaves, by a glob pattern on a leaf's path:
            `{"*/bias": {"weight_decay": 0.0}}`. A later pattern wins.
        on_nonfinite: what a gradient with an infinity or NaN does. "propagate" (the default, as in
            every library), "raise" `NonFiniteError`, or "skip" the whole step; with the last two
            nothing is changed.
        engine: "cpu" (compiled, one fused pass over all parameters) or "interpret" (NumPy,
            operation by operation; slow and obvious).

    Attributes:
        rule: the rule, with the values it was given.
        hyper: hyperparameters to read and set between steps.
        skipped: how many steps "skip" has skipped.
    """

    def __init__(
        self,
        rule: Piece | Chain,
        params: Any,
        *,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        on_nonfinite: str = "propagate",
        engine: str = "cpu",
    ):
        choose("engine", engine, ENGINES)
        choose("on_nonfinite", on_nonfinite, NONFINITE)
        self.rule = as_rule(rule)
        self.params = params
        self.on_nonfinite = on_nonfinite
        self.program = lower(build(self.rule))
        self.tensors = [Tensor(path, leaf) for path, leaf in tree.check_parameters(params)]
        self.paths = [tensor.path for tensor in self.tensors]
        self.hyper = Hyper(self.rule)
        self.overrides = read_overrides(self.hyper, overrides, self.paths)
        self.step_count = 0
        self.skipped = 0
        self._saved: list[Any] | None = None
        self._flatten = tree.flattener(params)
        # Leaves with the same overrides share their values, and so their scalars.
        self._group_overrides = [dict(pairs) for pairs in dict.fromkeys(map(_key, self.overrides))]
        self._groups_of = [self._group_overrides.index(override) for override in self.overrides]
        self._engine = make_engine(engine, self.program, self.tensors, self._groups_of)
        self._version = -1

    @property
    def engine(self) -> str:
        """The name of the engine that steps: "cpu" or "interpret"."""
        return self._engine.name

    # Stepping -----------------------------------------------------------------------------------

    def step(self, grads: Any) -> None:
        """Take one step. `grads` has the nesting, shapes and types of the parameters.

        A leaf (or a whole branch) that is None is left alone and its clock stands.
        Raises `TreeError` for gradients that do not fit, `NonFiniteError` with
        `on_nonfinite="raise"`; then nothing was changed.
        """
        if self._saved is not None:
            raise StateError(
                "the parameters are evaluation weights now; step outside evaluating()."
            )
        if self._version != self.hyper.version:
            self._set_values()
        # The quick way is taken on trust: the engine itself looks at every gradient, and says no
        # to all that is not plainly right. The other way says what is wrong, or mends it.
        gradients = self._flatten(grads) if self.on_nonfinite == "propagate" else None
        if gradients is None or not self._engine.step(gradients, self.step_count + 1):
            adapted = self._engine.adapt(self._gradients(grads))
            if self.on_nonfinite != "propagate" and not self._finite(adapted):
                self.skipped += 1
                return
            if not self._engine.step(adapted, self.step_count + 1):
                raise EngineError("the engine refuses gradients that it has adapted itself.")
        self.step_count += 1

    def _set_values(self) -> None:
        """Hand the engine the hyperparameters of this step, as numbers."""
        values = [
            self.hyper.at(self.step_count + 1, override) for override in self._group_overrides
        ]
        self._engine.set_values(values)
        given = [*self.hyper.values(), *(v for o in self._group_overrides for v in o.values())]
        # Schedules have a new value at every step: then no version is ever the last.
        scheduled = any(isinstance(value, Schedule) for value in given)
        self._version = -1 if scheduled else self.hyper.version

    def inspect(
        self, grads: Any, path: str | None = None, index: tuple[int, ...] | None = None
    ) -> dict[str, Any]:
        """Every named quantity of the rule, in float64, as the next step with `grads` computes it.

        Nothing is stepped. `path` names the leaf (the first by default). With `index` the values
        are numbers, at that element; without it they are arrays, or numbers where they are scalar.
        """
        path = self.paths[0] if path is None else path
        if path not in self.paths:
            raise NotFoundError(f"there is no parameter {path!r}. {nearest(path, self.paths)}")
        leaf = self.paths.index(path)
        gradients = self._gradients(grads)
        if gradients[leaf] is None:
            return {}
        self._engine.pull()
        groups = self._groups(gradients)
        for group in groups:
            for tensor in group.tensors:
                interpret.make_slots(self.program, tensor, group.values)
        self._engine.push()
        evaluators = interpret.evaluators_for(
            self.program, groups, self.step_count + 1, dtype=np.float64
        )
        order = [tensor.path for group in groups for tensor in group.tensors]
        evaluate = evaluators[order.index(path)]
        shape = self.tensors[leaf].parameter.shape
        found = {"gradient" if "g" in self.program.names else "g": evaluate.inputs["gradient", "g"]}
        with np.errstate(all="ignore"):
            found |= {name: evaluate(node) for name, node in self.program.names.items()}
        if index is None:
            return found
        return {name: float(np.broadcast_to(value, shape)[index]) for name, value in found.items()}

    def _gradients(self, grads: Any) -> list[Any]:
        """The gradients in the order of the leaves, checked."""
        gradients = tree.match(self.params, grads, self.paths, "grads")
        for tensor, gradient in zip(self.tensors, gradients, strict=True):
            if gradient is not None:
                tree.check_gradient(tensor.path, gradient, tensor.parameter)
        return gradients

    def _finite(self, gradients: Sequence[Any]) -> bool:
        """Whether all gradients are finite; raises `NonFiniteError` where that was asked for."""
        counts = self._engine.nonfinite(gradients)
        for tensor, gradient, bad in zip(self.tensors, gradients, counts, strict=True):
            if bad and self.on_nonfinite == "raise":
                raise NonFiniteError(
                    f"the gradient of {tree.shown(tensor.path)} holds {bad} values that are "
                    f"not finite, of {gradient.size}; nothing was stepped."
                )
        return not any(counts)

    def _groups(self, gradients: list[Any]) -> list[Group]:
        """Tensors with a gradient, gathered by the values of their hyperparameters at this step."""
        groups: dict[tuple[float, ...], Group] = {}
        for tensor, gradient, override in zip(self.tensors, gradients, self.overrides, strict=True):
            if gradient is not None:
                values = self.hyper.at(self.step_count + 1, override)
                group = groups.setdefault(tuple(values.values()), Group(values, [], []))
                group.tensors.append(tensor)
                group.gradients.append(gradient)
        return list(groups.values())

    # Looking ------------------------------------------------------------------------------------

    @property
    def state(self) -> dict[str, Any]:
        """By slot, the parameters' nesting of arrays; None before a leaf's first gradient."""
        self._engine.pull()
        return {
            name: tree.rebuild(self.params, [tensor.slots.get(name) for tensor in self.tensors])
            for name in self.program.slots
        }

    @property
    def steps(self) -> Any:
        """How many steps each leaf has taken, in the parameters' nesting."""
        self._engine.pull()
        return tree.rebuild(self.params, [tensor.t for tensor in self.tensors])

    def watch(
        self, quantities: Mapping[str, str | Sequence[str]] | None, *, every: int = 1
    ) -> None:
        """Measure named quantities of the rule while stepping, in the same pass; None stops it.

        For example `{"m_hat": "rms", "rate": ("p05", "p95"), "update": "below 1e-8"}`;
        `adamas.scope.watch` lists the statistics. Steps 1, 1 + every, ... are measured; steps that
        are not cost nothing more. Read `watched` afterwards.
        """
        if every < 1 or every != int(every):
            raise OptionError(f"every is a whole number of at least 1; got {every!r}.")
        self._engine.pull()
        plain = self._engine.plain if isinstance(self._engine, Watched) else self._engine
        if quantities is None:
            self._engine = plain
        else:
            asked = watch(self.program, quantities)
            looking = make_engine(plain.name, self.program, self.tensors, self._groups_of, asked)
            self._engine = Watched(plain, looking, every)
        plain.push()
        self._version = -1

    @property
    def watched(self) -> Readings:
        """What the last measured step measured: quantity, statistic, path of the parameter."""
        if not isinstance(self._engine, Watched):
            raise StateError("nothing is watched. Call watch({'update': 'rms'}) before stepping.")
        return {} if self._engine.last is None else self._engine.watching.readings()

    def explain(self) -> str:
        """Which code steps these parameters, on what, and why not faster code."""
        return self._engine.explain()

    def __repr__(self) -> str:
        return describe(self)

    # Evaluation weights -------------------------------------------------------------------------

    @contextmanager
    def evaluating(self) -> Iterator[Any]:
        """Inside the block the parameters hold the evaluation weights; yields the parameters.

        Afterwards they are what they were, bit for bit. A rule without evaluation weights
        evaluates with the parameters themselves.
        """
        if self._saved is not None:
            raise StateError("evaluating() is active already.")
        self._engine.pull()
        weights = [
            interpret.evaluation_weights(
                self.program, tensor, self.hyper.at(self.step_count, override)
            )
            for tensor, override in zip(self.tensors, self.overrides, strict=True)
        ]
        self._saved = [
            None if weight is None else tensor.parameter.copy()
            for tensor, weight in zip(self.tensors, weights, strict=True)
        ]
        try:
            for tensor, weight in zip(self.tensors, weights, strict=True):
                if weight is not None:
                    tensor.parameter[...] = weight
            yield self.params
        finally:
            for tensor, saved in zip(self.tensors, self._saved, strict=True):
                if saved is not None:
                    tensor.parameter[...] = saved
            self._saved = None

    # State --------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything but the parameters that a later run needs to continue; arrays are copies."""
        from adamas.numpy.storage import state_of

        self._engine.pull()
        return state_of(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state_dict()`.

        Raises `StateError` where it does not fit; then nothing was changed.
        """
        from adamas.numpy.storage import restore

        restore(self, state)
        self._engine.push()


def _key(override: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted(override.items()))
