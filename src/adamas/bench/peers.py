"""Peers: which optimizer of which library computes a rule's formula, and with which arguments.

A value that is a string (or a pair of them) is a hyperparameter of the rule; others are constants.
What is not here has no peer: torch has no lion and no adopt; optax's nadam warms up nothing, its
yogi corrects for a start at zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Peer:
    """An optimizer of another library.

    maker       its name there: a class of torch.optim or keras.optimizers, a function of optax
    arguments   its argument names, with our hyperparameters or with constants
    equal_at    where a hyperparameter stands elsewhere in its formula, or is fixed: the values at
                which both formulas are one. It is compared with us at these
    except_at   steps at which its formula has another branch than ours; not compared
    fused       torch only: whether there is a fused CPU kernel
    """

    maker: str
    arguments: Mapping[str, Any]
    equal_at: Mapping[str, float] = field(default_factory=dict)
    except_at: tuple[int, ...] = ()
    fused: bool = False

    def bind(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Its arguments for these values of our hyperparameters."""

        def value(argument: Any) -> Any:
            if isinstance(argument, tuple):
                return tuple(value(one) for one in argument)
            return values[argument] if isinstance(argument, str) else argument

        return {name: value(argument) for name, argument in self.arguments.items()}


_NO_EPS = {"eps": 0.0}
_T_ADAM = {"lr": "lr", "betas": ("beta1", "beta2"), "eps": "eps"}
_O_ADAM = {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps"}
_K_ADAM = {"learning_rate": "lr", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}
_T_RMS = {"lr": "lr", "alpha": "decay", "eps": "eps"}
_O_RMS = {"learning_rate": "lr", "decay": "decay", "eps": "eps"}
_K_RMS = {"learning_rate": "lr", "rho": "decay", "epsilon": "eps"}
_DECAY = {"weight_decay": "weight_decay"}

PEERS: dict[str, dict[str, Peer]] = {
    "sgd": {
        "torch": Peer("SGD", {"lr": "lr"}, fused=True),
        "optax": Peer("sgd", {"learning_rate": "lr"}),
        "keras": Peer("SGD", {"learning_rate": "lr"}),
    },
    "momentum": {
        "torch": Peer(
            "SGD", {"lr": "lr", "momentum": "momentum", "dampening": "dampening"}, fused=True
        ),
        "optax": Peer("sgd", {"learning_rate": "lr", "momentum": "momentum"}, {"dampening": 0.0}),
        "keras": Peer("SGD", {"learning_rate": "lr", "momentum": "momentum"}, {"dampening": 0.0}),
    },
    "nesterov": {
        "torch": Peer("SGD", {"lr": "lr", "momentum": "momentum", "nesterov": True}, fused=True),
        "optax": Peer("sgd", {"learning_rate": "lr", "momentum": "momentum", "nesterov": True}),
        "keras": Peer("SGD", {"learning_rate": "lr", "momentum": "momentum", "nesterov": True}),
    },
    "adagrad": {
        "torch": Peer(
            "Adagrad",
            {"lr": "lr", "eps": "eps", "initial_accumulator_value": "initial"},
            fused=True,
        ),
        # optax and Keras add eps under the root.
        "optax": Peer(
            "adagrad",
            {"learning_rate": "lr", "eps": "eps", "initial_accumulator_value": "initial"},
            _NO_EPS,
        ),
        "keras": Peer(
            "Adagrad",
            {"learning_rate": "lr", "epsilon": "eps", "initial_accumulator_value": "initial"},
            _NO_EPS,
        ),
    },
    "rmsprop": {
        "torch": Peer("RMSprop", _T_RMS),
        "optax": Peer("rmsprop", {**_O_RMS, "eps_in_sqrt": False}),
        "keras": Peer("RMSprop", _K_RMS, _NO_EPS),
    },
    "rmsprop_centered": {
        "torch": Peer("RMSprop", {**_T_RMS, "centered": True}, _NO_EPS),
        "optax": Peer("rmsprop", {**_O_RMS, "centered": True}),
        "keras": Peer("RMSprop", {**_K_RMS, "centered": True}),
    },
    "rmsprop_momentum": {
        "torch": Peer("RMSprop", {**_T_RMS, "momentum": "momentum"}),
        "optax": Peer("rmsprop", {**_O_RMS, "momentum": "momentum", "eps_in_sqrt": False}),
        "keras": Peer("RMSprop", {**_K_RMS, "momentum": "momentum"}, _NO_EPS),
    },
    "adam": {
        "torch": Peer("Adam", _T_ADAM, fused=True),
        "optax": Peer("adam", _O_ADAM),
        # Keras adds eps to the root of the uncorrected v.
        "keras": Peer("Adam", _K_ADAM, _NO_EPS),
    },
    "adamw": {
        "torch": Peer("AdamW", {**_T_ADAM, **_DECAY}, fused=True),
        "optax": Peer("adamw", {**_O_ADAM, **_DECAY}),
        "keras": Peer("AdamW", {**_K_ADAM, **_DECAY}, _NO_EPS),
    },
    "nadam": {
        "torch": Peer("NAdam", {**_T_ADAM, "momentum_decay": "momentum_decay"}),
        # Keras warms its momentum up 250 times faster.
        "keras": Peer("Nadam", _K_ADAM, {"momentum_decay": 1.0}),
    },
    "radam": {
        # torch divides from rho = 5 on, which is one step later, and by the uncorrected root + eps.
        "torch": Peer("RAdam", _T_ADAM, _NO_EPS, except_at=(5,)),
        "optax": Peer("radam", {**_O_ADAM, "threshold": 4.0}),
    },
    "adopt": {
        "optax": Peer("contrib.adopt", {**_O_ADAM, "use_clipping": False}),
    },
    "lion": {
        "optax": Peer("lion", {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", **_DECAY}),
        "keras": Peer(
            "Lion", {"learning_rate": "lr", "beta_1": "beta1", "beta_2": "beta2", **_DECAY}
        ),
    },
    "adadelta": {
        "torch": Peer("Adadelta", {"lr": "lr", "rho": "decay", "eps": "eps"}),
        "optax": Peer("adadelta", {"learning_rate": "lr", "rho": "decay", "eps": "eps"}),
        "keras": Peer("Adadelta", {"learning_rate": "lr", "rho": "decay", "epsilon": "eps"}),
    },
    "adamax": {
        "torch": Peer("Adamax", _T_ADAM),
        "optax": Peer("adamax", _O_ADAM),
        "keras": Peer("Adamax", _K_ADAM, _NO_EPS),
    },
    "amsgrad": {
        "torch": Peer("Adam", {**_T_ADAM, "amsgrad": True}, fused=True),
        # optax corrects v before it takes the maximum.
        "keras": Peer("Adam", {**_K_ADAM, "amsgrad": True}, _NO_EPS),
    },
    "adabelief": {
        "optax": Peer("adabelief", {**_O_ADAM, "eps_root": "eps"}),
    },
    "ademamix": {
        "optax": Peer("contrib.ademamix", {**_O_ADAM, "b3": "beta3", "alpha": "alpha", **_DECAY}),
    },
    "signsgd": {
        "optax": Peer("sign_sgd", {"learning_rate": "lr"}),
    },
    "rprop": {
        # optax's does not move at the first step.
        "torch": Peer(
            "Rprop",
            {"lr": "lr", "etas": ("shrink", "grow"), "step_sizes": ("smallest", "largest")},
        ),
    },
    "schedule_free_sgd": {
        "optax": Peer("contrib.schedule_free_sgd", {"learning_rate": "lr", "b1": "beta"}),
    },
    "schedule_free_adamw": {
        "optax": Peer("contrib.schedule_free_adamw", {**_O_ADAM, "b1": "beta1", **_DECAY}),
    },
    "asgd": {
        "torch": Peer(
            "ASGD", {"lr": "lr", "lambd": "weight_decay", "alpha": "power", "t0": "begin"}
        ),
    },
}
