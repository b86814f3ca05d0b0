"""Pictures of episodes, from single and from vector environments."""

import gymnasium
import numpy as np

from envs import TaskEnv, TaskVectorEnv

from .cases import every_task


@every_task
def test_a_picture_shows_channels_over_time(name, options):
    env = TaskEnv(name, render_mode="rgb_array", **options)
    assert env.render() is None
    _, info = env.reset(seed=0)
    images = [env.render()]
    for _ in range(info["steps"]):
        env.step(env.action_space.sample())
        images.append(env.render())
    assert {(image.dtype, image.shape) for image in images} == {
        (np.dtype(np.uint8), images[0].shape)
    }
    rows = env.task.input_size + 2 * env.task.answer.target_size + 2
    assert images[0].shape == (8 * rows, 8 * info["steps"], 3)
    assert not np.array_equal(images[0], images[-1])


def test_writing_on_an_observation_changes_nothing():
    env = TaskEnv("copy", render_mode="rgb_array")
    seen, _ = env.reset(seed=0)
    before = env.render()
    seen[:] = 1
    np.testing.assert_array_equal(env.render(), before)


def test_pictures_are_those_of_single_environments():
    many = gymnasium.make_vec("memnets/copy-v0", num_envs=2, render_mode="rgb_array", max_length=4)
    single = [TaskEnv("copy", render_mode="rgb_array", max_length=4) for _ in range(2)]
    assert many.render() is None
    many.reset(seed=[3, 4])
    for env, seed in zip(single, (3, 4), strict=True):
        env.reset(seed=seed)
    for _ in range(3):
        for ours, theirs in zip(many.render(), (env.render() for env in single), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        actions = many.action_space.sample()
        many.step(actions)
        for env, action in zip(single, actions, strict=True):
            env.step(action)


def test_a_picture_keeps_the_answers_of_environments_that_were_not_reset():
    env = TaskVectorEnv("copy", 2, 1, autoreset_mode="Disabled", render_mode="rgb_array")
    env.reset(seed=0)
    for _ in range(3):
        env.step(np.ones((2, 8), np.int8))
    _, kept = env.render()
    env.reset(options={"reset_mask": np.array([True, False])})
    fresh, still = env.render()
    np.testing.assert_array_equal(still, kept)
    assert not np.array_equal(fresh, kept)
