"""Addresses as actions: replayed exactly, with the gradient of the expected return."""

import itertools

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

from memnets.addressing import readdressed
from memnets.sb3 import AddressActions, AddressPolicy
from memnets.sb3.chosen_core import ChosenCore, address_choices

from .environments import CODES, Recall
from .ratios import collect, largest_changes

SIZES = {"controller_size": 6, "cell_options": {"slots": 4, "width": 3}}
MEMORIES = {
    cell: {"cell": cell, "estimator": "reinforce", **SIZES} for cell in ("ntm", "dntm", "dnc")
}


def agent(memory, envs=3, n_steps=7, form="", **policy):
    env = make_vec_env(lambda: Recall(ragged=True, form=form), n_envs=envs, seed=0)
    return RecurrentPPO(
        AddressPolicy,
        AddressActions(env, memory),
        n_steps=n_steps,
        batch_size=n_steps * envs,
        policy_kwargs={"memory": memory, "lstm_hidden_size": 10, **policy},
        seed=0,
        device="cpu",
    )


@pytest.mark.parametrize("cell", MEMORIES)
def test_before_an_update_actions_and_slots_are_as_likely_as_when_they_were_drawn(cell):
    ppo = agent(MEMORIES[cell])
    # the buffer keeps float32: what is left of 1e-6 is for what a sequence does otherwise
    ppo.policy.double()
    drawn = set()
    for _ in range(3):
        collect(ppo)
        assert max(largest_changes(ppo)) < 1e-6
        assert max(largest_changes(ppo, batch_size=5)) < 1e-6
        drawn |= {tuple(row) for row in ppo.rollout_buffer.actions.reshape(-1, 3)[:, 1:]}
    assert len(drawn) > 4


@pytest.mark.parametrize("estimator", ["soft", "reinforce"])
@pytest.mark.parametrize("cell", ["lrua", "rlntm", "sam", "sdnc", "tardis"])
def test_every_cell_is_replayed_whatever_the_estimator_of_its_spec(cell, estimator):
    ppo = agent({"cell": cell, "estimator": estimator, **SIZES})
    for _ in range(2):
        collect(ppo)
        assert max(largest_changes(ppo, batch_size=5)) < 1e-6
    network = ppo.policy.lstm_actor.network
    assert network.estimator.in_training == "one slot" and network.backend == "reference"


@pytest.mark.parametrize("cell", ["ntm", "dntm", "dnc"])
def test_greedy_choices_under_an_address_are_those_of_the_network_under_it(cell):
    memory = {"cell": cell, "estimator": "reinforce", "controller_size": 6}
    core = ChosenCore({**memory, "cell_options": {"slots": 4, "width": 3}}, 3, 5).double().eval()
    assert core.addresses == ("cut off", "frozen", "shuffled")
    with pytest.raises(ValueError, match="never soft"), core.addressed("soft"):
        pass
    x_TBF = torch.randn(6, 3, 3, dtype=torch.float64)
    starts_B, nothing = torch.zeros(3, dtype=torch.bool), torch.zeros(1, 3, core.hidden_size)
    for address in core.addresses:
        with torch.no_grad(), readdressed(core.network, address, seed=3):
            whole = core.network(x_TBF).logits_TBY
        packed, found = (nothing.double(), nothing.double()), []
        with torch.no_grad(), core.addressed(address, seed=3):
            for x_BF in x_TBF:
                chosen, _, packed = core.draw(x_BF, packed, starts_B, greedy=True)
                found.append(chosen.output_BY)
        torch.testing.assert_close(torch.stack(found), whole, rtol=1e-12, atol=1e-13)


class Echo(gym.Env):
    """Two steps; what was done in the first is to be done again in the second."""

    observation_space = spaces.Box(-1.0, 1.0, (2,), dtype=np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, dtype=np.float32), {}

    def step(self, action):
        return np.zeros(2, dtype=np.float32), 0.0, True, False, {}


