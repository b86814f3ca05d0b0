"""Agents without memory that solve the tapes with a memory tape: functions of what is seen now.

Each gets the symbol of the input tape and that of the memory tape, where `None` is a blank, and
says where to move, what to write (`None`: nothing), where to move on the memory tape and what to
keep there. That they exist is why the memory tape is enough.
"""

from typing import NamedTuple

import numpy as np

from envs.tapes.memory import MOVES


class Do(NamedTuple):
    move: str
    write: int | None = None
    memory: str = "stay"
    keep: int | None = None


def copy(task):
    return lambda seen, kept: Do("right", seen)


def skip_copies(count):
    """Write at the first of so many equal symbols; the memory counts them."""

    def act(seen, kept):
        before = kept or 0
        return Do("right", seen if before == 0 else None, keep=(before + 1) % count)

    return act


def back_and_forth(task):
    """Write all along; the memory says whether the way is back."""

    def act(seen, kept):
        back = kept == 1
        if seen is None:
            return Do("right" if back else "left", keep=0 if back else 1)
        return Do("left" if back else "right", seen)

    return act


def reverse(task):
    def act(seen, kept):
        if kept == 1:
            return Do("left", seen)
        return Do("left", keep=1) if seen is None else Do("right")

    return act


def reverse_with_end(task):
    def act(seen, kept):
        if kept == 1:
            return Do("left", 0 if seen is None else seen)
        return Do("left", keep=1) if seen == 0 else Do("right")

    return act


def forward_reverse(task):
    """Keep every symbol, then write them from the memory; beyond the end means that it is full."""

    def act(seen, kept):
        if seen is None:
            return Do("stay", 0 if kept is None else kept, "left")
        if seen == 0:
            return Do("right", memory="left")
        return Do("right", memory="right", keep=seen)

    return act


def repeat_copy(task):
    """Copies that are missing, and the way: forth (0), back (1) or over the number (2)."""
    most = task.max_repeats
    states = [(0, missing) for missing in range(1, most + 1)]
    states += [(way, missing) for way in (1, 2) for missing in range(1, most)]
    assert len(states) <= task.memory_symbols

    def act(seen, kept):
        if kept is None:
            return Do("right", keep=states.index((0, seen)))
        way, missing = states[kept]
        if way == 1:
            if seen is None:
                return Do("right", keep=states.index((2, missing)))
            return Do("left")
        if way == 2:
            return Do("right", keep=states.index((0, missing)))
        if seen != 0:
            return Do("right", seen)
        if missing == 1:
            return Do("stay", 0)
        return Do("left", keep=states.index((1, missing - 1)))

    return act


def addition(task):
    """Down one column and up the next; the memory has direction, row and sum so far."""
    states = [
        (way, row, total)
        for way in ("down", "up")
        for row in range(task.rows)
        for total in range(task.rows + row * (task.base - 1))
    ]
    assert len(states) == task.memory_symbols

    def act(seen, kept):
        way, row, total = states[kept or 0]
        if seen is None:
            return Do("right", total)
        total += seen
        if row + 1 < task.rows:
            return Do(way, keep=states.index((way, row + 1, total)))
        turned = "up" if way == "down" else "down"
        carry, digit = divmod(total, task.base)
        return Do("right", digit, keep=states.index((turned, 0, carry)))

    return act


PROGRAMS = {
    "copy": copy,
    "duplicated_input": lambda task: skip_copies(task.duplication),
    "repeat_copy": back_and_forth,
    "reverse": reverse,
    "reversed_addition": addition,
    "reversed_addition3": addition,
    "rlntm_copy": copy,
    "rlntm_duplicated_input": lambda task: skip_copies(task.copies),
    "rlntm_forward_reverse": forward_reverse,
    "rlntm_repeat_copy": repeat_copy,
    "rlntm_reverse": reverse_with_end,
}


def act(env, program, observation):
    """The action of the program, from an observation and nothing else."""
    blanks = env.task.base, env.observation_space.nvec[1] - 1
    seen, kept = (
        None if symbol == blank else int(symbol)
        for symbol, blank in zip(observation, blanks, strict=True)
    )
    done = program(seen, kept)
    return np.array(
        [
            env.task.moves.index(done.move),
            done.write is not None,
            done.write or 0,
            MOVES.index(done.memory),
            done.keep is not None,
            done.keep or 0,
        ]
    )
