"""Families: who is whose father, daughter, wife, …, and relations that are chains of such steps."""

from __future__ import annotations

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np

from .files import read_facts
from .graph import Graph

RELATIONS = ("father", "mother", "husband", "wife", "son", "daughter", "brother", "sister")
"""The kinds of edges of a family's graph, by their numbers."""


class _Person(NamedTuple):
    man: bool
    parents: tuple[int, int] | None
    """father and mother"""


def random_family(rng: np.random.Generator, persons: int) -> Graph:
    """A family that grows from one couple to that many persons, as a graph of its relations.

    Again and again a random child who is not married finds a partner from outside, who has no
    parents here, or a random couple gets a child: as likely, where both are possible.
    """
    family = [_Person(True, None), _Person(False, None)]
    couples = [(0, 1)]
    while len(family) < persons:
        married = {person for couple in couples for person in couple}
        single = [p for p, one in enumerate(family) if one.parents and p not in married]
        if single and rng.random() < 0.5:
            person = int(rng.choice(single))
            family.append(_Person(not family[person].man, None))
            pair = person, len(family) - 1
            couples.append(pair if family[person].man else pair[::-1])
        else:
            couple = couples[int(rng.integers(len(couples)))]
            family.append(_Person(bool(rng.integers(2)), couple))
    return Graph(persons, _relations(family, couples))


def _relations(family: list[_Person], couples: list[tuple[int, int]]) -> np.ndarray:
    number = {name: index for index, name in enumerate(RELATIONS)}
    facts = []
    for husband, wife in couples:
        facts += [(wife, number["husband"], husband), (husband, number["wife"], wife)]
    for person, (man, parents) in enumerate(family):
        if parents is None:
            continue
        child = number["son" if man else "daughter"]
        facts += [(person, number["father"], parents[0]), (person, number["mother"], parents[1])]
        facts += [(parent, child, person) for parent in parents]
        sibling = number["brother" if man else "sister"]
        for other, (_, theirs) in enumerate(family):
            if theirs == parents and other != person:
                facts.append((other, sibling, person))
    return np.array(facts, np.int64)


@cache
def read_family(path: str, sha256: str = "") -> Graph:
    """The persons of a file of facts and those of their relations that are in `RELATIONS`."""
    facts = [fact for fact in read_facts(path, sha256) if fact[1] in RELATIONS]
    number: dict[str, int] = {}
    edges = [
        (
            number.setdefault(person, len(number)),
            RELATIONS.index(relation),
            number.setdefault(relative, len(number)),
        )
        for person, relation, relative in facts
    ]
    return Graph(len(number), np.array(edges, np.int64).reshape(-1, 3))


@cache
def chains(count: int, lengths: tuple[int, int]) -> tuple[tuple[int, ...], ...]:
    """So many chains of relations, the same ones always: shares of all lengths as equal as can be.

    Of each length they are drawn from all chains. Raises ValueError where there are not so many.
    """
    rng = np.random.default_rng(0)
    orders = []
    for length in range(lengths[0], lengths[1] + 1):
        every = list(itertools.product(range(len(RELATIONS)), repeat=length))
        orders.append([every[index] for index in rng.permutation(len(every))[:count]])
    if sum(map(len, orders)) < count:
        raise ValueError(
            f"FamilyTree: {count} relations of {lengths[0]} to {lengths[1]} steps are too many; "
            f"there are {sum(map(len, orders))}."
        )
    turns = itertools.chain.from_iterable(itertools.zip_longest(*orders))
    return tuple(itertools.islice((chain for chain in turns if chain is not None), count))


def ends_NN(graph: Graph, chain: tuple[int, ...]) -> np.ndarray:
    """Which persons a chain of relations leads to, from each person."""
    found_NN = np.eye(graph.nodes, dtype=bool)
    sources, kinds, targets = graph.edges_E3.T
    for kind in chain:
        step_NN = np.zeros((graph.nodes, graph.nodes), np.float32)
        step_NN[sources[kinds == kind], targets[kinds == kind]] = 1
        found_NN = (found_NN.astype(np.float32) @ step_NN) > 0
    return found_NN
