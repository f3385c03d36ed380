"""What an optimizer says of itself: rule, hyperparameters, parameters, slots and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adamas.engines.work import slot_type
from adamas.language.schedule import Schedule

if TYPE_CHECKING:
    from adamas.numpy.optimizer import Optimizer


def describe(optimizer: Optimizer) -> str:
    """A few lines: the rule, its values, how much it steps and how much it stores."""
    tensors = optimizer.tensors
    elements = sum(tensor.parameter.size for tensor in tensors)
    own = sum(tensor.parameter.nbytes for tensor in tensors)
    types = ", ".join(sorted({str(tensor.parameter.dtype) for tensor in tensors}))
    slots = optimizer.program.slots
    stored = sum(
        tensor.parameter.size * slot_type(tensor.parameter.dtype).itemsize if start.element else 8
        for tensor in tensors
        for start in slots.values()
    )
    overridden = sum(1 for override in optimizer.overrides if override)
    rows = {
        "hyperparameters": ", ".join(f"{k}={number(v)}" for k, v in optimizer.hyper.items())
        or "none",
        "parameters": f"{_count(len(tensors), 'tensor')}, {_count(elements, 'element')}, "
        f"{types}, {size(own)}",
        "slots": f"{', '.join(slots)} ({size(stored)})" if slots else "none",
        "steps": f"{optimizer.step_count:,}",
    }
    if overridden:
        rows["overrides"] = f"on {_count(overridden, 'tensor')}"
    width = max(len(name) for name in rows)
    lines = [f"Optimizer({optimizer.program.name}, engine={optimizer.engine!r})"]
    lines += [f"  {name:<{width}}  {value}" for name, value in rows.items()]
    return "\n".join(lines)


def number(value: Any) -> str:
    """A hyperparameter's value as short as it can be written."""
    return repr(value) if isinstance(value, Schedule) else f"{value:g}"


def size(count: float) -> str:
    """A number of bytes with three digits and a unit of 1,000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.3g} {unit}"


def _count(number_of: int, what: str) -> str:
    return f"{number_of:,} {what}{'' if number_of == 1 else 's'}"
