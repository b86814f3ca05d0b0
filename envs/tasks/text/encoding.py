"""Stories as sequences of words: one word a step, and a step with a dash for each word to answer.

Shapes: T time steps, B sequences, V words of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..batch import Batch
from .stories import Story

ASKS = "-"
"""The word that is shown where a word of an answer is expected (DNC, methods)."""


class Encoded(NamedTuple):
    """A story as word ids."""

    kind: int
    words_T: np.ndarray
    targets_T: np.ndarray
    """The word to answer, where the word shown is the dash; zero elsewhere"""
    asks_T: np.ndarray
    ends: tuple[int, ...]
    """The number of steps up to the end of each question's answer"""

    def first(self, questions: int) -> Encoded:
        """The story up to its question of that number, counted from 1, or its last one."""
        ends = self.ends[:questions]
        end = ends[-1]
        return Encoded(self.kind, self.words_T[:end], self.targets_T[:end], self.asks_T[:end], ends)


def encode(story: Story, number: Mapping[str, int]) -> Encoded:
    """The story with the number of each word; it ends with the answer to its last question."""
    words: list[str] = []
    answers: list[str] = []
    # a story may have a dash of its own
    asks: list[bool] = []
    ends = []
    for sentence in story.sentences:
        told, asked = len(sentence.words), len(sentence.answer)
        words += [*sentence.words, *[ASKS] * asked]
        answers += [*[ASKS] * told, *sentence.answer]
        asks += [*[False] * told, *[True] * asked]
        if sentence.answer:
            ends.append(len(words))
    words_T, answers_T = (
        np.array([number[word] for word in line[: ends[-1]]], np.int64) for line in (words, answers)
    )
    asks_T = np.array(asks[: ends[-1]])
    return Encoded(story.kind, words_T, np.where(asks_T, answers_T, 0), asks_T, tuple(ends))


def as_batch(stories: Sequence[Encoded], size: int) -> Batch:
    """Stories side by side, words one-hot among `size`."""
    steps = max(len(story.words_T) for story in stories)
    inputs_TBX = np.zeros((steps, len(stories), size), np.float32)
    targets_TBY = np.zeros((steps, len(stories), 1), np.int64)
    mask_TB = np.zeros((steps, len(stories)), bool)
    lengths_B = np.array([len(story.words_T) for story in stories])
    for row, (_, words_T, targets_T, asks_T, _) in enumerate(stories):
        inputs_TBX[np.arange(len(words_T)), row, words_T] = 1
        targets_TBY[: len(words_T), row, 0] = targets_T
        mask_TB[: len(words_T), row] = asks_T
    return Batch(
        inputs_TBX, targets_TBY, mask_TB, None if (lengths_B == steps).all() else lengths_B
    )


def vocabulary(words: Iterable[str]) -> tuple[str, ...]:
    """Different words in alphabetical order, after the dash."""
    return (ASKS, *sorted(set(words) - {ASKS}))


def wrong_questions(errors_TB: np.ndarray, mask_TB: np.ndarray) -> tuple[int, int]:
    """How many questions have a wrong word in their answer, and how many there are.

    The answer to a question is a run of steps that are scored.
    """
    before_TB = np.pad(mask_TB, [(1, 0), (0, 0)])[:-1]
    question_TB = (mask_TB & ~before_TB).cumsum(0)
    step, row = np.nonzero(mask_TB & (errors_TB > 0))
    wrong = {(b, question_TB[t, b]) for t, b in zip(step, row, strict=True)}
    return len(wrong), int(question_TB[-1].sum())
