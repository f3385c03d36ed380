"""Minimize a function with any rule, in SciPy's terms: result, callbacks, method argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adamas.errors import OptionError
from adamas.language.chain import Rule, as_rule
from adamas.language.schedule import Schedule
from adamas.numpy.optimizer import Optimizer

Array = np.ndarray[Any, Any]

MESSAGES = {
    0: "The largest element of the gradient is at most the tolerance.",
    1: "All steps were taken.",
    2: "The function or its gradient is not finite; the best point before it is returned.",
    3: "The callback stopped the search.",
}


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    rule: Rule,
    *,
    args: tuple[Any, ...] = (),
    jac: bool | Callable[..., Any] = True,
    steps: int = 1000,
    tolerance: float | None = None,
    callback: Callable[..., Any] | None = None,
    schedule: Schedule | None = None,
) -> Any:
    """Minimize `fun` from `x0` by a rule; returns SciPy's `OptimizeResult`.

    Args:
        fun: takes a float64 array of x0's shape (and `args`); returns the value, or with `jac=True`
            (the default) the value and the gradient.
        x0: where to begin; an array or a number. It is not changed.
        rule: a rule or chain, for example `adamas.rules.adam(lr=0.1)`.
        jac: True where `fun` returns both, else a function that returns the gradient.
        steps: the largest number of steps, at least 1.
        tolerance: stop where no element of the gradient is larger; None takes all steps.
        callback: called after every step with `intermediate_result=` (x, fun, jac, nit); stops the
            search by raising StopIteration or by returning True, as in SciPy.
        schedule: multiplied with the rule's lr.

    Returns:
        `OptimizeResult` with x, fun and jac of the lowest value seen (rules of this kind do not go
        downhill at every step), nit, nfev, njev, status (see `MESSAGES`), success (status 0, or
        1 where no tolerance was asked for) and message.

    Raises:
        OptionError: for arguments that have no meaning.
    """
    try:
        from scipy.optimize import OptimizeResult
    except ImportError as error:
        raise OptionError(
            "minimize returns SciPy's OptimizeResult. Run: pip install scipy"
        ) from error
    chain = as_rule(rule)
    if schedule is not None:
        if "lr" not in chain.values:
            raise OptionError(f"{chain.name} has no lr for the schedule {schedule!r} to multiply.")
        chain = chain.bind({"lr": schedule * chain.values["lr"]})
    if steps < 1 or steps != int(steps):
        raise OptionError(f"steps is a whole number of at least 1; got {steps!r}.")
    evaluate = _evaluator(fun, jac, args)
    x = np.array(x0, np.float64)
    optimizer = Optimizer(chain, x)
    search = _Search(evaluate, x)
    status = search.look(x, tolerance)
    while status is None:
        optimizer.step(search.gradient)
        search.steps += 1
        status = search.look(x, tolerance)
        if status is None and search.steps == steps:
            status = 1
        if callback is not None and status in (None, 1):
            status = 3 if _stops(callback, search.result(OptimizeResult, x)) else status
    with optimizer.evaluating():
        search.look(x, None)
    return OptimizeResult(
        x=search.best_x,
        fun=search.best,
        jac=search.best_gradient,
        nit=search.steps,
        nfev=search.calls,
        njev=search.calls,
        status=status,
        success=status == 0 or (status == 1 and tolerance is None),
        message=MESSAGES[status],
    )


def scipy_method(rule: Rule, *, steps: int = 1000, schedule: Schedule | None = None) -> Any:
    """A method for `scipy.optimize.minimize(fun, x0, jac=True, method=scipy_method(rule))`.

    SciPy's `tol` is the tolerance, `options={"steps": ...}` the number of steps. Bounds and
    constraints are refused: search over a transformed variable instead.
    """

    def method(fun: Any, x0: Any, args: Any = (), **given: Any) -> Any:
        for name in ("bounds", "constraints", "hess", "hessp"):
            value = given.pop(name, None)
            if value is not None and not (isinstance(value, (tuple, list)) and not value):
                raise OptionError(
                    f"rules know no {name}. Search over a transformed variable: x = exp(y) is "
                    f"positive, x = low + (high - low) / (1 + exp(-y)) lies between low and high."
                )
        jac = given.pop("jac", None)
        if not callable(jac):
            raise OptionError("rules need the gradient. Give jac=True or jac=function.")
        tolerance = given.pop("tol", None)
        options = {"steps": given.pop("maxiter", None) or given.pop("steps", steps)}
        callback = given.pop("callback", None)
        if given:
            raise OptionError(f"unknown options: {', '.join(sorted(given))}. There is: steps.")
        return minimize(
            fun, x0, rule, args=args, jac=jac, tolerance=tolerance, callback=callback,
            schedule=schedule, **options,
        )  # fmt: skip

    return method


class _Search:
    """The point the search stands at, and the best it has seen."""

    def __init__(self, evaluate: Callable[[Array], tuple[float, Array]], x: Array):
        self.evaluate = evaluate
        self.calls = self.steps = 0
        self.value, self.gradient = math.inf, np.zeros_like(x)
        self.best, self.best_x, self.best_gradient = math.inf, x.copy(), np.zeros_like(x)

    def look(self, x: Array, tolerance: float | None) -> int | None:
        """Evaluate at x; a status where the search ends here."""
        self.value, self.gradient = self.evaluate(x.copy())
        self.calls += 1
        if not (math.isfinite(self.value) and np.isfinite(self.gradient).all()):
            return 2
        if self.value < self.best:
            self.best, self.best_x = self.value, x.copy()
            self.best_gradient = self.gradient.copy()
        if tolerance is not None and np.abs(self.gradient).max(initial=0.0) <= tolerance:
            return 0
        return None

    def result(self, kind: Any, x: Array) -> Any:
        """What a callback is shown."""
        return kind(x=x.copy(), fun=self.value, jac=self.gradient, nit=self.steps)


def _evaluator(fun: Any, jac: Any, args: tuple[Any, ...]) -> Callable[[Array], tuple[float, Array]]:
    """A function that returns value and gradient, checked for shape."""
    if jac is not True and not callable(jac):
        raise OptionError(
            f"jac is True (fun returns value and gradient) or a function; got {jac!r}. "
            f"Rules need the gradient."
        )

    def evaluate(x: Array) -> tuple[float, Array]:
        if jac is True:
            returned = fun(x, *args)
            if not isinstance(returned, tuple) or len(returned) != 2:
                raise OptionError(
                    "with jac=True the function returns a tuple of value and gradient; "
                    f"got {type(returned).__name__}."
                )
            value, gradient = returned
        else:
            value, gradient = fun(x, *args), jac(x, *args)
        gradient = np.asarray(gradient, np.float64)
        if gradient.shape != x.shape:
            raise OptionError(f"the gradient has shape {gradient.shape}; x0 has {x.shape}.")
        return float(value), gradient

    return evaluate


def _stops(callback: Any, result: Any) -> bool:
    try:
        return bool(callback(intermediate_result=result))
    except StopIteration:
        return True
