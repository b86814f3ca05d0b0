"""Graph traversal: follow edges from a node, one by one (Graves et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base import tasks
from .base import GraphTask, blank
from .graph import Graph, random_walk


@tasks.register("graph_traversal")
@dataclass(frozen=True, kw_only=True)
class GraphTraversal(GraphTask):
    """Follow a walk of named edges through a graph, and name every edge of it in full.

    First the edges of the graph, one per step and in random order; then the walk as a question: its
    first edge without the target, and of the others only the labels of the edges; then as many
    silent steps, at which the whole triples of the walk are the answer. The walk is random.
    """

    def path(self, rng: np.random.Generator, graph: Graph, length: int) -> np.ndarray | None:
        return random_walk(rng, graph, length)

    def question(self, labels_S3: np.ndarray) -> np.ndarray:
        asked_S3 = blank(labels_S3, 0, 2)
        asked_S3[0, 0] = labels_S3[0, 0]
        return asked_S3
