"""Stories of our own making, in the manner of some of the bAbI kinds (Weston et al. 2015).

Each kind is a function of a generator and a number of questions; `KINDS` has them by their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from .stories import Sentence, Story, words_of

PERSONS = ("mary", "john", "daniel", "sandra")
PLACES = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
OBJECTS = ("apple", "football", "milk")
MOVES = ("moved to", "went to", "went back to", "journeyed to", "travelled to")
TAKES = ("took", "got", "picked up", "grabbed")
DROPS = ("dropped", "discarded", "put down", "left")
GIVES = ("handed", "passed", "gave")
NUMBERS = ("none", "one", "two", "three")
NAMES = ("gertrude", "winona", "jessica", "emily")
SPECIES = MappingProxyType({"mouse": "mice", "wolf": "wolves", "cat": "cats", "sheep": "sheep"})
DIRECTIONS = MappingProxyType({"north": (0, 1), "south": (0, -1), "east": (1, 0), "west": (-1, 0)})

T = TypeVar("T")


class _Draft:
    """A story that is being told."""

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.sentences: list[Sentence] = []

    def say(self, text: str) -> int:
        """Add a statement; its number."""
        self.sentences.append(Sentence(len(self.sentences) + 1, words_of(text)))
        return len(self.sentences)

    def ask(self, text: str, answer: str, support: list[int]) -> None:
        """Add a question; its answer has spaces between words."""
        number, words = len(self.sentences) + 1, tuple(answer.split())
        self.sentences.append(Sentence(number, words_of(text), words, tuple(support)))

    def story(self) -> Story:
        return Story(self.kind, tuple(self.sentences))


def location(rng: np.random.Generator, questions: int) -> Story:
    """Kind 1: persons go to places, two moves before each question where one of them is."""
    draft, where = _Draft(1), dict[str, tuple[str, int]]()
    for _ in range(questions):
        for _ in range(2):
            person, place = _one(rng, PERSONS), _one(rng, PLACES)
            said = draft.say(f"{person} {_one(rng, MOVES)} the {place}.")
            where[person] = place, said
        person = _one(rng, tuple(where))
        place, said = where[person]
        draft.ask(f"Where is {person}?", place, [said])
    return draft.story()


def counting(rng: np.random.Generator, questions: int) -> Story:
    """Kind 7: persons take, drop and hand over objects; how many does one of them carry?

    Between questions come two such events or moves. Asked about is a person who took or was handed
    an object before; the support is each event that changed what she carries.
    """
    draft = _Draft(7)
    holder = dict[str, str]()
    events = dict[str, list[int]]()
    while len(draft.sentences) < 3 * questions or not events:
        if len(draft.sentences) % 3 == 2 and events:
            person = _one(rng, tuple(events))
            held = sum(owner == person for owner in holder.values())
            draft.ask(
                f"How many objects is {person} carrying?", NUMBERS[held], list(events[person])
            )
            continue
        _handle(rng, draft, holder, events)
    return draft.story()


def _handle(
    rng: np.random.Generator, draft: _Draft, holder: dict[str, str], events: dict[str, list[int]]
) -> None:
    person, thing = _one(rng, PERSONS), _one(rng, OBJECTS)
    owner = holder.get(thing)
    # the first two statements of a story must give something to ask about
    if owner is None and (rng.random() < 0.75 or not events):
        said = draft.say(f"{person} {_one(rng, TAKES)} the {thing} there.")
        holder[thing] = person
        events.setdefault(person, []).append(said)
    elif owner is not None and rng.random() < 0.4:
        events[owner].append(draft.say(f"{owner} {_one(rng, DROPS)} the {thing}."))
        del holder[thing]
    elif owner is not None and owner != person and rng.random() < 0.6:
        said = draft.say(f"{owner} {_one(rng, GIVES)} the {thing} to {person}.")
        holder[thing] = person
        events[owner].append(said)
        events.setdefault(person, []).append(said)
    else:
        draft.say(f"{person} {_one(rng, MOVES)} the {_one(rng, PLACES)}.")


def deduction(rng: np.random.Generator, questions: int) -> Story:
    """Kind 15: each species fears another, each person is of a species; what does one fear?"""
    draft, species = _Draft(15), tuple(SPECIES)
    fears = {one: _one(rng, [other for other in species if other != one]) for one in species}
    member = {name: _one(rng, species) for name in NAMES}
    said = {}
    told = [*fears, *member]
    for index in rng.permutation(len(told)):
        name = told[index]
        if name in fears:
            said[name] = draft.say(f"{SPECIES[name]} are afraid of {SPECIES[fears[name]]}.")
        else:
            said[name] = draft.say(f"{name} is a {member[name]}.")
    for _ in range(questions):
        name = _one(rng, NAMES)
        kind = member[name]
        draft.ask(f"What is {name} afraid of?", fears[kind], [said[name], said[kind]])
    return draft.story()


def path_finding(rng: np.random.Generator, questions: int) -> Story:
    """Kind 19: how rooms lie beside each other; which two steps lead from one to another?

    Rooms stand on a grid and touch only where a sentence says so, so that there is one shortest
    way. An answer is two of n, s, e, w.
    """
    draft = _Draft(19)
    rooms = [PLACES[index] for index in rng.permutation(len(PLACES))]
    at, ways, told = {rooms[0]: (0, 0)}, dict[tuple[str, str], tuple[str, int]](), []
    for room in rooms[1:]:
        old, direction = _free_side(rng, at)
        at[room] = _beside(at[old], direction)
        told.append((room, old, direction))
    for index in rng.permutation(len(told)):
        room, old, direction = told[index]
        said = draft.say(f"The {room} is {direction} of the {old}.")
        back = next(d for d in DIRECTIONS if _beside(at[room], d) == at[old])
        ways[old, room], ways[room, old] = (direction[0], said), (back[0], said)
    pairs = [
        (start, middle, goal)
        for start, middle in ways
        for other, goal in ways
        if middle == other and goal != start
    ]
    for _ in range(questions):
        start, middle, goal = _one(rng, pairs)
        (first, one), (second, other) = ways[start, middle], ways[middle, goal]
        draft.ask(
            f"How do you go from the {start} to the {goal}?", f"{first} {second}", [one, other]
        )
    return draft.story()


def _beside(cell: tuple[int, int], direction: str) -> tuple[int, int]:
    right, up = DIRECTIONS[direction]
    return cell[0] + right, cell[1] + up


def _free_side(rng: np.random.Generator, at: Mapping[str, tuple[int, int]]) -> tuple[str, str]:
    """A room and a side of it where a further room would touch no other one."""
    taken = set(at.values())
    sides = [
        (room, direction)
        for room, cell in at.items()
        for direction in DIRECTIONS
        if _touching(_beside(cell, direction), taken) == {cell}
    ]
    return _one(rng, sides)


def _touching(cell: tuple[int, int], taken: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return (taken & {_beside(cell, direction) for direction in DIRECTIONS}) | (taken & {cell})


def _one(rng: np.random.Generator, choices: list[T] | tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]


def _words(*parts: str | Iterable[str]) -> tuple[str, ...]:
    texts = " ".join(part if isinstance(part, str) else " ".join(part) for part in parts)
    return words_of(texts)


WORDS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: _words(PERSONS, PLACES, MOVES, "the. where is?"),
        7: _words(PERSONS, PLACES, MOVES, OBJECTS, TAKES, DROPS, GIVES, NUMBERS)
        + _words("the there to. how many objects is carrying?"),
        15: _words(NAMES, SPECIES, SPECIES.values(), "is a. are afraid of. what is?"),
        19: _words(PLACES, DIRECTIONS, "n s e w the is of. how do you go from to?"),
    }
)
"""All words of a kind, some of them several times."""
KINDS: Mapping[int, Callable[[np.random.Generator, int], Story]] = MappingProxyType(
    {1: location, 7: counting, 15: deduction, 19: path_finding}
)
