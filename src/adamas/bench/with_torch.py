"""Contestants of torch.optim: the loop it takes by default, its multi-tensor and its fused form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamas.bench.data import Data
from adamas.bench.peers import PEERS
from adamas.bench.stepper import DENORMAL, Array, Turns
from adamas.bench.work import DECAY, MAX_NORM, Work

# How torch.optim is told which form to run; on a CPU its own choice is the loop.
FORMS: dict[str, dict[str, bool]] = {
    "loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


class Torch:
    """A torch optimizer whose parameters carry their gradients."""

    def __init__(self, work: Work, data: Data, form: str):
        import torch

        peer = PEERS[work.peer]["torch"]
        self.torch = torch
        self.chained = work.chained
        # Tensors that torch has allocated itself, as a model's are.
        self.tensors = [to_torch(p).clone().requires_grad_() for p in data.parameters]
        self.averages = [p.detach().clone() for p in self.tensors] if work.chained else []
        make = getattr(torch.optim, peer.maker)
        self.optimizer = make(self.tensors, **peer.bind(work.values), **FORMS[form])
        self.turns = Turns(data.shared("torch", to_torch))

    def next(self) -> None:
        for p, g in zip(self.tensors, self.turns.next(), strict=True):
            if not self.chained:
                p.grad = g
            elif p.grad is None:
                p.grad = g.clone()
            else:  # clipping writes into the gradients
                p.grad.copy_(g)

    def step(self) -> None:
        if self.chained:
            self.torch.nn.utils.clip_grad_norm_(self.tensors, MAX_NORM)
        self.optimizer.step()
        if self.chained:
            with self.torch.no_grad():
                self.torch._foreach_lerp_(self.averages, self.tensors, 1 - DECAY)

    def parameters(self) -> list[Array]:
        return [p.detach().double().numpy() for p in self.tensors]

    def decay(self) -> None:
        for state in self.optimizer.state.values():
            for value in state.values():
                if value.numel() > 1:
                    value.fill_(DENORMAL)


def to_torch(array: Array) -> Any:
    """A tensor on the memory of an array; NumPy's bfloat16 is not known to torch by name."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def make(form: str) -> Callable[[Work, Data], Torch]:
    """A maker of steppers for one of the forms."""
    return lambda work, data: Torch(work, data, form)


def lacks(form: str) -> Callable[[Work], str | None]:
    """Why torch cannot do some work in this form."""

    def reason(work: Work) -> str | None:
        peer = PEERS.get(work.peer, {}).get("torch")
        if peer is None:
            return f"torch has no {work.peer}"
        if form == "fused" and not peer.fused:
            return f"torch has no fused kernel for {peer.maker} on a CPU"
        if work.chained and form != "fused":
            return "in the chain only its fastest form runs"
        return None

    return reason
