"""Family-tree inference: who is a person's relative of a given kind? (Graves et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..base import Batch, tasks
from ..checks import check_range, check_whole, whole
from ..files import sha256_of
from .graph import Graph
from .kinship import RELATIONS, chains, ends_NN, random_family, read_family
from .triple_task import TripleTask
from .triples import BLANK, check_labels, episode, shuffled

_TRIES = 50


@tasks.register("family_tree")
@dataclass(frozen=True, kw_only=True)
class FamilyTree(TripleTask):
    """Name the relative of a person to whom a chain of relations leads.

    A family is told as facts in random order: triples of labels (person, relation, relative), with
    the relations of `kinship.RELATIONS`. Then a person and a further relation are asked for, which
    stands for a chain of `length` of those, and one silent step takes the whole triple. Only what
    has one answer, other than the person, is asked.

    Persons have labels that are drawn anew for every sequence. Relations have labels of their own,
    which never change: the network has to learn what the `relations` further ones mean. Families
    are random (`kinship.random_family`) with `min_persons` to `max_persons`; with `from_file`, the
    family is that of a file of facts (`files.read_facts`), of which all relations named in
    `kinship.RELATIONS` are told.
    """

    min_length: int = 2
    longest_chain: int = 5
    relations: int = 400
    min_persons: int = 6
    max_persons: int = 12

    shortest: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, relations=1)
        check_range(self, "min_length", "max_length", self.shortest)
        check_range(self, "max_length", "longest_chain", self.shortest)
        check_range(self, "min_persons", "max_persons", 4)
        check_labels("FamilyTree", "max_persons", self.max_persons, self.digits)
        names = self.relations + len(RELATIONS)
        check_labels("FamilyTree", "number of all relations", names, self.digits)
        every = chains(self.relations, (self.shortest, self.longest_chain))
        if not {self.min_length, self.longest_chain} <= {len(chain) for chain in every}:
            raise ValueError(f"FamilyTree: relations is {self.relations}; more are needed.")
        if self.from_file:
            digest = sha256_of(self.from_file, self.from_file_sha256)
            object.__setattr__(self, "from_file_sha256", digest)
            persons = read_family(self.from_file, digest).nodes
            check_labels("FamilyTree", "number of persons", persons, self.digits)

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """Every length that a further relation can have."""
        return tuple(range(self.shortest, self.longest_chain + 1))

    @property
    def difficulty(self) -> Mapping[str, tuple[int, int]]:
        if self.from_file:
            return {"length": self.lengths}
        return {"length": self.lengths, "persons": (self.min_persons, self.max_persons)}

    @property
    def test_points(self) -> tuple[tuple[str, int], ...]:
        """Without more persons than there are labels."""
        found = super().test_points
        return tuple((name, value) for name, value in found if value <= 10**self.digits)

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        persons: int | None = None,
    ) -> Batch:
        """As in `Task`; `persons` is how many a random family has.

        Raises ValueError for a length that no further relation has, for persons where the family is
        that of a file, and where nothing can be asked.
        """
        length = self.draw_length(rng, length)
        if length > self.longest_chain:
            raise ValueError(
                f"FamilyTree: length is {length}; a whole number of at least 2 and at most "
                f"longest_chain, {self.longest_chain}, is needed."
            )
        sizes = self.min_persons, self.max_persons
        if persons is not None and self.from_file:
            raise ValueError(f"FamilyTree: persons is {persons}; the family of a file has its own.")
        if persons is not None:
            sizes = (whole("FamilyTree", "persons", persons, 4),) * 2
            check_labels("FamilyTree", "persons", sizes[1], self.digits)
        return Batch.joined([self._one(rng, length, sizes) for _ in range(batch_size)])

    def chance_bits(self, length: int | None = None) -> float:
        return self.triple_bits

    def _one(self, rng: np.random.Generator, length: int, sizes: tuple[int, int]) -> Batch:
        for _ in range(_TRIES):
            graph = self._family(rng, int(rng.integers(*sizes, endpoint=True)))
            found = self._question(rng, graph, length)
            if found is not None:
                break
        else:
            raise ValueError(
                f"FamilyTree: no relation of length {length} has one answer in {_TRIES} families "
                f"of {sizes[0]} to {sizes[1]} persons; more persons are needed."
            )
        persons_N = rng.permutation(10**self.digits)
        source, kind, target = graph.edges_E3.T
        told_S3 = np.stack([persons_N[source], kind, persons_N[target]], 1)
        person, relation, relative = found
        answer_S3 = np.array([[persons_N[person], len(RELATIONS) + relation, persons_N[relative]]])
        asked_S3 = answer_S3.copy()
        asked_S3[0, 2] = BLANK
        return episode(shuffled(rng, told_S3), asked_S3, answer_S3, self.digits, planning=0)

    def _family(self, rng: np.random.Generator, persons: int) -> Graph:
        if self.from_file:
            return read_family(self.from_file, self.from_file_sha256)
        return random_family(rng, persons)

    def _question(
        self, rng: np.random.Generator, graph: Graph, length: int
    ) -> tuple[int, int, int] | None:
        """A person, a further relation by its number, and the one relative; None if there is none.

        Relations are tried in random order.
        """
        every = chains(self.relations, (self.shortest, self.longest_chain))
        fitting = [number for number, chain in enumerate(every) if len(chain) == length]
        for relation in rng.permutation(fitting):
            leads_NN = ends_NN(graph, every[relation])
            unique_N = (leads_NN.sum(1) == 1) & ~leads_NN.diagonal()
            if unique_N.any():
                person = int(rng.choice(np.flatnonzero(unique_N)))
                return person, int(relation), int(leads_NN[person].argmax())
        return None
