"""What tasks about graphs share: which graphs, their labels, and what makes them hard."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from ..base import Batch
from ..checks import check_range, whole
from ..files import sha256_of
from .files import read_graph
from .graph import Graph, part_of, random_graph
from .triple_task import TripleTask
from .triples import BLANK, check_labels, episode, shuffled

_TRIES = 200


@dataclass(frozen=True, kw_only=True)
class GraphTask(TripleTask):
    """A question about a graph that is told edge by edge, in random order.

    An edge is a triple of labels: source, edge, target, each of `digits` decimal digits, one-hot.
    A graph has random points as nodes and edges to the nearest ones, `min_degree` to `max_degree`
    of each; or, with `from_file`, it is a part of the graph of that file (`files.read_graph`), a
    random node and those nearest to it. Labels are drawn anew for every sequence: those of nodes
    differ from each other, and so do those of the edges that leave a node.

    `length` counts the edges of the answer. The number of nodes is drawn for every sequence from
    `min_nodes` to `max_nodes`.
    """

    min_nodes: int = 5
    max_nodes: int = 10
    min_degree: int = 1
    max_degree: int = 3

    test_factors: ClassVar[tuple[float, ...]] = (1 / 2, 1, 2)
    planning: ClassVar[int] = 0
    """Silent steps between question and answer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self, "min_length", "max_length", self.shortest)
        check_range(self, "min_nodes", "max_nodes", 2)
        check_range(self, "min_degree", "max_degree", 1)
        owner = type(self).__name__
        check_labels(owner, "max_nodes", self.max_nodes, self.digits)
        if self.from_file:
            digest = sha256_of(self.from_file, self.from_file_sha256)
            object.__setattr__(self, "from_file_sha256", digest)
            kinds = int(read_graph(self.from_file, digest).edges_E3[:, 1].max()) + 1
            check_labels(owner, "number of kinds of edges", kinds, self.digits)

    @abstractmethod
    def path(self, rng: np.random.Generator, graph: Graph, length: int) -> np.ndarray | None:
        """The edges that are the answer, (length, 3); None where the graph has no such path."""

    @abstractmethod
    def question(self, labels_S3: np.ndarray) -> np.ndarray:
        """The triples that ask for an answer, with blank parts."""

    def least_nodes(self, length: int) -> int:
        """The fewest nodes of a graph in which a path of that length is asked for."""
        return 2

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """Without lengths beyond the trained ones for which labels or the file have too few nodes.

        Of a file's graphs one in twenty must have such a path, so that samples seldom miss one.
        """
        found = super().test_lengths
        return tuple(n for n in found if n <= self.max_length or self._allows(n))

    @property
    def difficulty(self) -> Mapping[str, tuple[int, int]]:
        numbers = {"length": self.lengths, "nodes": (self.min_nodes, self.max_nodes)}
        if self.from_file:
            return numbers
        return numbers | {"degree": (self.min_degree, self.max_degree)}

    @property
    def test_points(self) -> tuple[tuple[str, int], ...]:
        """Without numbers of nodes that are too few for a path, or more than can be."""
        least, most = self.least_nodes(self.max_length), 10**self.digits
        if self.from_file:
            most = min(most, read_graph(self.from_file, self.from_file_sha256).nodes)
        found = super().test_points
        return tuple((n, value) for n, value in found if n != "nodes" or least <= value <= most)

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        nodes: int | None = None,
        degree: int | None = None,
    ) -> Batch:
        """As in `Task`; `nodes` is the number of nodes, `degree` the largest of edges from a node.

        Raises ValueError where graphs of that size have no path of that length.
        """
        length, owner = self.draw_length(rng, length), type(self).__name__
        if nodes is None:
            sizes = self._sizes(length)
        else:
            sizes = (whole(owner, "nodes", nodes, 2),) * 2
        check_labels(owner, "nodes", sizes[1], self.digits)
        if self.from_file and degree is not None:
            raise ValueError(f"{owner}: degree is {degree}; graphs of a file have their own.")
        most = self.max_degree if degree is None else whole(owner, "degree", degree, 1)
        degrees = min(self.min_degree, most), most
        return Batch.joined([self._one(rng, length, sizes, degrees) for _ in range(batch_size)])

    def chance_bits(self, length: int | None = None) -> float:
        return self.triple_bits * (sum(self.lengths) / 2 if length is None else length)

    def _sizes(self, length: int) -> tuple[int, int]:
        """The fewest and the most nodes where their number is not given."""
        least = self.least_nodes(length)
        return max(self.min_nodes, least), max(self.max_nodes, least)

    def _allows(self, length: int) -> bool:
        if self.least_nodes(length) > 10**self.digits:
            return False
        return not self.from_file or _share_with_path(self, length) >= 1 / 20

    def _one(
        self,
        rng: np.random.Generator,
        length: int,
        sizes: tuple[int, int],
        degrees: tuple[int, int],
    ) -> Batch:
        for _ in range(_TRIES):
            graph = self._graph(rng, int(rng.integers(*sizes, endpoint=True)), degrees)
            path_S3 = self.path(rng, graph, length)
            if path_S3 is not None:
                break
        else:
            raise ValueError(
                f"{type(self).__name__}: no path of length {length} in {_TRIES} graphs of "
                f"{sizes[0]} to {sizes[1]} nodes; more nodes are needed."
            )
        nodes_N = rng.permutation(10**self.digits)
        kinds_K = rng.permutation(10**self.digits)

        def labelled(edges_E3: np.ndarray) -> np.ndarray:
            source, kind, target = edges_E3.T
            return np.stack([nodes_N[source], kinds_K[kind], nodes_N[target]], 1)

        answers_S3 = labelled(path_S3)
        told_S3 = shuffled(rng, labelled(graph.edges_E3))
        return episode(told_S3, self.question(answers_S3), answers_S3, self.digits, self.planning)

    def _graph(self, rng: np.random.Generator, nodes: int, degrees: tuple[int, int]) -> Graph:
        if self.from_file:
            return part_of(rng, read_graph(self.from_file, self.from_file_sha256), nodes)
        return random_graph(rng, nodes, degrees, 10**self.digits)


@cache
def _share_with_path(task: GraphTask, length: int) -> float:
    """The share of so many graphs as a sample tries that have a path of that length."""
    rng, (least, most) = np.random.default_rng(0), task._sizes(length)
    sizes = rng.integers(least, most, size=_TRIES, endpoint=True).tolist()
    graphs = [task._graph(rng, nodes, (task.min_degree, task.max_degree)) for nodes in sizes]
    return sum(task.path(rng, graph, length) is not None for graph in graphs) / _TRIES


def blank(triples_S3: np.ndarray, *parts: int) -> np.ndarray:
    """The triples with some of their parts left blank."""
    asked_S3 = triples_S3.copy()
    asked_S3[:, parts] = BLANK
    return asked_S3
