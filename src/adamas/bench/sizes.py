"""Sizes: the sets of tensors that are stepped, each the shapes of something real."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Size:
    """A named list of shapes."""

    name: str
    title: str
    shapes: tuple[Shape, ...]

    @property
    def tensors(self) -> int:
        """How many tensors."""
        return len(self.shapes)

    @property
    def parameters(self) -> int:
        """How many elements in all."""
        return sum(math.prod(shape) for shape in self.shapes)


def gpt2() -> tuple[Shape, ...]:
    """GPT-2 small, 124,439,808 parameters; the output layer is the embedding, so it has none.

    Reference: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
    """
    vocabulary, context, width, layers = 50_257, 1_024, 768, 12
    norm = [(width,), (width,)]
    attention = [(width, 3 * width), (3 * width,), (width, width), (width,)]
    perceptron = [(width, 4 * width), (4 * width,), (4 * width, width), (width,)]
    block = [*norm, *attention, *norm, *perceptron]
    return ((vocabulary, width), (context, width), *(block * layers), *norm)


def small_resnet() -> tuple[Shape, ...]:
    """A small ResNet, 82 tensors and 19 million parameters: ResNet-18 with biases and 82 channels.

    Most of its tensors are the 82 to 656 numbers of a norm or a bias.

    Reference: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, Table 1.
    """
    shapes: list[Shape] = []

    def convolution(outputs: int, inputs: int, side: int) -> None:
        shapes.extend([(outputs, inputs, side, side), *[(outputs,)] * 3])

    base = before = 82
    convolution(base, 3, 7)
    for width in (base, 2 * base, 4 * base, 8 * base):
        for _ in range(2):
            convolution(width, before, 3)
            convolution(width, width, 3)
            if before != width:
                convolution(width, before, 1)
            before = width
    shapes.extend([(1_000, before), (1_000,)])
    return tuple(shapes)


def spiral() -> tuple[Shape, ...]:
    """The 2-32-32-1 network of `adamas compare spiral`, 1,185 parameters."""
    return ((2, 32), (32,), (32, 32), (32,), (32, 1), (1,))


_MADE: dict[str, tuple[str, Callable[[], tuple[Shape, ...]]]] = {
    "67m": ("67 million in one tensor", lambda: ((1 << 26,),)),
    "gpt2": ("GPT-2 small", gpt2),
    "resnet": ("a small ResNet", small_resnet),
    "1000x1000": ("1,000 tensors of 1,000", lambda: ((1_000,),) * 1_000),
    "1m": ("1 million in one tensor", lambda: ((1_000_000,),)),
    "spiral": ("the spiral network", spiral),
}
SIZES: dict[str, Size] = {
    name: Size(name, title, shapes()) for name, (title, shapes) in _MADE.items()
}
