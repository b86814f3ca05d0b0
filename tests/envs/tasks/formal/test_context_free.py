"""The context-free tasks against their definitions, worked out string by string."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ..algorithmic.samples import seeds
from .strings import as_text, drawn

lengths = st.integers(1, 30)
moduli = st.integers(2, 10)
DIGITS = "0123456789"


@given(seeds, lengths, st.integers(2, 6))
def test_a_reversed_string_is_read_from_its_end(seed, length, symbols):
    for shown, answer in drawn("reverse_string", seed, length, symbols=symbols):
        assert len(shown) == length
        assert answer == list(reversed(shown))


@given(seeds, lengths)
def test_a_stack_is_what_pops_and_pushes_leave(seed, length):
    for shown, answer in drawn("stack_manipulation", seed, length):
        text = as_text(shown, "01pzo")
        bits, actions = re.fullmatch(r"([01]+)([pzo]*)", text).groups()
        assert len(text) == length and (actions or length == 1)
        stack = list(bits)
        for action in actions:
            if action == "p":
                stack = stack[:-1]
            else:
                stack.append({"z": "0", "o": "1"}[action])
        assert as_text(answer, "01e") == "".join(stack[::-1]) + "e"


@given(seeds, lengths, moduli, st.booleans())
def test_bracketed_arithmetic_is_pythons(seed, length, modulus, products):
    name, options = "modular_arithmetic_brackets", {"modulus": modulus, "products": products}
    for shown, answer in drawn(name, seed, length, **options):
        text = as_text(shown, f"{DIGITS[:modulus]}+-*()")
        assert len(text) == length
        assert is_expression(text) and (products or "*" not in text)
        assert answer == [eval(text) % modulus]


def is_expression(text):
    """Whether brackets can be taken off, the innermost ones first, until one number is left."""
    leaf, binary = r"^-?\d$|\(-?\d\)", r"\((?:\d|-\d|e)[-+*](?:\d|-\d|e)\)"
    while text != (shorter := re.sub(f"{binary}|{leaf}", "e", text)):
        text = shorter
    return text == "e"


def test_the_left_part_has_any_length_equally_often():
    # 8 symbols are two brackets, an operator, and parts of 1 to 4 and of 4 to 1 symbols
    sizes = np.zeros(5)
    for shown, _ in drawn("modular_arithmetic_brackets", 3, 8, batch_size=4_000):
        text, depth, left = as_text(shown, f"{DIGITS[:5]}+-*()"), 0, 0
        for place, character in enumerate(text[1:-1]):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0 and place > 0 and character in "+-*":
                left = place
                break
        sizes[left] += 1
    assert sizes[0] == 0 and sizes.sum() == 4_000
    assert (np.abs(sizes[1:] - 1_000) < 5 * np.sqrt(1_000)).all()


@given(seeds, st.integers(3, 30), moduli)
def test_one_digit_alone_solves_an_equation(seed, length, modulus):
    digits = DIGITS[:modulus]
    for shown, answer in drawn("solve_equation", seed, length, modulus=modulus):
        text = as_text(shown, f"{digits}+-*()x=")
        assert len(text) == length and text.count("x") == 1
        left, right = text.split("=")
        assert right in digits and "*" not in left and is_expression(left.replace("x", "0"))
        solve = [
            n for n in range(modulus) if eval(left.replace("x", str(n))) % modulus == int(right)
        ]
        assert answer == solve
