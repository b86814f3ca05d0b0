"""What the command line parser complains of, in one line instead of a box."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

PLAINER = {
    r"invalid literal for int\(\) with base 10: ": "a whole number is needed, not ",
    r"could not convert string to float: ": "a number is needed, not ",
}
"""What Python says of a text that is no number, and the words that we say it in."""


@contextlib.contextmanager
def errors_in_one_line(command: str, arguments: Sequence[str]) -> Iterator[None]:
    """Turns tyro's boxes on standard error into one line; `arguments` are what was typed."""
    caught = io.StringIO()
    try:
        with contextlib.redirect_stderr(caught):
            yield
    except SystemExit as stop:
        if stop.code != 2:
            raise
        print(f"memnets: {_in_one_line(caught.getvalue(), command, arguments)}", file=sys.stderr)
        raise
    sys.stderr.write(caught.getvalue())


def _in_one_line(box: str, command: str, arguments: Sequence[str]) -> str:
    wrong, *advice = _parts(box) or [["what was asked is not clear"]]
    text = " ".join(wrong).replace("Error parsing __tyro-dummy-inner__.", "")
    text = re.sub(r" \(applied to [^)]*\)", "", text)
    for pattern, words in PLAINER.items():
        text = re.sub(pattern, words, text)
    typed = {argument.partition("=")[0] for argument in arguments}
    found = _suggestions([line for part in advice for line in part], command)
    hint = _usage(found, typed) or _similar(found, typed)
    end = "" if text.endswith((".", "?")) else "."
    return f"{text.replace('?.', '?')}{end}{hint} See {command} --help."


def _parts(box: str) -> list[list[str]]:
    """The box's lines without its title and frame, cut at empty lines and at rules."""
    parts: list[list[str]] = [[]]
    for line in (line.strip("│|╰╯ ") for line in box.splitlines()[1:]):
        if set(line) <= {"─", "-"}:
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]


class _Suggestion(NamedTuple):
    """An option that the parser speaks of, as it is written, and the word it must stand after."""

    option: str
    written: str
    after: str


def _suggestions(lines: list[str], command: str) -> list[_Suggestion]:
    """The options of this command that the advice names; those of other commands are left out."""
    found = []
    for number, line in enumerate(lines):
        if not line.startswith("--"):
            continue
        about = takewhile(lambda line: not line.startswith("--"), lines[number + 1 :])
        places = [place[1] for text in about if (place := re.fullmatch(r"in (.+) --help", text))]
        # a place is the command's first word, then subcommands: ours, another, or part:choice
        words = [place.split()[1:] for place in places] or [[]]
        after = [[word for word in path if word != command.split()[-1]] for path in words]
        ours = [" ".join(path) for path in after if all(":" in word for word in path)]
        if ours:
            found.append(_Suggestion(line.split()[0].rstrip(","), line, min(ours)))
    return found


def _usage(found: list[_Suggestion], typed: set[str]) -> str:
    for option, written, after in found:
        if option in typed:
            return f" Write {after} before {option}." if after else f" Write {written}."
    return ""


def _similar(found: list[_Suggestion], typed: set[str]) -> str:
    options = dict.fromkeys(option for option, _, _ in found if option not in typed)
    return f" Did you mean {' or '.join(options)}?" if options else ""
