"""State that outlives a process: dicts of arrays, and one safetensors file written atomically."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from adamas.engines.work import slot_type
from adamas.errors import StateError
from adamas.graph.program import build, identity
from adamas.language.schedule import Schedule, parse

if TYPE_CHECKING:
    from adamas.engines.work import Tensor
    from adamas.numpy.optimizer import Optimizer

FORMAT = 1


def state_of(optimizer: Optimizer) -> dict[str, Any]:
    """Rule, hyperparameters, clocks and slots; see `Optimizer.state_dict`."""
    return {
        "format": FORMAT,
        "rule": {
            "name": optimizer.rule.name,
            "identity": identity(build(optimizer.rule)),
        },
        "hyperparameters": {name: _written(value) for name, value in optimizer.hyper.items()},
        "step": optimizer.step_count,
        "skipped": optimizer.skipped,
        "steps": {tensor.path: tensor.t for tensor in optimizer.tensors},
        "slots": {
            tensor.path: {
                name: value.copy() if isinstance(value, np.ndarray) else value
                for name, value in tensor.slots.items()
            }
            for tensor in optimizer.tensors
        },
    }


def restore(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Take over a state that fits; raises `StateError` before anything is changed."""
    try:
        saved_rule, hyper = state["rule"], state["hyperparameters"]
        steps, slots, step, skipped = (
            state["steps"],
            state["slots"],
            state["step"],
            state["skipped"],
        )
        form = state["format"]
    except (KeyError, TypeError) as error:
        raise StateError(
            f"this is not the state of an adamas optimizer: {error} is missing."
        ) from error
    if form != FORMAT:
        raise StateError(f"the state has format {form}; this version of adamas reads {FORMAT}.")
    if saved_rule["identity"] != identity(build(optimizer.rule)):
        raise StateError(
            f"the state was written by {saved_rule['name']!r} and this optimizer runs "
            f"{optimizer.rule.name!r}, which computes something else. "
            f"Make the optimizer with the same rule."
        )
    values = {
        name: optimizer.hyper.check(name, _read(value, optimizer.hyper.get(name)))
        for name, value in hyper.items()
    }
    expected, given = set(optimizer.paths), set(steps)
    if expected != given:
        missing = ", ".join(sorted(expected - given)) or "none"
        unknown = ", ".join(sorted(given - expected)) or "none"
        raise StateError(
            f"the state has other parameters: missing in it: {missing}; unknown here: {unknown}."
        )
    loaded = {
        tensor.path: _check_slots(optimizer, tensor, slots.get(tensor.path, {}))
        for tensor in optimizer.tensors
    }
    for name, value in values.items():
        optimizer.hyper[name] = value
    optimizer.step_count, optimizer.skipped = int(step), int(skipped)
    for tensor in optimizer.tensors:
        tensor.t = int(steps[tensor.path])
        tensor.slots = loaded[tensor.path]
        tensor.fresh = set(tensor.slots) if tensor.t == 0 else set()


def _check_slots(optimizer: Optimizer, tensor: Tensor, slots: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of a tensor's slots in the type they are stored in."""
    found: dict[str, Any] = {}
    known = optimizer.program.slots
    for name, value in slots.items():
        if name not in known:
            raise StateError(
                f"the state of {tensor.path!r} has a slot {name!r} that the rule has not."
            )
        if not known[name].element:
            found[name] = float(value)
            continue
        kind = slot_type(tensor.parameter.dtype)
        array = np.asarray(value)
        if array.shape != tensor.parameter.shape or array.dtype != kind:
            raise StateError(
                f"the slot {name!r} of {tensor.path!r} has shape {array.shape} and type "
                f"{array.dtype}; the parameter needs {tensor.parameter.shape} and {kind}."
            )
        found[name] = array.copy()
    if found and set(found) != set(known):
        missing = ", ".join(sorted(set(known) - set(found)))
        raise StateError(f"the state of {tensor.path!r} has no slot {missing}.")
    return found


def _written(value: Any) -> Any:
    return {"schedule": repr(value)} if isinstance(value, Schedule) else float(value)


def _read(value: Any, present: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    # A schedule of the author's own cannot be parsed, but the optimizer may have been made with it.
    same = isinstance(present, Schedule) and repr(present) == value["schedule"]
    return present if same else parse(value["schedule"])


# Files -----------------------------------------------------------------------------------------


def save(path: str | os.PathLike[str], optimizer: Optimizer) -> None:
    """Write parameters and state as one safetensors file; a crash leaves the old file or the new.

    Arrays are named `parameters/PATH` and `slots/SLOT/PATH`; everything else is JSON in the
    file's metadata under "adamas".
    """
    from safetensors.numpy import save as to_bytes

    _refuse_while_evaluating(optimizer)
    state = optimizer.state_dict()
    slots = state.pop("slots")
    arrays = {
        _name("parameters", t.path): np.asarray(t.parameter, order="C") for t in optimizer.tensors
    }
    scalars: dict[str, dict[str, float]] = {}
    for leaf, by_name in slots.items():
        for name, value in by_name.items():
            if isinstance(value, np.ndarray):
                arrays[_name("slots", name, leaf)] = np.asarray(value, order="C")
            else:
                scalars.setdefault(leaf, {})[name] = value
    state["scalar_slots"] = scalars
    _replace(Path(path), to_bytes(arrays, metadata={"adamas": json.dumps(state)}))


def load(path: str | os.PathLike[str], optimizer: Optimizer) -> None:
    """Read what `save` wrote into the optimizer and, in place, into its parameters.

    Training continues bit for bit. Raises `StateError` where the file does not fit the optimizer,
    with nothing changed.
    """
    from safetensors import SafetensorError, safe_open

    _refuse_while_evaluating(optimizer)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise StateError(f"{path} is not a safetensors file, or is cut off: {error}.") from error
    if "adamas" not in metadata:
        raise StateError(f"{path} is a safetensors file that adamas did not write.")
    state = json.loads(metadata["adamas"])
    slots: dict[str, dict[str, Any]] = {leaf: {} for leaf in state["steps"]}
    for leaf, by_name in state.pop("scalar_slots").items():
        slots[leaf].update(by_name)
    for full in arrays:
        kind, _, rest = full.partition("/")
        if kind == "slots":
            name, _, leaf = rest.partition("/")
            slots[leaf][name] = arrays[full]
    state["slots"] = slots
    parameters = {
        tensor.path: arrays.get(_name("parameters", tensor.path)) for tensor in optimizer.tensors
    }
    for tensor in optimizer.tensors:
        saved = parameters[tensor.path]
        if saved is not None and (
            saved.shape != tensor.parameter.shape or saved.dtype != tensor.parameter.dtype
        ):
            raise StateError(
                f"{path}: the parameter {tensor.path!r} has shape {saved.shape} and type "
                f"{saved.dtype}; here it has {tensor.parameter.shape} and {tensor.parameter.dtype}."
            )
    optimizer.load_state_dict(state)
    for tensor in optimizer.tensors:
        tensor.parameter[...] = parameters[tensor.path]


def _refuse_while_evaluating(optimizer: Optimizer) -> None:
    if optimizer._saved is not None:
        raise StateError(
            "the parameters are evaluation weights now; save and load outside evaluating()."
        )


def _name(*parts: str) -> str:
    return "/".join(parts)


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside `path` and move it there, so that no reader ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile.mkstemp, whose files no other user may read.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
