"""Mathematics from a Program: plain text for a terminal, LaTeX for a paper."""

from __future__ import annotations

from collections.abc import Callable

from adamas.graph.program import Program
from adamas.graph.text.glossary import SUPERSCRIPTS, latex_name, unicode_name
from adamas.graph.text.printer import ATOM, POWER, Notation, Printer, plain_number
from adamas.graph.text.statements import statements, varies
from adamas.language.expression import Expression, Input

Namer = Callable[[str, str], str]

# Elements of a tensor, of all tensors and of a row; the number of axes.
SIZES = {"tensor": "n", "all": "N", "row": "k", "axes": "axes"}

PLAIN = Notation(
    forms={
        "add": "{0} + {1}",
        "sub": "{0} − {1}",
        "mul": "{0} {1}",
        "times": "{0} · {1}",
        "div": "{0} / {1}",
        "pow": "{0}^{1}",
        "neg": "−{0}",
        "abs": "|{0}|",
        "sign": "sign({0})",
        "sqrt": "√({0})",
        "exp": "exp({0})",
        "expm1": "expm1({0})",
        "log": "log({0})",
        "cos": "cos({0})",
        "floor": "⌊{0}⌋",
        "minimum": "min({0}, {1})",
        "maximum": "max({0}, {1})",
        "lt": "{0} < {1}",
        "le": "{0} ≤ {1}",
        "gt": "{0} > {1}",
        "ge": "{0} ≥ {1}",
        "eq": "{0} = {1}",
        "ne": "{0} ≠ {1}",
        "where": "{{{1} if {0}, else {2}}}",
        "sum_tensor": "Σ({0})",
        "sum_of_squares_tensor": "‖{0}‖²",
        "largest_tensor": "max({0})",
        "sum_row": "Σ_row({0})",
        "sum_all": "Σ_all({0})",
        "sum_of_squares_all": "‖{0}‖²_all",
        "largest_all": "max_all({0})",
    },
    bracket=lambda text: f"({text})",
    encloses=frozenset(),
    number=lambda value: plain_number(value).replace("-", "−"),
)

LATEX = Notation(
    forms={
        "add": "{0} + {1}",
        "sub": "{0} - {1}",
        "mul": r"{0} \, {1}",
        "times": r"{0} \cdot {1}",
        "div": r"\frac{{{0}}}{{{1}}}",
        "pow": "{0}^{{{1}}}",
        "neg": "-{0}",
        "abs": r"\left|{0}\right|",
        "sign": r"\operatorname{{sign}}\left({0}\right)",
        "sqrt": r"\sqrt{{{0}}}",
        "exp": r"\exp\left({0}\right)",
        "expm1": r"\operatorname{{expm1}}\left({0}\right)",
        "log": r"\log\left({0}\right)",
        "cos": r"\cos\left({0}\right)",
        "floor": r"\left\lfloor {0} \right\rfloor",
        "minimum": r"\min\left({0}, {1}\right)",
        "maximum": r"\max\left({0}, {1}\right)",
        "lt": "{0} < {1}",
        "le": r"{0} \le {1}",
        "gt": "{0} > {1}",
        "ge": r"{0} \ge {1}",
        "eq": "{0} = {1}",
        "ne": r"{0} \ne {1}",
        "where": r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{else}} \end{{cases}}",
        "sum_tensor": r"\textstyle\sum {0}",
        "sum_of_squares_tensor": r"\left\lVert {0} \right\rVert^2",
        "largest_tensor": r"\max {0}",
        "sum_row": r"\textstyle\sum_{{\mathrm{{row}}}} {0}",
        "sum_all": r"\textstyle\sum_{{\mathrm{{all}}}} {0}",
        "sum_of_squares_all": r"\left\lVert {0} \right\rVert^2_{{\mathrm{{all}}}}",
        "largest_all": r"\max_{{\mathrm{{all}}}} {0}",
    },
    bracket=lambda text: rf"\left({text}\right)",
    encloses=frozenset({"div", "sqrt"}),
    number=lambda value: _latex_number(value),
)


def mathematics(program: Program) -> str:
    """One line per line of the author's, in plain Unicode text."""
    rows = list(_rows(program, _PlainPrinter, unicode_name))
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"{left:>{width}} = {right}" for left, right in rows)


