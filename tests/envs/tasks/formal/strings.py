"""Strings and answers of the formal tasks, read back off a batch symbol by symbol."""

import numpy as np

from envs import make_task


def drawn(name, seed, length, batch_size=3, **options):
    """Pairs of a string and its answer, as symbols, from a batch whose form is checked."""
    task = make_task(name, **options)
    batch = task.sample(np.random.default_rng(seed), batch_size, length)
    assert (batch.inputs_TBX.sum(-1) == 1).all()
    pairs = []
    for row in range(batch_size):
        symbols = batch.inputs_TBX[:, row].argmax(-1).tolist()
        shown = [symbol for symbol in symbols if symbol < task.shown_symbols]
        # the string comes first, then nothing but empty steps
        assert symbols[: len(shown)] == shown
        asked = np.flatnonzero(batch.mask_TB[:, row])
        first = len(shown) * (1 + task.thinking)
        assert asked.tolist() == list(range(first, first + len(asked)))
        assert symbols[first:] == [task.input_size - 1] * (len(symbols) - first)
        pairs.append((shown, batch.targets_TBY[asked, row, 0].tolist()))
    return pairs


def as_text(symbols, alphabet):
    """The symbols as characters of an alphabet."""
    return "".join(alphabet[symbol] for symbol in symbols)
