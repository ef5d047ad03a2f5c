"""A small neural network in plain numpy: one hidden layer, cross entropy, gradients by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(slots=True)
class Network:
    """``weights`` is one flat vector, so that gradients travel as one message."""

    inputs: int
    hidden: int
    classes: int
    weights: Array

    @classmethod
    def random(cls, inputs: int, hidden: int, classes: int, seed: int) -> Network:
        """Return a network with He's initial weights: the same for the same *seed*."""
        dice = np.random.default_rng(seed)
        first = dice.normal(0.0, np.sqrt(2 / inputs), inputs * hidden)
        second = dice.normal(0.0, np.sqrt(2 / hidden), hidden * classes)
        return cls(
            inputs,
            hidden,
            classes,
            np.concatenate([first, np.zeros(hidden), second, np.zeros(classes)]),
        )

    def gradient(self, images: Array, labels: Labels, into: Array) -> None:
        """Write the gradient of the *summed* loss over the images into *into*, and that loss behind it."""
        _, _, second, _ = self._layers(self.weights)
        hidden, scores = self._forward(images)
        likely = _softmax(scores)
        rows = np.arange(len(labels))
        loss = -np.log(likely[rows, labels] + 1e-12).sum()
        wrong = likely
        wrong[rows, labels] -= 1.0
        back = (wrong @ second.T) * (hidden > 0)
        first, first_bias, second, second_bias = self._layers(into[:-1])
        np.matmul(images.T, back, out=first)
        np.matmul(hidden.T, wrong, out=second)
        back.sum(axis=0, out=first_bias)
        wrong.sum(axis=0, out=second_bias)
        into[-1] = loss

    def score(self, images: Array, labels: Labels) -> tuple[float, int]:
        """Return the summed loss and how many images were recognised."""
        likely = _softmax(self._forward(images)[1])
        loss = -np.log(likely[np.arange(len(labels)), labels] + 1e-12).sum()
        return float(loss), int((likely.argmax(axis=1) == labels).sum())

    def save(self, path: Path) -> None:
        """Write the layers as a numpy archive."""
        first, first_bias, second, second_bias = self._layers(self.weights)
        np.savez(path, first=first, first_bias=first_bias, second=second, second_bias=second_bias)

    def _layers(self, flat: Array) -> tuple[Array, Array, Array, Array]:
        shapes = ((self.inputs, self.hidden), (self.hidden,), (self.hidden, self.classes), (self.classes,))
        ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
        first, first_bias, second, second_bias = np.split(flat, ends)
        return first.reshape(shapes[0]), first_bias, second.reshape(shapes[2]), second_bias

    def _forward(self, images: Array) -> tuple[Array, Array]:
        first, first_bias, second, second_bias = self._layers(self.weights)
        hidden = np.maximum(images @ first + first_bias, 0.0)
        return hidden, hidden @ second + second_bias


def _softmax(scores: Array) -> Array:
    likely: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    return likely
