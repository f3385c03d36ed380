"""Trees: nestings of dicts, lists and tuples of arrays, taken apart into leaves and rebuilt."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from adamas.errors import TreeError, nearest

FLOATS = ("float64", "float32", "float16", "bfloat16")


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """A node's children with their keys as text; None for a leaf."""
    if isinstance(tree, dict):
        return [(str(key), value) for key, value in tree.items()]
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(name, getattr(tree, name)) for name in tree._fields]
    if isinstance(tree, (list, tuple)):
        return [(str(index), value) for index, value in enumerate(tree)]
    return None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its path, keys joined by "/"; the path of a lone array is ""."""
    below = children(tree)
    if below is None:
        yield path, tree
        return
    for key, value in below:
        yield from leaves(value, f"{path}/{key}" if path else key)


def paths(tree: Any) -> list[str]:
    """The path of every leaf, in the order in which the tree is walked."""
    return [path for path, _ in leaves(tree)]


def rebuild(tree: Any, values: Sequence[Any]) -> Any:
    """A tree of the same nesting with `values` as leaves, in the order of `leaves`."""
    remaining = iter(values)

    def walk(node: Any) -> Any:
        below = children(node)
        if below is None:
            return next(remaining)
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        walked = [walk(value) for _, value in below]
        if hasattr(node, "_fields"):
            return type(node)(*walked)
        return walked if isinstance(node, list) else tuple(walked)

    return walk(tree)


def flattener(tree: Any) -> Callable[[Any], tuple[Any, ...] | None]:
    """A quick function from a tree of the same nesting to its leaves, or None where it differs.

    It checks the nesting and not the leaves. A step of a small model takes a few microseconds, of
    which walking the tree with `match` would be most.
    """
    quick = _flattener(tree)

    def flatten(other: Any) -> tuple[Any, ...] | None:
        try:
            return quick(other)
        except (LookupError, TypeError):
            return None

    return flatten


def _flattener(tree: Any) -> Callable[[Any], tuple[Any, ...]]:
    below = children(tree)
    if below is None:
        return lambda leaf: (leaf,)
    count = len(below)
    keys = list(tree) if isinstance(tree, dict) else list(range(count))
    parts = [None if children(value) is None else _flattener(value) for _, value in below]
    if not any(parts) and isinstance(tree, dict) and count > 1:
        all_keys = operator.itemgetter(*keys)

        def of_leaves(node: Any) -> tuple[Any, ...]:
            if type(node) is not dict or len(node) != count:
                raise LookupError
            found: tuple[Any, ...] = all_keys(node)
            return found

        return of_leaves
    kinds = (dict,) if isinstance(tree, dict) else (list, tuple)

    def flatten(node: Any) -> tuple[Any, ...]:
        if not isinstance(node, kinds) or len(node) != count:
            raise LookupError
        if not any(parts) and kinds[0] is list:
            return tuple(node)
        found: list[Any] = []
        for key, part in zip(keys, parts, strict=True):
            if part is None:
                found.append(node[key])
            else:
                found.extend(part(node[key]))
        return tuple(found)

    return flatten


def shown(path: str) -> str:
    """A leaf's path as messages show it."""
    return repr(path) if path else "the array"


