"""Every numeric option of every command, found in its --help, with texts that are typed there."""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from memnets.cli.bench import BENCHES
from memnets.cli.main import main

ALWAYS = ("nan", "inf", "-1", "2", "1e400")
IN_TURN = (
    *("-inf", "0", "0.5", "1.5", "-0", "+2", " 2 ", "1_0", "1e3", "-1e308", "1e-400", "0x10", ""),
    *("99999999999999999999999", " ", "five", "None", "True", "1,5", "2**3", "\u0662", "\u221e"),
    *("--", "[1]", "{}", "null", "%s", "\x00", "5\n6", "$(ls)"),
)
EACH = 10
"""So many of them for one option, the next ones for the next: a parse takes 50 ms."""


def texts(number: int) -> list[str]:
    """What the option of this number meets."""
    start = number * EACH
    return [*ALWAYS, *(IN_TURN[i % len(IN_TURN)] for i in range(start, start + EACH))]


OPTION = re.compile(r"(--[\w.-]+) ((?:\{None\}\|)?\S*(?:INT|FLOAT))")
PART = re.compile(r"(procedure\.[\w-]+):((?!none)[\w-]+)")

OF_STUDIES = (["study", "run", "demo"], ["study", "plan", "demo"])
REALLY_RUN = {"envs", "device"}
"""Benches that are functions: what they take would be measured, so only refusals are looked at."""


@dataclass(frozen=True)
class Typed:
    """An option of a command: what stands before its value, and of which type the value is."""

    before: tuple[str, ...]
    hint: str
    joined: bool = False
    """Whether the value is a part of the last word, as in --set NAME=VALUE."""

    def words(self, text: str) -> list[str]:
        *others, last = self.before
        # a value that begins with a dash would be an option of its own
        return [*others, f"{last}{text}"] if self.joined else [*others, f"{last}={text}"]

    @property
    def label(self) -> str:
        return " ".join(self.before)


def options(trained: str, folder: str) -> Iterator[Typed]:
    """All of them; `trained` is a trial's folder, `folder` one of results with the study demo."""
    yield from _of("train", "--folder", folder)
    for name, kind in sorted(set(PART.findall(_help("train")))):
        yield from _of("train", f"{name}:{kind}", only=f"--{name}.")
    for command in OF_STUDIES:
        yield from _of(*command, "--folder", folder)
        for name in ("learning_rate", "model.controller_size", "model.cell_options.slots"):
            hint = "FLOAT" if name == "learning_rate" else "INT"
            yield Typed((*command, "--folder", folder, "--set", f"{name}="), hint, joined=True)
    yield Typed((*OF_STUDIES[0], "--scheduler", "tcp://0", "--resources", "GPU="), "FLOAT", True)
    yield from _of("evaluate", trained)
    yield from _of("study", "watch", "demo", "--once", "--folder", folder)
    for bench in BENCHES:
        yield from _of("bench", bench, "--folder", folder)
    for name in ("--cell-options", "--task-options", "--regularisers"):
        key = {"c": "slots", "t": "max_length", "r": "address_entropy"}[name[2]]
        yield Typed(("train", "--folder", folder, name, key), "PAIR")


def _of(*command: str, only: str = "--") -> Iterator[Typed]:
    for option, hint in dict(OPTION.findall(_help(*command))).items():
        if option.startswith(only):
            yield Typed((*command, option), hint)


def _help(*command: str) -> str:
    status, said = call([*command, "--help"])
    assert status == 0, said
    return said


def fault(option: Typed, text: str) -> str | None:
    """What is wrong with how the command answers the text; None where nothing is."""
    words = [*option.before, text] if option.hint == "PAIR" else option.words(text)
    try:
        status, said = call(words)
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.200}"
    if status == 0:
        return None if _means_a_number(option.hint, text) else f"accepted: {said[-200:]!r}"
    lines = said.splitlines()
    if status != 2 or not lines[-1:] or not lines[-1].startswith("memnets: "):
        return f"status {status}: {said[-200:]!r}"
    if len([line for line in lines if line.startswith("memnets: ")]) != 1 or "Traceback" in said:
        return f"not one line: {said[:300]!r}"
    if re.search(r"__\w+__|object at 0x|NoneType|not supported between|unexpected keyword", said):
        return f"Python's own words: {said[:300]!r}"
    return None


def expects_refusal(option: Typed, text: str) -> bool:
    """Whether no command should take the text, whatever the option's own bounds are."""
    return not _means_a_number(option.hint, text)


def is_run(option: Typed) -> bool:
    """Whether what the command takes is really run, for as long as that takes."""
    return option.before[0] == "bench" and option.before[1] in REALLY_RUN


def _means_a_number(hint: str, text: str) -> bool:
    # None is what an option of that kind, and a pair's value, may be
    if text in ("None", "null") and ("None" in hint or hint == "PAIR"):
        return True
    try:
        value: Any = float(text) if "FLOAT" in hint or hint == "PAIR" else int(text)
    except ValueError:
        return False
    return math.isfinite(value) and (isinstance(value, float) or abs(value) < 2**64)


def call(words: Sequence[str]) -> tuple[int, str]:
    """The exit status of the command, and all that it printed."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            status = main(list(words))
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return status, said.getvalue()
