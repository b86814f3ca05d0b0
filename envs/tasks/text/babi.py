"""bAbI: questions about stories in words (Weston et al. 2015), told as in the DNC paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ...answers import Symbols
from ..base import Batch, Task, tasks
from ..checks import check_range, check_text, whole
from ..files import at_most_once, sha256_of_all
from . import world
from .encoding import Encoded, as_batch, encode, vocabulary, wrong_questions
from .stories import files_of, read_folder, vocabulary_of


class _Corpus(NamedTuple):
    words: tuple[str, ...]
    train: Mapping[int, tuple[Encoded, ...]]
    test: Mapping[int, tuple[Encoded, ...]]


@tasks.register("babi")
@dataclass(frozen=True, kw_only=True)
class Babi(Task):
    """Answer questions about stories, word by word.

    A story comes one word a step, one-hot, in lower case; a full stop and a question mark are words
    too. After a question a dash is shown once for each word of its answer, which that step is
    scored by. `length` counts questions: a story of `length` ends with the answer to that one.

    With `folder`, stories are those of the published files in it, `qa1_…_train.txt` to
    `qa20_…_test.txt`, of the `kinds` that are named, or of all of them. Training draws whole
    stories unless a length is given, each kind as likely as the others; tests take stories of the
    test files, each at most once. Without a folder, stories are of our own making
    (`world.KINDS`), of `min_length` to `max_length` questions: location (1), counting (7),
    deduction (15) and path-finding (19).

    Tests have the column `question_error`: the share of questions with a wrong word.
    """

    kinds: tuple[int, ...] = ()
    folder: str = ""
    folder_sha256: str = ""
    min_length: int = 1
    max_length: int = 5

    def __post_init__(self) -> None:
        check_text(self, "folder", "folder_sha256")
        check_range(self, "min_length", "max_length", self.shortest)
        kinds = tuple(whole("Babi", "kinds", kind, 1) for kind in self._given())
        if self.folder:
            object.__setattr__(self, "folder_sha256", _digest(self.folder, self.folder_sha256))
        else:
            for kind in kinds:
                if kind not in world.KINDS:
                    made = ", ".join(map(str, world.KINDS))
                    raise ValueError(
                        f"Babi: kind {kind} needs the published files (folder); {made} do not."
                    )
        object.__setattr__(self, "kinds", kinds or self._every())
        if self.folder:
            # what is wrong with a file is said now
            self._corpus()

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary: a word's place is its number."""
        if self.folder:
            return self._corpus().words
        return vocabulary(word for kind in self.kinds for word in world.WORDS[kind])

    @property
    def input_size(self) -> int:
        return len(self.words)

    @property
    def answer(self) -> Symbols:
        return Symbols(len(self.words))

    @property
    def lengths(self) -> tuple[int, int]:
        """With a folder, from 1 to the most questions of a story."""
        if not self.folder:
            return self.min_length, self.max_length
        train = self._corpus().train.values()
        return 1, max(len(story.ends) for stories in train for story in stories)

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """With a folder, whole stories only."""
        return (self.lengths[1],) if self.folder else super().test_lengths

    @property
    def difficulty(self) -> Mapping[str, tuple[int, int]]:
        return {"length": self.lengths, "kind": (min(self.kinds), max(self.kinds))}

    @property
    def test_points(self) -> tuple[tuple[str, int], ...]:
        """Every kind by itself."""
        return tuple(("kind", kind) for kind in self.kinds)

    def sample(
        self,
        rng: np.random.Generator,
        batch_size: int,
        length: int | None = None,
        kind: int | None = None,
    ) -> Batch:
        """As in `Task`; `kind` is that of all stories. Raises ValueError for one that is not here.

        With a folder, a length of None means whole stories.
        """
        kinds_B = self._kinds(rng, batch_size, kind)
        if not self.folder:
            length = self.draw_length(rng, length)
            return self._batch([self._made(rng, one, length) for one in kinds_B])
        train = self._corpus().train
        drawn = [train[one][int(rng.integers(len(train[one])))] for one in kinds_B]
        return self._batch(drawn if length is None else self._cut(drawn, length))

    def test_sample(self, rng: np.random.Generator, batch_size: int, length: int) -> Batch:
        """With a folder, stories of its test files."""
        if not self.folder:
            return self.sample(rng, batch_size, length)
        test = [story for stories in self._corpus().test.values() for story in stories]
        return self._batch(self._cut(_drawn(rng, test, batch_size), length))

    def test_at(self, rng: np.random.Generator, batch_size: int, name: str, value: int) -> Batch:
        """Stories of one kind; with a folder, of its test files, whole ones."""
        if not self.folder or name != "kind":
            return super().test_at(rng, batch_size, name, value)
        (kind,) = set(self._kinds(rng, 1, value))
        return self._batch(_drawn(rng, self._corpus().test[kind], batch_size))

    def marks(self, errors_TB: np.ndarray, batch: Batch) -> Mapping[str, float]:
        wrong, asked = wrong_questions(errors_TB, batch.mask_TB)
        return {"question_error": wrong / asked}

    def facts(self) -> Mapping[str, Any]:
        """The vocabulary."""
        return {"vocabulary": list(self.words)}

    def chance_bits(self, length: int | None = None) -> float:
        per_word = math.log2(len(self.words))
        if not self.folder:
            # the ways of path-finding have two words
            per_question = float(np.mean([2 if kind == 19 else 1 for kind in self.kinds]))
            asked = sum(self.lengths) / 2 if length is None else length
            return per_word * per_question * asked
        lengths = range(1, self.lengths[1] + 1) if length is None else (length,)
        stories = [story for own in self._corpus().train.values() for story in own]
        words = [story.first(n).asks_T.sum() for n in lengths for story in stories]
        return per_word * float(np.mean(words))

    def _given(self) -> tuple[Any, ...]:
        if isinstance(self.kinds, list | tuple):
            return tuple(self.kinds)
        raise ValueError(f"Babi: kinds is {self.kinds!r:.60}; numbers are needed, as in [1, 2].")

    def _every(self) -> tuple[int, ...]:
        return tuple(files_of(self.folder, "train") if self.folder else world.KINDS)

    def _corpus(self) -> _Corpus:
        return _corpus(self.folder, self.kinds, self.folder_sha256)

    def _kinds(self, rng: np.random.Generator, count: int, kind: int | None) -> list[int]:
        if kind is None:
            return [self.kinds[index] for index in rng.integers(len(self.kinds), size=count)]
        if kind not in self.kinds:
            raise ValueError(f"Babi: no kind {kind}; there are {', '.join(map(str, self.kinds))}.")
        return [kind] * count

    def _made(self, rng: np.random.Generator, kind: int, length: int) -> Encoded:
        number = _numbers(self.words)
        return encode(world.KINDS[kind](rng, length), number)

    def _cut(self, stories: list[Encoded], length: int) -> list[Encoded]:
        asked = whole("Babi", "length", length, self.shortest)
        return [story.first(asked) for story in stories]

    def _batch(self, stories: list[Encoded]) -> Batch:
        return as_batch(stories, len(self.words))


def _drawn(rng: np.random.Generator, stories: Sequence[Encoded], count: int) -> list[Encoded]:
    return [stories[index] for index in at_most_once(rng, len(stories), count)]


@cache
def _numbers(words: tuple[str, ...]) -> dict[str, int]:
    return {word: number for number, word in enumerate(words)}


@cache
def _corpus(folder: str, kinds: tuple[int, ...], sha256: str) -> _Corpus:
    train, test = (read_folder(folder, part, kinds, sha256) for part in ("train", "test"))
    words = vocabulary(vocabulary_of(train + test))
    number = _numbers(words)

    def by_kind(stories: tuple[Any, ...]) -> dict[int, tuple[Encoded, ...]]:
        own = {kind: [story for story in stories if story.kind == kind] for kind in kinds}
        return {kind: tuple(encode(story, number) for story in own[kind]) for kind in kinds}

    return _Corpus(words, by_kind(train), by_kind(test))


def _digest(folder: str, wanted: str) -> str:
    """The SHA-256 of all files of stories in a folder; raises BadFile where another is wanted."""
    paths = [path for part in ("train", "test") for path in files_of(folder, part).values()]
    return sha256_of_all(folder, paths, wanted)