def check_parameters(tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a parameter tree; a `TreeError` names the first that cannot be stepped."""
    found = list(leaves(tree))
    if not found:
        raise TreeError(
            "params holds no arrays. Give an array, or dicts, lists and tuples of arrays."
        )
    seen: set[str] = set()
    for path, leaf in found:
        if path in seen:
            raise TreeError(
                f"params has two leaves with the path {path!r}; keys must not hold '/'."
            )
        seen.add(path)
        check_parameter(path, leaf)
    check_memory(found)
    return found


def check_parameter(path: str, leaf: Any) -> None:
    """Raise `TreeError` unless `leaf` is a writeable float array that holds each element once."""
    if not isinstance(leaf, np.ndarray):
        advice = " Use numpy.asarray(value, dtype=numpy.float32)." if np.isscalar(leaf) else ""
        raise TreeError(
            f"params, {shown(path)}: a NumPy array is needed; got {type(leaf).__name__}.{advice}"
        )
    if leaf.dtype.name not in FLOATS or not leaf.dtype.isnative:
        raise TreeError(
            f"params, {shown(path)}: {', '.join(FLOATS)} is needed; got {leaf.dtype}. "
            f"Use array.astype(numpy.float32)."
        )
    if not leaf.flags.writeable:
        raise TreeError(
            f"params, {shown(path)}: the array is read-only and cannot be updated in place. "
            f"Give a copy."
        )
    if leaf.size and any(
        stride == 0 and length > 1 for stride, length in zip(leaf.strides, leaf.shape, strict=True)
    ):
        raise TreeError(
            f"params, {shown(path)}: several of its elements share one place in memory "
            f"(a broadcast view). Give a copy."
        )


def check_memory(found: Sequence[tuple[str, Any]]) -> None:
    """Raise `TreeError` where two leaves share memory: stepping one would move the other."""
    spans = []
    for path, leaf in found:
        if leaf.size:
            low, high = np.lib.array_utils.byte_bounds(leaf)
            spans.append((low, high, path, leaf))
    spans.sort(key=lambda span: span[0])
    reached: list[tuple[int, int, str, Any]] = []
    for span in spans:
        reached = [other for other in reached if other[1] > span[0]]
        for other in reached:
            if np.shares_memory(other[3], span[3]):
                raise TreeError(
                    f"params, {shown(other[2])} and {shown(span[2])} share memory, and would be "
                    f"stepped twice. Give one of them, or copies."
                )
        reached.append(span)


def match(tree: Any, other: Any, paths_: Sequence[str], what: str) -> list[Any]:
    """The leaves of `other` in the order of `tree`; None stands for None at every leaf below it.

    Raises `TreeError` that names the first place where the nesting differs.
    """
    found: list[Any] = []

    def walk(node: Any, given: Any, path: str) -> None:
        below = children(node)
        if below is None:
            if children(given) is not None:
                raise TreeError(
                    f"{what}, {shown(path)}: an array (or None) is needed; "
                    f"got {type(given).__name__}."
                )
            found.append(given)
            return
        if given is None:
            found.extend([None] * sum(1 for _ in leaves(node)))
            return
        offered = children(given)
        if offered is None:
            raise TreeError(
                f"{what}, {shown(path)}: the parameters have {_count(below)} here; "
                f"got {type(given).__name__}."
            )
        keyed = dict(offered)
        names = {key for key, _ in below}
        for key in keyed:
            if key not in names:
                raise TreeError(
                    f"{what}, {shown(path)}: the parameters have no {key!r} here. "
                    f"{nearest(key, names)}"
                )
        for key, value in below:
            if key not in keyed:
                raise TreeError(
                    f"{what}, {shown(path)}: {key!r} is missing. "
                    f"Give None for a parameter that has no gradient."
                )
            walk(value, keyed[key], f"{path}/{key}" if path else key)

    walk(tree, other, "")
    return found


def _count(below: Sequence[Any]) -> str:
    return f"{len(below)} entr{'y' if len(below) == 1 else 'ies'}"


def check_gradient(path: str, gradient: Any, parameter: Any) -> None:
    """Raise `TreeError` unless the gradient has the parameter's type and shape."""
    if type(gradient) is np.ndarray:
        if gradient.shape == parameter.shape and gradient.dtype == parameter.dtype:
            return
    elif not isinstance(gradient, np.ndarray):
        raise TreeError(
            f"grads, {shown(path)}: a NumPy array or None is needed; got {type(gradient).__name__}."
        )
    if gradient.shape != parameter.shape:
        raise TreeError(
            f"grads, {shown(path)}: the parameter has shape {parameter.shape}; "
            f"got a gradient of shape {gradient.shape}."
        )
    if gradient.dtype != parameter.dtype:
        raise TreeError(
            f"grads, {shown(path)}: the parameter is {parameter.dtype}; got a gradient of "
            f"{gradient.dtype}. Use gradient.astype(numpy.{parameter.dtype})."
        )
