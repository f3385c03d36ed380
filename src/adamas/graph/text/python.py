"""Python from a Program: one NumPy function of arrays and numbers that can be run as it stands."""

from __future__ import annotations

from adamas.graph.program import Program, nodes
from adamas.graph.text.printer import Notation, Printer, plain_number
from adamas.graph.text.statements import statements
from adamas.language.expression import Expression, Input

ROW = "tuple(range(1, np.ndim(p))) or None"
SIZES = {
    "tensor": "p.size",
    "all": "total_size",
    "row": "(p.size // len(p) if np.ndim(p) > 1 else p.size)",
    "axes": "np.ndim(p)",
}

PYTHON = Notation(
    forms={
        "add": "{0} + {1}",
        "sub": "{0} - {1}",
        "mul": "{0} * {1}",
        "times": "{0} * {1}",
        "div": "{0} / {1}",
        "pow": "{0} ** {1}",
        "neg": "-{0}",
        "abs": "np.abs({0})",
        "sign": "np.sign({0})",
        "sqrt": "np.sqrt({0})",
        "exp": "np.exp({0})",
        "expm1": "np.expm1({0})",
        "log": "np.log({0})",
        "cos": "np.cos({0})",
        "floor": "np.floor({0})",
        "minimum": "np.minimum({0}, {1})",
        "maximum": "np.maximum({0}, {1})",
        "lt": "{0} < {1}",
        "le": "{0} <= {1}",
        "gt": "{0} > {1}",
        "ge": "{0} >= {1}",
        "eq": "{0} == {1}",
        "ne": "{0} != {1}",
        "where": "np.where({0}, {1}, {2})",
        "sum_tensor": "np.sum({0}, dtype=np.float64)",
        "sum_of_squares_tensor": "np.sum(np.square({0}, dtype=np.float64))",
        "largest_tensor": "np.max({0})",
        "sum_row": f"np.sum({{0}}, axis={ROW}, dtype=np.float64, keepdims=True)",
    },
    bracket=lambda text: f"({text})",
    encloses=frozenset(),
    number=plain_number,
)


def python(program: Program) -> str:
    """A function named after the rule: `p, g`, slots, clocks, hyperparameters in, p and slots out.

    A condition on a slot's first use is an argument `first`. Reductions over all tensors are
    arguments too, because the function sees one tensor.
    """
    writer = _Writer(program)
    body = writer.lines()
    outputs = ["p", *program.slots]
    used = {n.value for n in nodes(*program.outputs.values()) if n.op == "input"}
    clocks = [name for name in ("t", "step") if ("clock", name) in used]
    whole = ["total_size"] if ("size", "all") in used else []
    first = ["first"] if any(value.role == "first" for value in used) else []
    arguments = ["p", "g", *(identifier(s) for s in program.slots), *clocks, *first]
    arguments += [*whole, *writer.globals.values()]
    hyper = [identifier(name) for name in program.hyper]
    signature = ", ".join(arguments) + (", *, " + ", ".join(hyper) if hyper else "")
    name = identifier(program.name.replace(", ", "_").replace("(", "_").rstrip(")"))
    lines = ["import numpy as np", "", "", f"def {name}({signature}):"]
    lines += [f"    {line}" for line in body]
    lines.append(f"    return {', '.join(identifier(output) for output in outputs)}")
    return "\n".join(lines)


def identifier(name: str) -> str:
    """A full name as a Python identifier."""
    return name.replace(".", "_").replace("#", "_")


class _Writer:
    def __init__(self, program: Program):
        self.program = program
        self.globals: dict[Expression, str] = {}
        for node in nodes(*program.outputs.values()):
            if node.op == "reduce" and node.value.scope == "all":
                self.globals[node] = f"global_{node.value.kind}_{len(self.globals) + 1}"

    def lines(self) -> list[str]:
        listed = statements(self.program)
        assigned: set[str] = set()
        needed: list[str] = []

        def read(value: Input) -> str:
            name = identifier(value.name)
            if value.role == "size":
                return SIZES[value.name]
            if value.role == "first":
                return "first"
            if value.name in assigned:
                # The author's line read the old value after its name was given a new one.
                if name not in needed:
                    needed.append(name)
                return f"{name}_before"
            return name

        known: dict[Expression, str] = dict(self.globals)
        printer = Printer(PYTHON, known, read)
        body = []
        for statement in listed:
            taken = known.get(statement.value)
            text = taken if taken is not None else printer(statement.value, inside=True)
            body.append(f"{identifier(statement.name)} = {text}")
            known.setdefault(statement.value, identifier(statement.name))
            assigned.add(statement.name)
        return [f"{name}_before = {name}" for name in needed] + body
