"""The network of the digits example computes what calculus says, on shards that make up the whole."""

from __future__ import annotations

import numpy as np

from digits import load
from network import Network


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    dice = np.random.default_rng(0)
    network = Network.random(6, 5, 3, seed=2)
    images, labels = dice.normal(size=(7, 6)), dice.integers(0, 3, 7)
    slope = np.empty(len(network.weights) + 1)
    network.gradient(images, labels, into=slope)
    measured = []
    for place in range(len(network.weights)):
        ends = []
        for little in (1e-6, -1e-6):
            network.weights[place] += little
            ends.append(network.score(images, labels)[0])
            network.weights[place] -= little
        measured.append((ends[0] - ends[1]) / 2e-6)
    assert np.allclose(slope[:-1], measured, atol=1e-6)
    assert np.isclose(slope[-1], network.score(images, labels)[0])


def test_shards_are_disjoint_and_make_up_the_whole() -> None:
    training, _ = load(seed=1)
    batch = np.random.default_rng(3).permutation(len(training.labels))[:100]
    whole = training.among(batch)[0]
    parts = [training.shard(rank, 3).among(batch)[0] for rank in range(3)]
    assert sum(len(part) for part in parts) == 100
    assert sorted(map(bytes, whole)) == sorted(bytes(row) for part in parts for row in part)


def test_no_test_digit_is_trained_on() -> None:
    training, test = load(seed=1)
    unshifted = training.images[: 1797 - len(test.labels)]
    assert len(training.labels) == 9 * len(unshifted)
    assert not {bytes(image) for image in test.images} & {bytes(image) for image in unshifted}


def test_the_same_seed_gives_the_same_start() -> None:
    first, second = (Network.random(64, 8, 10, seed=5) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
