import pytest
import torch
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.env_util import make_vec_env

from memnets.sb3 import EpisodicPolicy, EpisodicReinforce
from memnets.sb3.episodic import discounted

from .environments import CODES, Recall

MEMORY = {
    "cell": "ntm",
    "estimator": "reinforce",
    "controller_size": 8,
    "cell_options": {"slots": 5, "width": 4},
}


def agent(memory=MEMORY, envs=4, seed=0, **options):
    env = make_vec_env(lambda: Recall(ragged=True), n_envs=envs, seed=seed)
    policy = {"memory": memory, "lstm_hidden_size": 8}
    return EpisodicReinforce(
        EpisodicPolicy, env, policy_kwargs=policy, seed=seed, device="cpu", **options
    )


def test_returns_are_discounted_sums():
    rewards = torch.tensor([[1.0, 0.0], [2.0, 3.0], [4.0, 0.0]])
    expected = torch.tensor([[1 + 0.5 * (2 + 0.5 * 4), 1.5], [4.0, 3.0], [4.0, 0.0]])
    torch.testing.assert_close(discounted(rewards, 0.5), expected)


@pytest.mark.parametrize("estimator", ["soft", "straight_through", "gumbel", "reinforce"])
def test_every_part_of_the_memory_gets_a_gradient(estimator):
    model = agent({**MEMORY, "estimator": estimator})
    before = {name: p.clone() for name, p in model.policy.named_parameters()}
    model.learn(8)
    still = [n for n, p in model.policy.named_parameters() if torch.equal(p, before[n])]
    assert not [name for name in still if "interface" in name or "controller" in name]


def test_codes_move_with_every_update_and_no_key_is_kept():
    model = agent(CODES)
    book = model.policy.lstm_actor.network.cell.codebook
    before = book.codes_RNW.clone()
    model.learn(8)
    assert not torch.equal(book.codes_RNW, before) and not book._keys


def test_one_episode_per_environment_and_the_same_twice():
    one, two = agent().learn(60), agent().learn(60)
    for ours, theirs in zip(one.policy.parameters(), two.policy.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert one.num_timesteps == two.num_timesteps
    lengths = [episode["l"] for episode in one.ep_info_buffer]
    assert sum(lengths) == one.num_timesteps and min(lengths) >= 3


def test_it_saves_loads_and_predicts(tmp_path):
    model = agent().learn(20)
    model.save(tmp_path / "agent.zip")
    again = EpisodicReinforce.load(tmp_path / "agent.zip", env=model.env)
    obs = model.env.reset()
    assert (
        model.predict(obs, deterministic=True)[0] == again.predict(obs, deterministic=True)[0]
    ).all()


def test_what_a_time_limit_cuts_off_is_valued():
    env = make_vec_env(lambda: Recall(delay=9), n_envs=2, seed=0)
    cut = make_vec_env(lambda: TimeLimit(Recall(delay=9), 4), n_envs=2, seed=0)
    for venv, expected in ((env, False), (cut, True)):
        model = EpisodicReinforce(EpisodicPolicy, venv, policy_kwargs={"memory": MEMORY}, seed=0)
        model.policy.value_net.bias.data.fill_(5.0)
        _, callback = model._setup_learn(100, None)
        model.collect_rollouts(model.env, callback, model.rollout_buffer, 1)
        gained = torch.stack([rewards for _, rewards, _ in model._episodes]).sum(0)
        assert bool((gained > 2).all()) is expected


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: agent({**MEMORY, "estimator": "hardened"}), "follows the cost"),
        (
            lambda: agent(
                {**MEMORY, "estimator": "annealed", "estimator_options": {"schedule": "learned"}}
            ),
            "follows the cost",
        ),
        (
            lambda: agent({"cell": "dntm", "cell_options": {"slots": 4, "read_steps": 2}}),
            "read_steps=1",
        ),
        (lambda: agent(max_episode_steps=2).learn(10), "longer than max_episode_steps = 2"),
    ],
)
def test_what_does_not_go_is_said_in_a_line(make, why):
    with pytest.raises(ValueError, match=why):
        make()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_discrete_memory_learns_to_recall():
    env = make_vec_env(lambda: Recall(symbols=3, delay=2), n_envs=32, seed=5)
    policy = {"memory": {**MEMORY, "controller_size": 16}, "lstm_hidden_size": 16}
    # at a larger rate one of four seeds needs more steps than this
    rates = {"learning_rate": 1e-3, "ent_coef": 0.03}
    model = EpisodicReinforce(
        EpisodicPolicy, env, policy_kwargs=policy, seed=5, device="cpu", **rates
    )
    model.learn(40_000)
    successes = list(model.ep_success_buffer)
    assert sum(successes) / len(successes) > 0.9
