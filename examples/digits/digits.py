"""Handwritten digits (scikit-learn ships them), shifted about so that there are more of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

SIDE = 8
TEST_SHARE = 5  # every fifth digit is kept for the test


@dataclass(frozen=True, slots=True)
class Digits:
    """The share of worker *rank*; ``images`` are rows of 64 grey values from 0 to 1."""

    images: Array
    labels: Labels
    rank: int = 0
    world_size: int = 1

    def shard(self, rank: int, world_size: int) -> Digits:
        """Return the part of worker *rank*: every *world_size*-th digit."""
        part = slice(rank, None, world_size)
        return Digits(self.images[part], self.labels[part], rank, world_size)

    def among(self, numbers: Labels) -> tuple[Array, Labels]:
        """Return those of *numbers* (places in the whole set) that are in this share."""
        mine = numbers[numbers % self.world_size == self.rank] // self.world_size
        return self.images[mine], self.labels[mine]


def load(seed: int) -> tuple[Digits, Digits]:
    """Return the digits for training (with their eight shifted copies) and for the test."""
    bunch = load_digits()
    order = np.random.default_rng(seed).permutation(len(bunch.target))
    images = (bunch.data[order] / 16.0).astype(np.float64)
    labels = bunch.target[order].astype(np.int64)
    test = np.arange(len(labels)) % TEST_SHARE == 0
    steps = list(product((0, -1, 1), repeat=2))
    shifted = np.concatenate([_shift(images[~test], down, right) for down, right in steps])
    return (
        Digits(shifted, np.tile(labels[~test], len(steps))),
        Digits(images[test], labels[test]),
    )


def _shift(images: Array, down: int, right: int) -> Array:
    moved = np.roll(images.reshape(-1, SIDE, SIDE), (down, right), axis=(1, 2))
    if down:
        moved[:, 0 if down > 0 else -1, :] = 0.0
    if right:
        moved[:, :, 0 if right > 0 else -1] = 0.0
    return moved.reshape(-1, SIDE * SIDE)
