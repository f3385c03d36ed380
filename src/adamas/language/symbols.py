"""Names for the defaults in a signature: `p` and `lr` for `like(p)` and `full(lr)`.

They come by `from adamas.symbols import p, lr`. Any name can be imported; `p` is the parameter,
every other name is a hyperparameter of the rule.
"""

from __future__ import annotations

from adamas.language.expression import Expression, input_


def __getattr__(name: str) -> Expression:
    if name.startswith("_"):
        raise AttributeError(name)
    return input_("parameter" if name == "p" else "hyper", name)
