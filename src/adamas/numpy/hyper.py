"""The optimizer's hyperparameters: values to read and set between steps, and overrides by path."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from adamas.errors import HyperparameterError, TreeError, nearest
from adamas.language.chain import Chain
from adamas.language.schedule import Schedule


class Hyper(MutableMapping[str, Any]):
    """Reads and sets hyperparameters by full name; values are floats or schedules.

    Setting checks the range and takes effect at the next step. A leaf with an override keeps it.
    """

    def __init__(self, rule: Chain):
        self._rule = rule
        self._values = dict(rule.values)
        # Grows when a value is set, so that engines know when to look again.
        self.version = 0

    def __getitem__(self, name: str) -> Any:
        self._known(name)
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = self.check(name, value)
        self.version += 1

    def __delitem__(self, name: str) -> None:
        raise HyperparameterError(f"{self._rule.name}: hyperparameters cannot be removed.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {value!r}' for name, value in self._values.items())}}}"

    def check(self, name: str, value: Any) -> Any:
        """The value as it will be used; raises `HyperparameterError` for a bad name or value."""
        self._known(name)
        checked = self._rule.hyperparameters[name].check(self._rule.name, name, value)
        return checked if isinstance(checked, Schedule) else float(checked)

    def _known(self, name: str) -> None:
        if name not in self._values:
            raise HyperparameterError(
                f"{self._rule.name} has no hyperparameter {name!r}. {nearest(name, self._values)}"
            )

    def at(self, step: int, overrides: Mapping[str, Any]) -> dict[str, float]:
        """Every value as a number at this step, `overrides` in place of the optimizer's own.

        Raises `HyperparameterError` where a schedule leaves the hyperparameter's range.
        """
        values = {**self._values, **overrides}
        return {
            name: self._scheduled(name, value, step)
            if isinstance(value, Schedule)
            else float(value)
            for name, value in values.items()
        }

    def _scheduled(self, name: str, schedule: Schedule, step: int) -> float:
        try:
            return float(self.check(name, schedule(step)))
        except HyperparameterError as error:
            raise HyperparameterError(f"{error} That is {schedule!r} at step {step}.") from None


def read_overrides(
    hyper: Hyper, overrides: Mapping[str, Mapping[str, Any]] | None, paths: Sequence[str]
) -> list[dict[str, Any]]:
    """The overriding values of each leaf, checked; where patterns overlap the later one wins.

    Raises `TreeError` for a pattern that matches no path, `HyperparameterError` for a bad value.
    """
    found: list[dict[str, Any]] = [{} for _ in paths]
    for pattern, values in (overrides or {}).items():
        if not isinstance(values, Mapping):
            raise HyperparameterError(
                f"overrides[{pattern!r}]: a dict of hyperparameters is needed, for example "
                f"{{'weight_decay': 0.0}}; got {values!r}."
            )
        checked = {name: hyper.check(name, value) for name, value in values.items()}
        matched = [index for index, path in enumerate(paths) if fnmatch.fnmatchcase(path, pattern)]
        if not matched:
            raise TreeError(
                f"overrides[{pattern!r}] matches no parameter. {nearest(pattern, paths)}"
            )
        for index in matched:
            found[index].update(checked)
    return found
