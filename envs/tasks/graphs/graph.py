"""Directed graphs with labelled edges: random ones, parts of larger ones, and paths in them.

Shapes: N nodes, E edges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Graph(NamedTuple):
    """Edges between nodes 0 to `nodes` - 1; no two edges of a node have the same kind."""

    nodes: int
    edges_E3: np.ndarray
    """int64: source node, kind of edge, target node"""

    def counts_NN(self) -> np.ndarray:
        """How many edges lead from each node to each."""
        counts_NN = np.zeros((self.nodes, self.nodes), np.int64)
        np.add.at(counts_NN, (self.edges_E3[:, 0], self.edges_E3[:, 2]), 1)
        return counts_NN


def random_graph(
    rng: np.random.Generator, nodes: int, degrees: tuple[int, int], kinds: int
) -> Graph:
    """Points in the unit square, each with edges to its nearest ones (DNC, methods).

    How many edges a node has is drawn uniformly from `degrees`, both included, and is at most all
    other nodes. Their kinds, below `kinds`, are drawn without repetition at each node.
    """
    points_N2 = rng.random((nodes, 2))
    distance_NN = np.square(points_N2[:, None] - points_N2).sum(-1)
    np.fill_diagonal(distance_NN, np.inf)
    nearest_NN = distance_NN.argsort(1)
    degree_N = np.minimum(rng.integers(*degrees, size=nodes, endpoint=True), nodes - 1)
    kinds_N = [rng.choice(kinds, size=degree, replace=False) for degree in degree_N]
    targets = np.concatenate([nearest_NN[node, :degree] for node, degree in enumerate(degree_N)])
    sources = np.arange(nodes).repeat(degree_N)
    return Graph(nodes, np.stack([sources, np.concatenate(kinds_N), targets], 1).astype(np.int64))


def part_of(rng: np.random.Generator, graph: Graph, nodes: int) -> Graph:
    """The nodes nearest to one drawn at random, at most so many, and the edges between them.

    Nearness counts edges in either direction; of equally near nodes the first are taken.
    """
    if nodes >= graph.nodes:
        return graph
    joined_NN = graph.counts_NN() > 0
    joined_NN |= joined_NN.T
    found = [int(rng.integers(graph.nodes))]
    for node in found:
        found.extend(
            other for other in np.flatnonzero(joined_NN[node]).tolist() if other not in found
        )
    kept = np.array(found[:nodes])
    number_N = np.full(graph.nodes, -1)
    number_N[kept] = np.arange(len(kept))
    edges_E3 = graph.edges_E3.copy()
    edges_E3[:, [0, 2]] = number_N[edges_E3[:, [0, 2]]]
    return Graph(len(kept), edges_E3[(edges_E3[:, [0, 2]] >= 0).all(1)])


def random_walk(rng: np.random.Generator, graph: Graph, length: int) -> np.ndarray | None:
    """So many edges one after the other, (length, 3), from a random node; None if there are none.

    At each node, each edge from which the rest of the walk is possible is as likely as the others.
    """
    sources, targets = graph.edges_E3[:, 0], graph.edges_E3[:, 2]
    # from which nodes a walk of 0, 1, 2, … edges is possible
    possible = [np.ones(graph.nodes, bool)]
    for _ in range(length):
        onwards = np.zeros(graph.nodes, bool)
        onwards[sources[possible[-1][targets]]] = True
        possible.append(onwards)
    if not possible[length].any():
        return None
    node = rng.choice(np.flatnonzero(possible[length]))
    walk = []
    for left in range(length - 1, -1, -1):
        edge = rng.choice(np.flatnonzero((sources == node) & possible[left][targets]))
        walk.append(edge)
        node = targets[edge]
    return graph.edges_E3[walk]


def only_shortest_path(rng: np.random.Generator, graph: Graph, length: int) -> np.ndarray | None:
    """The one shortest path between two random nodes that far apart, (length, 3).

    Pairs of nodes with several shortest paths are left out; None where no pair is left.
    """
    counts_NN = graph.counts_NN()
    reached_NN = np.eye(graph.nodes, dtype=bool)
    # how many shortest paths lead from each node to each of those that are so many edges away
    paths = [reached_NN.astype(np.int64)]
    for _ in range(length):
        ways_NN = np.where(reached_NN, 0, paths[-1] @ counts_NN)
        # numbers of paths may be large, and only one or several matters
        paths.append(np.minimum(ways_NN, 2))
        reached_NN |= ways_NN > 0
    pairs = np.argwhere(paths[length] == 1)
    if not len(pairs):
        return None
    start, node = pairs[rng.integers(len(pairs))]
    walk = []
    for steps in range(length - 1, -1, -1):
        sources, targets = graph.edges_E3[:, 0], graph.edges_E3[:, 2]
        (edge,) = np.flatnonzero((targets == node) & (paths[steps][start][sources] > 0))
        walk.append(edge)
        node = sources[edge]
    return graph.edges_E3[walk[::-1]]
