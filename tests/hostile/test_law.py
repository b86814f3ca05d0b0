"""The law by which options are judged finds each way of breaking it."""

import math
from typing import Any

import numpy as np
import pytest

from .law import Option
from .values import HOSTILE, ruled_out


def fault(value: Any, use: Any, hint: Any = float) -> str | None:
    return Option("thing", "rate", hint, use).fault(value)


def refusing(error: Exception) -> Any:
    def use(value: Any) -> Any:
        raise error

    return use


def test_a_refusal_in_one_line_and_a_meant_value_keep_the_law():
    assert fault(-1, refusing(ValueError("rate must be at least 0, not -1"))) is None
    assert fault(0.5, lambda value: {"loss": 1.0, "tests": np.ones(3)}) is None
    assert fault(2, lambda value: 3) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AttributeError("'int' object has no attribute 'x'"), "AttributeError: "),
        (MemoryError("no room"), "MemoryError: "),
        (ValueError("rate must be\nat least 0"), "not one line: "),
        (ValueError("rate must be at least 0" * 99), "2277 characters: "),
        (TypeError("rate: '<' not supported between int and str"), "Python's own words: "),
        (ValueError("it must be at least 0"), "the option is not named: "),
        (ValueError("rate is bad"), "what it must be is not said: "),
    ],
)
def test_other_refusals_break_it(error, said):
    assert str(fault(-1, refusing(error))).startswith(said)


@pytest.mark.parametrize("value", [True, "5", None, math.nan, math.inf, 1e308, 10**400, [1]])
def test_nonsense_that_is_accepted_breaks_it(value):
    assert str(fault(value, lambda value: None)).startswith("accepted, and it is no ")


@pytest.mark.parametrize(
    "numbers", [math.nan, [1.0, math.inf], {"loss": np.array([1, math.nan])}, np.float32("inf")]
)
def test_a_step_that_gives_no_finite_numbers_breaks_it(numbers):
    assert "accepted, and " in str(fault(0.5, lambda value: numbers))


def test_every_type_rules_some_values_out_and_takes_others():
    for hint in (int, float, bool, str, int | None, tuple[int, ...], dict[str, int]):
        out = [ruled_out(hint, value) for value in HOSTILE]
        assert 3 < sum(out) < len(HOSTILE)
    assert ruled_out(int, 2**63) and not ruled_out(int, 2**63, seed=True)
    assert ruled_out(int, 2**64, seed=True)
