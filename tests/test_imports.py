"""Imports point one way, and `import adamas` loads nothing heavier than NumPy."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "adamas"

# Each stage may import itself and what stands before it. Stages on one line know nothing of each
# other, except where BESIDE says so.
STAGES = [
    ["errors"],
    ["language"],
    ["rules", "graph", "scope"],
    ["engines", "dialects"],
    ["numpy", "torch", "jax", "keras"],
    ["lab"],
    ["report"],
    ["bench"],
    ["cli"],
]
# Files of the top level that belong to a stage.
FILES = {"schedules": "language", "symbols": "language", "errors": "errors"}
# Beside the list: what a stage may import, and nothing else.
BESIDE = {"workloads": {"errors", "language"}}
# Further imports that are meant, with the reason.
ALLOWED = {
    ("torch", "numpy"): "front ends share trees and storage",
    ("scope", "graph"): "what is watched is a quantity of a Program",
    ("lab", "workloads"): "the laboratory trains on workloads",
    ("report", "workloads"): "the report draws a workload's regions",
    ("cli", "workloads"): "the command line lists them",
}
HEAVY = [
    *("torch", "jax", "keras", "tensorflow", "optax", "llvmlite", "matplotlib", "sklearn"),
    *("pyarrow", "typer", "rich", "jinja2", "safetensors", "scipy", "pandas", "numba"),
]


def stage_of(module: str) -> str:
    """adamas.graph.passes.fold → graph; adamas.schedules → language; adamas → adamas."""
    parts = module.split(".")
    return FILES.get(parts[1], parts[1]) if len(parts) > 1 else "adamas"


def may_import(importer: str, imported: str) -> bool:
    if importer in (imported, "adamas") or (importer, imported) in ALLOWED:
        return True
    if importer in BESIDE:
        return imported in BESIDE[importer]
    levels = {name: level for level, names in enumerate(STAGES) for name in names}
    if imported not in levels or importer not in levels:
        return False
    return levels[imported] < levels[importer]


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import of an adamas module, those inside functions too: place, importer, imported."""
    for path in sorted(SOURCE.rglob("*.py")):
        relative = path.relative_to(SOURCE)
        parts = ["adamas", *relative.with_suffix("").parts]
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{relative}:{node.lineno}: a relative import"
                base = node.module or ""
                names = [f"{base}.{a.name}" if base == "adamas" else base for a in node.names]
            for name in names:
                if name.split(".")[0] == "adamas":
                    yield f"{relative}:{node.lineno}", module, name


def test_imports_point_down_the_list() -> None:
    found = list(imports())
    assert len(found) > 100
    wrong = [
        f"{place}: {stage_of(importer)} must not import {stage_of(imported)} ({imported})"
        for place, importer, imported in found
        if not may_import(stage_of(importer), stage_of(imported))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_a_stage() -> None:
    known = {name for names in STAGES for name in names} | set(BESIDE)
    folders = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= known
    files = {path.stem for path in SOURCE.glob("*.py")} - {"__init__"}
    assert files == set(FILES)


def test_the_walk_sees_what_it_must() -> None:
    assert not may_import("language", "graph")
    assert not may_import("graph", "engines")
    assert not may_import("graph", "rules")
    assert not may_import("workloads", "numpy")
    assert not may_import("engines", "numpy")
    assert not may_import("language", "adamas")
    assert may_import("numpy", "engines")
    assert may_import("cli", "report")


@pytest.mark.parametrize(
    "statement",
    [
        "import adamas",
        "import adamas.numpy",
        "import adamas.graph.text, adamas.schedules, adamas.symbols",
        "import adamas, adamas.numpy, numpy; x = numpy.ones(3);"
        "o = adamas.numpy.Optimizer(adamas.rules.adam, x, engine='interpret');"
        "o.step(x.copy()); repr(o); o.state_dict()",
    ],
)
def test_nothing_heavy_is_loaded(statement: str) -> None:
    code = f"import sys\n{statement}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert not set(run.stdout.split()) & set(HEAVY)
    assert "numpy" in run.stdout.split()
