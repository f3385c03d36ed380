"""Programs: what a rule or chain computes in one step, as a graph; and how one is built."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adamas.errors import RuleError
from adamas.language.capture import Captured, capture
from adamas.language.chain import Chain, as_rule, full_name
from adamas.language.declare import Shared, Start
from adamas.language.expression import Expression, Input, input_
from adamas.language.rule import CLOCKS, Piece

TENSOR_SIZE = Input("size", "tensor")


@dataclass(frozen=True, eq=False)
class Program:
    """One step of a rule, as expressions of its inputs.

    outputs   "p" and each slot, their values after the step; "delta", the change of p, where known
    slots     how each slot starts
    names     every named quantity: the author's locals, and "update", the change of p
    weights   the weights to evaluate with, in terms of p and slots after a step; None: p itself
    hyper     the names of the hyperparameters that are inputs
    """

    name: str
    outputs: Mapping[str, Expression]
    slots: Mapping[str, Start]
    names: Mapping[str, Expression]
    weights: Expression | None
    hyper: tuple[str, ...]

    def roots(self) -> Iterator[Expression]:
        """Every expression the Program holds on to."""
        yield from self.outputs.values()
        yield from self.names.values()
        if self.weights is not None:
            yield self.weights

    def rewrite(self, function: Callable[[Expression], Expression]) -> Program:
        """The Program with `function` applied to every node, operands first; names follow."""
        known: dict[Expression, Expression] = {}

        def visit(node: Expression) -> Expression:
            if node not in known:
                args = tuple(visit(argument) for argument in node.args)
                changed = any(new is not old for new, old in zip(args, node.args, strict=True))
                known[node] = function(with_args(node, args) if changed else node)
            return known[node]

        return replace(
            self,
            outputs={name: visit(node) for name, node in self.outputs.items()},
            names={name: visit(node) for name, node in self.names.items()},
            weights=None if self.weights is None else visit(self.weights),
        )


def with_args(node: Expression, args: tuple[Expression, ...]) -> Expression:
    """The same operation on other operands."""
    return Expression(node.op, args, node.value, node.line)


def nodes(*roots: Expression) -> list[Expression]:
    """All nodes below `roots`, operands before what uses them, each once."""
    seen: set[Expression] = set()
    order: list[Expression] = []

    def visit(node: Expression) -> None:
        if node not in seen:
            seen.add(node)
            for argument in node.args:
                visit(argument)
            order.append(node)

    for root in roots:
        visit(root)
    return order


def build(rule: Piece | Chain) -> Program:
    """The Program of a rule or chain; depends on its structure only, never on bound values."""
    chain = as_rule(rule)
    shared = tuple(
        tuple(isinstance(value, Shared) for value in piece.values.values())
        for piece in chain.pieces
    )
    return _build(_Structure(chain, (tuple(piece.function for piece in chain.pieces), shared)))


@dataclass(frozen=True)
class _Structure:
    """A chain, compared by its functions alone: Programs are kept per structure."""

    chain: Chain
    key: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Structure) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@functools.lru_cache(maxsize=256)
def _build(structure: _Structure) -> Program:
    from adamas.graph.passes.delta import delta_of

    chain = structure.chain
    builder = _Builder(chain)
    p, g = input_("parameter", "p"), input_("gradient", "g")
    update: Expression | None = None
    new_p = p
    for label, piece in zip(chain.labels, chain.pieces, strict=True):
        if piece.kind == "gradient":
            g = builder.run(label, piece, p=p, g=g)
        elif piece.kind == "rule":
            new_p = builder.run(label, piece, p=p, g=g)
        elif piece.kind == "update":
            update = builder.run(label, piece, p=p, g=g, u=delta_of(new_p, p))
            new_p = p + update
        else:
            builder.run(label, piece, p=new_p)
    outputs = {"p": new_p, **builder.outputs}
    names = {**builder.names, "p": new_p, "update": update if update is not None else new_p - p}
    if not (names["update"].element and new_p.element):
        raise RuleError(
            f"{chain.name}, {chain.rule.line}: the new parameter does not depend on p or g."
        )
    return Program(
        name=chain.name,
        outputs=outputs,
        slots=builder.slots,
        names=names,
        weights=builder.weights_after(new_p),
        hyper=tuple(chain.hyperparameters),
    )


class _Builder:
    """Captures the pieces of a chain one after the other and gathers what they define."""

    def __init__(self, chain: Chain):
        self.chain = chain
        self.clocks = {name: input_("clock", name) for name in CLOCKS}
        self.hyper = {name: input_("hyper", name) for name in chain.hyperparameters}
        self.slot_inputs: dict[str, Expression] = {}
        self.slots: dict[str, Start] = {}
        self.outputs: dict[str, Expression] = {}
        self.names: dict[str, Expression] = {}
        self.weights: tuple[Piece, Expression] | None = None

    def run(self, label: str, piece: Piece, **streams: Expression) -> Expression:
        """Capture one piece; returns the new p, g or u (for observers the p they saw)."""
        inputs = {**streams, **self.clocks}
        for name, start in piece.signature.slots.items():
            role = "slot" if start.element else "scalar_slot"
            slot = full_name(label, name)
            self.slot_inputs[slot] = inputs[name] = input_(role, slot)
            self.slots[slot] = Start(start.element, self._localise(label, piece, start.value))
        for name in piece.hyperparameters:
            inputs[name] = self._hyperparameter(label, piece, name)
        captured = capture(piece, inputs)
        self._gather(label, piece, captured)
        if captured.result is None:
            return streams["p"]
        return captured.result

    def _hyperparameter(self, label: str, piece: Piece, name: str) -> Expression:
        """The input that a piece's hyperparameter reads: its own, or the rule's if it is shared."""
        shared = isinstance(piece.values[name], Shared)
        return self.hyper[name if shared else full_name(label, name)]

    def _localise(self, label: str, piece: Piece, start: Expression) -> Expression:
        """A slot's start, its hyperparameter symbols replaced by the chain's inputs."""
        if start.op == "input" and start.value.role == "hyper":
            if start.value.name not in piece.hyperparameters:
                raise RuleError(
                    f"{piece.name}, {piece.line}: a slot starts from {start.value.name!r}, "
                    f"which is not a hyperparameter of {piece.name}."
                )
            return self._hyperparameter(label, piece, start.value.name)
        if not start.args:
            return start
        return with_args(start, tuple(self._localise(label, piece, arg) for arg in start.args))

    def _gather(self, label: str, piece: Piece, captured: Captured) -> None:
        for name, value in captured.slots.items():
            self.outputs[full_name(label, name)] = value
        for name, value in captured.names.items():
            if name == "p" or (label and name in ("g", "u")):
                continue
            self.names[full_name(label, name)] = value
        if captured.weights is not None:
            if self.weights is not None:
                raise RuleError(
                    f"{self.chain.name}: both {self.weights[0].name} and {piece.name} define "
                    f"evaluation weights. Keep one of them."
                )
            self.weights = piece, captured.weights

    def weights_after(self, new_p: Expression) -> Expression | None:
        """The evaluation weights with every output replaced by the input it will be read from."""
        if self.weights is None:
            return None
        piece, root = self.weights
        later = [other.name for other in self.chain.pieces if other.kind == "update"]
        if piece.kind == "rule" and later:
            raise RuleError(
                f"{self.chain.name}: {piece.name} evaluates with weights made from the p it "
                f"returns, which {later[0]} changes afterwards. Change the gradient instead, "
                f"before the rule."
            )
        after = {new_p: input_("parameter", "p")}
        after |= {value: self.slot_inputs[slot] for slot, value in self.outputs.items()}
        missing: list[Expression] = []

        def visit(node: Expression) -> Expression:
            if node in after:
                return after[node]
            if node.op == "reduce" and node.value.scope == "all":
                raise RuleError(
                    f"{piece.name}, {node.line}: evaluate() is computed for one tensor at a time; "
                    f"it cannot use a reduction over all tensors."
                )
            if node.op == "input" and node.value.role != "hyper" and node.value != TENSOR_SIZE:
                missing.append(node)
            return with_args(node, tuple(visit(argument) for argument in node.args))

        rewritten = visit(root)
        if missing:
            names = ", ".join(sorted({repr(node.value.name) for node in missing}))
            raise RuleError(
                f"{piece.name}, {piece.line}: evaluate() is computed later, from the new p and the "
                f"new slots; it cannot use the old {names}."
            )
        return rewritten


def canonical(program: Program) -> list[Any]:
    """The Program's structure as plain lists, equal for the same mathematics in the same order."""
    roots = [*program.outputs.values(), *([] if program.weights is None else [program.weights])]
    roots += [start.value for start in program.slots.values()]
    order = nodes(*roots)
    index = {node: number for number, node in enumerate(order)}
    value = {
        node: list(node.value) if isinstance(node.value, tuple) else node.value for node in order
    }
    listed = [[node.op, [index[arg] for arg in node.args], value[node]] for node in order]
    return [listed, [index[root] for root in roots], list(program.outputs), list(program.slots)]


def identity(program: Program) -> str:
    """A digest of the structure: equal for rules that compute the same in the same way."""
    return hashlib.sha256(json.dumps(canonical(program)).encode()).hexdigest()[:16]
