"""Stories with questions, and the file format in which the bAbI tasks are published.

A file has one sentence per line, after its number in the story; a story begins where the number is
1 again. A question is followed by a tab, its answer (of several words with commas between), a tab
and the numbers of the sentences that support the answer (Weston et al. 2015).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..files import BadFile

_TOKEN = re.compile(r"[^\s.?,]+|[.?]")
_NAME = re.compile(r"qa(\d+)_.*_(train|test)\.txt")


class Sentence(NamedTuple):
    """One line of a story: a statement, or a question with its answer."""

    number: int
    words: tuple[str, ...]
    """In lower case, with the full stop or the question mark as the last one."""
    answer: tuple[str, ...] = ()
    """Empty for a statement."""
    support: tuple[int, ...] = ()
    """The numbers of the statements that support the answer."""


class Story(NamedTuple):
    """The sentences of a story, and of which kind it is: 1 to 20 in bAbI."""

    kind: int
    sentences: tuple[Sentence, ...]

    @property
    def questions(self) -> tuple[Sentence, ...]:
        """The sentences that ask."""
        return tuple(sentence for sentence in self.sentences if sentence.answer)

    def text(self) -> str:
        """The story in the published format."""
        lines = []
        for number, words, answer, support in self.sentences:
            sentence = f"{number} {' '.join(words[:-1])}{words[-1]}"
            asked = f"\t{','.join(answer)}\t{' '.join(map(str, support))}" if answer else ""
            lines.append(f"{sentence}{asked}\n")
        return "".join(lines)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case; a full stop and a question mark are words too."""
    return tuple(_TOKEN.findall(text.lower()))


def read_stories(path: str | Path, kind: int) -> tuple[Story, ...]:
    """The stories of a file; raises BadFile, with the number of the line, for what is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: {getattr(error, 'strerror', None) or error}.") from error
    stories: list[list[Sentence]] = []
    for line, text in enumerate(lines, 1):
        where = f"{path}, line {line}"
        sentence = _sentence(text, where)
        if sentence.number == 1:
            _check_asks(stories, f"{path}, line {line - 1}")
            stories.append([])
        expected = len(stories[-1]) + 1 if stories else 1
        if sentence.number != expected:
            raise BadFile(f"{where}: its number is {sentence.number}; {expected} or 1 is needed.")
        for number in sentence.support:
            if not 1 <= number < expected or stories[-1][number - 1].answer:
                raise BadFile(f"{where}: {number} supports the answer but is no statement before.")
        stories[-1].append(sentence)
    if not stories:
        raise BadFile(f"{path}: there is no story in it.")
    _check_asks(stories, f"{path}, line {len(lines)}")
    return tuple(Story(kind, tuple(sentences)) for sentences in stories)


def _sentence(text: str, where: str) -> Sentence:
    number, _, rest = text.partition(" ")
    if not number.isascii() or not number.isdigit():
        raise BadFile(f"{where}: {text!r:.60} does not begin with a number.")
    said, *asked = (part.strip() for part in rest.split("\t"))
    words = words_of(said)
    if len(words) < 2 or words[-1] not in ".?":
        raise BadFile(f"{where}: {said!r:.60} is no sentence; words and . or ? are needed.")
    if (words[-1] == "?") != bool(asked):
        raise BadFile(f"{where}: a question needs an answer after a tab, and a statement has none.")
    if not asked:
        return Sentence(int(number), words)
    answer = tuple(word for word in asked[0].lower().split(",") if word)
    support = asked[1].split() if len(asked) > 1 else []
    if not answer or len(asked) > 2 or not all(s.isascii() and s.isdigit() for s in support):
        raise BadFile(f"{where}: after a question come an answer and numbers, with tabs between.")
    return Sentence(int(number), words, answer, tuple(map(int, support)))


def _check_asks(stories: list[list[Sentence]], where: str) -> None:
    if stories and not any(sentence.answer for sentence in stories[-1]):
        raise BadFile(f"{where}: the story that ends here asks nothing.")


def files_of(folder: str, part: str) -> dict[int, Path]:
    """The files of a folder that hold stories, by kind; `part` is train or test.

    Raises BadFile for a folder without any, or with two files of one kind.
    """
    found: dict[int, Path] = {}
    for path in sorted(Path(folder).glob(f"qa*_{part}.txt")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        other = found.setdefault(int(name[1]), path)
        if other != path:
            raise BadFile(f"{folder}: {other.name} and {path.name} are of one kind.")
    if not found:
        raise BadFile(f"{folder}: there is no file qa<kind>_<name>_{part}.txt in it.")
    return dict(sorted(found.items()))


@cache
def read_folder(
    folder: str, part: str, kinds: tuple[int, ...], sha256: str = ""
) -> tuple[Story, ...]:
    """The stories of those kinds in a folder of files; of all kinds where none is named.

    Raises BadFile for a kind without a file.
    """
    found = files_of(folder, part)
    for kind in kinds:
        if kind not in found:
            raise BadFile(f"{folder}: there is no file qa{kind}_<name>_{part}.txt in it.")
    return tuple(story for kind in kinds or found for story in read_stories(found[kind], kind))


def counts(stories: tuple[Story, ...]) -> dict[str, int]:
    """How many stories, questions, words, different answers and supporting statements there are.

    Words are those of sentences and answers, in lower case and without . and ?. Different answers
    are whole ones: two words are another answer than each of them.
    """
    questions = [question for story in stories for question in story.questions]
    return {
        "stories": len(stories),
        "questions": len(questions),
        "words": len(set(vocabulary_of(stories)) - {".", "?"}),
        "answers": len({question.answer for question in questions}),
        "supporting": sum(len(question.support) for question in questions),
    }


def vocabulary_of(stories: tuple[Story, ...]) -> Iterator[str]:
    """All words of the stories, the same one several times, . and ? included."""
    for story in stories:
        for sentence in story.sentences:
            yield from sentence.words
            yield from sentence.answer
