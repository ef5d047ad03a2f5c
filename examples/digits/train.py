"""Trains a network on handwritten digits, data-parallel: each worker has a shard, gradients meet over TCP.

The same seed gives the same network on one worker or on ten, up to rounding. Runs as an experiment
(see experiment.yaml) and by hand: ``python train.py --epochs 3``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

import submarine
from digits import Digits, Labels, load
from network import Network
from peers import PeerError, Peers, Rendezvous

CLASSES = 10
MOMENTUM = 0.9


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train a network on handwritten digits.")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=256, help="digits in one step, over all workers")
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path(os.environ.get("SUBMARINE_OUTPUT", ".")))
    return parser.parse_args(words)


def train(options: argparse.Namespace, peers: Peers) -> Network:
    """Train and return the network; rank 0 tells how it goes."""
    training, test = load(options.seed)
    total = len(training.labels)
    mine, my_test = (digits.shard(peers.rank, peers.world_size) for digits in (training, test))
    network = Network.random(training.images.shape[1], options.hidden, CLASSES, options.seed)
    learner = Learner(network, mine, peers)
    for epoch in range(1, options.epochs + 1):
        begun = time.monotonic()
        rate = options.rate * 0.5 * (1 + np.cos(np.pi * (epoch - 1) / options.epochs))
        order = np.random.default_rng((options.seed, epoch)).permutation(total)
        batches = [order[first : first + options.batch] for first in range(0, total, options.batch)]
        loss = float(np.mean([learner.step(batch, rate) for batch in batches]))
        test_loss, right = peers.sum(np.array(network.score(my_test.images, my_test.labels)))
        if peers.rank == 0:
            seen = {
                "loss": loss,
                "test_loss": test_loss / len(test.labels),
                "accuracy": right / len(test.labels),
            }
            report(epoch, options.epochs, {**seen, "speed": total / (time.monotonic() - begun)})
    return network


class Learner:
    """Stochastic gradient descent with momentum; every worker takes the same steps."""

    def __init__(self, network: Network, digits: Digits, peers: Peers) -> None:
        self.network, self.digits, self.peers = network, digits, peers
        self._velocity = np.zeros_like(network.weights)
        self._message = np.empty(len(network.weights) + 1)  # the gradient, and the loss behind it

    def step(self, batch: Labels, rate: float) -> float:
        """Learn from one batch, computing this worker's share; return the mean loss of the whole."""
        self.network.gradient(*self.digits.among(batch), into=self._message)
        self.peers.sum(self._message)
        self._velocity *= MOMENTUM
        self._velocity -= rate / len(batch) * self._message[:-1]
        self.network.weights += self._velocity
        return float(self._message[-1]) / len(batch)


def report(epoch: int, epochs: int, seen: dict[str, float]) -> None:
    """Log the metrics of one epoch, and print them."""
    submarine.log_metrics(seen, step=epoch)
    print(
        f"epoch {epoch:3}/{epochs}  loss {seen['loss']:.4f}  test loss {seen['test_loss']:.4f}"
        f"  accuracy {seen['accuracy']:.4f}  {seen['speed']:,.0f}/s",
        flush=True,
    )


def main() -> None:
    """Meet the other workers, train, and save what was learned."""
    options = parse()
    rendezvous = Rendezvous.from_environment()
    print(f"worker {rendezvous.rank} of {rendezvous.world_size} is up", flush=True)
    with Peers.meet(rendezvous) as peers:
        if peers.rank == 0:
            chosen = {name: getattr(options, name) for name in ("epochs", "hidden", "batch", "rate", "seed")}
            submarine.log_params({**chosen, "workers": peers.world_size})
        network = train(options, peers)
        if peers.rank == 0:
            path = options.output / "digits.npz"
            network.save(path)
            submarine.log_artifact(path)
            print(f"saved {path.name}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        sys.exit(f"error: {error}")
