"""Shortest path: plan the way between two nodes of a graph (Graves et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..base import tasks
from .base import GraphTask
from .graph import Graph, only_shortest_path
from .triples import BLANK


@tasks.register("shortest_path")
@dataclass(frozen=True, kw_only=True)
class ShortestPath(GraphTask):
    """Give the edges of the shortest path between two nodes of a graph.

    First the edges of the graph, one per step and in random order; then one triple with the first
    and the last node; ten silent steps to plan; then a step for each edge of the path. Two nodes
    are asked for only if they have one shortest path, so that there is one right answer.

    The paper let the network see its own answers and trained it towards the best next edge from
    there; here the steps of the answer are silent. A graph has 2 `length` + 2 nodes or more, where
    their number is not given: smaller ones seldom have a path so long.
    """

    planning: ClassVar[int] = 10

    def path(self, rng: np.random.Generator, graph: Graph, length: int) -> np.ndarray | None:
        return only_shortest_path(rng, graph, length)

    def question(self, labels_S3: np.ndarray) -> np.ndarray:
        return np.array([[labels_S3[0, 0], BLANK, labels_S3[-1, 2]]])

    def least_nodes(self, length: int) -> int:
        return 2 * length + 2