@pytest.mark.parametrize("cell", ["ntm", "dntm"])
def test_the_gradient_is_that_of_the_expected_return(cell):
    """Over all trajectories of actions and slots of two steps, in float64."""
    memory = {**MEMORIES[cell], "cell_options": {"slots": 2, "width": 2}}
    venv = AddressActions(make_vec_env(Echo, n_envs=1), memory)
    policy = RecurrentPPO(
        AddressPolicy, venv, policy_kwargs={"memory": memory, "lstm_hidden_size": 4}, seed=0
    ).policy.double()
    for parameter in policy.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    of_a_step = list(itertools.product(*map(range, venv.action_space.nvec)))
    all_TA = torch.tensor(list(itertools.product(of_a_step, repeat=2)))
    rows = len(all_TA)
    obs = torch.tensor([[0.7, -0.2], [-0.4, 0.9]], dtype=torch.float64).repeat(rows, 1)
    size = policy.lstm_actor.hidden_size
    packed = tuple(torch.zeros(1, rows, size, dtype=torch.float64) for _ in range(2))
    starts = torch.tensor([1.0, 0.0]).repeat(rows)
    values, log_prob, _ = policy.evaluate_actions(
        obs, all_TA.flatten(0, 1), RNNStates(packed, packed), starts
    )
    log_prob, values = log_prob.view(rows, 2), values.view(rows, 2)
    first, second = all_TA[:, 0, 0], all_TA[:, 1, 0]
    rewards = torch.stack([0.3 * first, 1.0 * (first == second)], 1).double()
    probability = log_prob.sum(1).exp()
    torch.testing.assert_close(probability.sum().item(), 1.0)
    returns = rewards.flip(1).cumsum(1).flip(1)
    exact = (probability * returns[:, 0]).sum()
    # PPO's surrogate, its ratio 1, on every trajectory by its probability
    ratio = (log_prob - log_prob.detach()).exp()
    surrogate = (ratio * (returns - values.detach())).sum(1)
    estimated = (probability.detach() * surrogate).sum()
    actor = [p for name, p in policy.named_parameters() if "critic" not in name]
    wanted, found = (
        torch.autograd.grad(of, actor, retain_graph=True, allow_unused=True)
        for of in (exact, estimated)
    )
    assert sum(grad is not None and bool(grad.any()) for grad in wanted) > 5
    for ours, theirs in zip(found, wanted, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            torch.testing.assert_close(ours, theirs, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize("form", ["", "multi", "binary"])
def test_environments_get_their_own_actions(form):
    ppo = agent(MEMORIES["ntm"], form=form)
    own = Recall(form=form).action_space
    actions, _ = ppo.predict(ppo.env.reset())
    assert actions.shape == (3, len(ppo.action_space.nvec))
    seen = []
    inner = ppo.env.venv
    inner.step_async = lambda actions: seen.append(actions)
    ppo.env.step_async(actions)
    assert all(own.contains(row if own.shape else row.item()) for row in seen[0])


def test_it_learns_saves_loads_and_is_evaluated(tmp_path):
    ppo = agent(MEMORIES["dntm"])
    before = {name: p.clone() for name, p in ppo.policy.named_parameters()}
    ppo.learn(42)
    moved = {n for n, p in ppo.policy.named_parameters() if not torch.equal(p, before[n])}
    assert "lstm_actor.network.cell.interface.linear.weight" in moved
    ppo.save(tmp_path / "agent.zip")
    again = RecurrentPPO.load(tmp_path / "agent.zip", env=ppo.env)
    obs = ppo.env.reset()
    np.testing.assert_array_equal(
        *(one.predict(obs, deterministic=True)[0] for one in (ppo, again))
    )
    assert 0 <= evaluate_policy(ppo, ppo.env, n_eval_episodes=2)[0] <= 1


def test_decisions_are_counted_in_the_order_of_asking():
    assert address_choices({"cell": "ntm", "cell_options": {"slots": 5, "width": 2}}) == [6, 6]
    heads = {"slots": 5, "width": 2, "read_heads": 3}
    assert address_choices({"cell": "dnc", "cell_options": heads}) == [6] * 4


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda _: agent(CODES), "codes move by the keys of whole episodes"),
        (lambda env: AddressActions(env, "none"), "does not choose"),
        (
            lambda env: RecurrentPPO(AddressPolicy, env, policy_kwargs={"memory": "ntm"}),
            "wrap it in AddressActions with the same memory",
        ),
        (
            lambda env: AddressActions(
                make_vec_env(lambda: Recall(form="box"), n_envs=1), MEMORIES["ntm"]
            ),
            "not Box.*EpisodicReinforce",
        ),
    ],
)
def test_what_does_not_go_is_said_in_a_line(make, why):
    with pytest.raises(ValueError, match=why):
        make(make_vec_env(Recall, n_envs=1))
