"""Texts and pictures of tapes and heads."""

import gymnasium
import numpy as np
import pytest

from envs.tapes import TapeEnv, TapeVectorEnv

from .cases import with_and_without_memory

RED = [200, 30, 30]


def test_the_text_shows_tapes_heads_clock_and_return():
    env = TapeEnv("copy", memory=True, render_mode="ansi")
    assert env.render() is None
    env.reset(options={"tape": [2, 0, 1]})
    assert env.render() == (
        "Copy, step 0 of at most 10, return +0.0\n"
        "input   . [C] A  B\n"
        "output\n"
        "target  C  A  B\n"
        "memory [.]"
    )
    env.step(np.array([1, 1, 2, 2, 1, 3]))
    env.step(np.array([1, 1, 4, 1, 0, 0]))
    assert env.render() == (
        "Copy, step 2 of at most 10, return +0.5\n"
        "input   .  C  A [B]\n"
        "output  C  E\n"
        "target  C  A  B\n"
        "memory  D [.]"
    )


def test_a_new_episode_begins_at_the_first_cell_of_the_memory():
    env = TapeEnv("copy", memory=True, render_mode="ansi")
    env.reset(seed=0)
    env.step(np.array([1, 0, 0, 2, 1, 0]))
    assert env.render().splitlines()[-1] == "memory  A [.]"
    env.reset()
    assert env.render().splitlines()[-1] == "memory [.]"


def test_a_grid_has_a_line_per_row_and_the_head_may_stand_beside_it():
    env = TapeEnv("reversed_addition", render_mode="ansi")
    env.reset(options={"tape": [[0, 1], [2, 2]]})
    env.step(np.array([2, 0, 0]))
    assert env.render().splitlines()[1:5] == [
        "input   . [.] .",
        "        .  0  2",
        "        .  1  2",
        "        .  .  .",
    ]
    for _ in range(2):
        env.step(np.array([0, 0, 0]))
    assert "[" not in env.render()


def test_the_end_symbol_of_the_rlntm_is_no_letter():
    env = TapeEnv("rlntm_copy", render_mode="ansi")
    env.reset(options={"tape": [1, 29, 0]})
    assert env.render().splitlines()[1] == "input   . [A] c  #"


@with_and_without_memory
def test_a_picture_keeps_its_size_and_shows_what_changes(name, memory):
    env = TapeEnv(name, memory=memory, render_mode="rgb_array")
    assert env.render() is None
    env.reset(seed=0)
    env.action_space.seed(0)
    images, over = [env.render()], False
    while not over:
        over = env.step(env.action_space.sample())[2]
        images.append(env.render())
    assert {(image.dtype, image.shape) for image in images} == {
        (np.dtype(np.uint8), images[0].shape)
    }
    assert not np.array_equal(images[0], images[-1])


@pytest.mark.parametrize("move", [0, 1])
def test_the_head_has_a_red_frame_where_it_stands(move):
    env = TapeEnv("copy", render_mode="rgb_array")
    env.reset(options={"tape": [0, 1, 2]})
    env.step(np.array([move, 0, 0]))
    red = (env.render() == RED).all(-1)
    columns = np.flatnonzero(red.any(0)) // 10
    # one square of border comes before the first symbol
    assert set(columns) == {2 * move}
    assert np.flatnonzero(red.any(1)).max() < 10


def test_symbols_and_blanks_have_colours_of_their_own():
    env = TapeEnv("copy", render_mode="rgb_array")
    env.reset(options={"tape": [0, 1, 2, 3, 4]})
    centres = env.render()[5, 5::10]
    assert len({tuple(colour) for colour in centres}) == 6
    assert centres[0].tolist() == centres[-1].tolist() == [215, 215, 215]


def test_vectors_show_what_single_environments_show():
    for mode in ("ansi", "rgb_array"):
        many = gymnasium.make_vec("memnets/tape_reverse_memory-v0", num_envs=2, render_mode=mode)
        single = [TapeEnv("reverse", memory=True, render_mode=mode) for _ in range(2)]
        assert many.render() is None
        many.reset(seed=[3, 4])
        for env, seed in zip(single, (3, 4), strict=True):
            env.reset(seed=seed)
        for _ in range(2):
            for ours, theirs in zip(many.render(), (env.render() for env in single), strict=True):
                np.testing.assert_array_equal(ours, theirs)
            actions = many.action_space.sample() * [1, 0, 1, 1, 1, 1]
            many.step(actions)
            for env, action in zip(single, actions, strict=True):
                env.step(action)
    assert TapeVectorEnv("copy", 2).render() is None