def latex(program: Program) -> str:
    """An `align*` environment with one line per line of the author's."""
    rows = list(_rows(program, _LatexPrinter, latex_name))
    lines = " \\\\\n".join(rf"  {left} &= {right}" for left, right in rows)
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def _rows(program: Program, make: type[_MathPrinter], namer: Namer) -> list[tuple[str, str]]:
    listed = statements(program)
    names = {
        statement.value: namer(
            _short(program, statement.name), "t" if varies(statement.value) else ""
        )
        for statement in reversed(listed)
        if statement.value.args  # what a slot takes over unchanged keeps its own name
    }
    printer = make(program, names, namer)
    rows = []
    for statement in listed:
        left = namer(_short(program, statement.name), "t" if varies(statement.value) else "")
        rows.append((left, printer(statement.value, inside=left == names.get(statement.value))))
    if program.weights is not None:
        after = make(program, {}, namer)
        after.old = "t"
        right = after(program.weights)
        same = [name for name, text in rows if text == right]
        rows.append((namer("evaluate", ""), same[0] if same else right))
    return rows


def _short(program: Program, name: str) -> str:
    """`average.x` → x, where no other name of the Program ends in x."""
    last = name.rpartition(".")[2]
    everything = {*program.names, *program.outputs, *program.hyper, *program.slots, "g", "p"}
    return last if sum(1 for other in everything if other.rpartition(".")[2] == last) == 1 else name


class _MathPrinter(Printer):
    notation_of: Notation

    def __init__(self, program: Program, known: dict[Expression, str], namer: Namer):
        super().__init__(self.notation_of, known, self._input)
        self.program = program
        self.namer = namer
        self.old = "t-1"

    def _input(self, value: Input) -> str:
        if value.role in ("parameter", "slot", "scalar_slot"):
            return self.namer(_short(self.program, value.name), self.old)
        if value.role == "gradient":
            # Where a piece gives the rule another g, the name g is that one's.
            return self.namer("nabla" if "g" in self.program.names else "g", "t")
        if value.role == "clock":
            return value.name
        if value.role == "first":
            return f"{self._is_new(value.name)}"
        if value.role == "size":
            return self.size(value.name)
        return self.namer(_short(self.program, value.name), "")

    def _is_new(self, name: str) -> str:
        return f"{self.namer(_short(self.program, name), '')} is new"

    def size(self, name: str) -> str:
        return SIZES[name]


class _PlainPrinter(_MathPrinter):
    notation_of = PLAIN

    def _print(self, node: Expression, inside: bool = False) -> tuple[str, int]:
        # A square root of a name needs no brackets, and small powers are written above the line.
        if node.op == "sqrt" and (inside or node not in self.known):
            argument = node.args[0]
            if argument in self.known or argument.op in ("input", "constant"):
                return f"√{super()._print(argument)[0]}", ATOM
        if node.op == "pow" and (inside or node not in self.known):
            exponent = super()._print(node.args[1])[0]
            if exponent and all(ord(c) in SUPERSCRIPTS for c in exponent):
                base, tight = self._print(node.args[0])
                base = base if tight > POWER else f"({base})"
                return base + exponent.translate(SUPERSCRIPTS), POWER
        return super()._print(node, inside)


class _LatexPrinter(_MathPrinter):
    notation_of = LATEX

    def size(self, name: str) -> str:
        return rf"\mathrm{{{SIZES[name]}}}" if name == "axes" else SIZES[name]

    def _print(self, node: Expression, inside: bool = False) -> tuple[str, int]:
        # LaTeX refuses a second superscript: a name that has one is raised to a power in brackets.
        if node.op == "pow" and (inside or node not in self.known):
            base, tight = self._print(node.args[0])
            if tight <= POWER or _has_superscript(base):
                base = LATEX.bracket(base)
            return LATEX.forms["pow"].format(base, self._print(node.args[1])[0]), POWER
        return super()._print(node, inside)

    def _is_new(self, name: str) -> str:
        return rf"{self.namer(_short(self.program, name), '')} \text{{ is new}}"


def _has_superscript(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if letter == "^" and depth == 0:
            return True
    return False


def _latex_number(value: float) -> str:
    text = plain_number(value)
    if "e" in text:
        digits, _, power = text.partition("e")
        scale = f"10^{{{int(power)}}}"
        return scale if digits == "1" else rf"{digits} \cdot {scale}"
    return text
