"""Networks whose exact gradient is known, and how far sampled ones are from it."""

import torch

from memnets.checks.enumeration import exact_gradient, sampled_gradient, with_estimator
from memnets.estimators import Hardened, Reinforce
from memnets.spec import ModelSpec

STEPS, INPUTS, OUTPUTS, SLOTS, HIDDEN = 2, 2, 2, 2, 3
LARGEST_ERROR = 4.5
"""In standard errors: 60 parameters exceed it by chance in one run of a thousand."""

# recency is left out: no gradient passes through its average, so differences would not agree
DNTM = {"slots": SLOTS, "width": 2, "address_width": 1, "recency": False, "gated_input": False}
MODELS = {
    "ntm": ModelSpec("ntm", "soft", "rnn", HIDDEN, {"slots": SLOTS, "width": 2}),
    "dntm": ModelSpec("dntm", "soft", "rnn", HIDDEN, DNTM),
    "dnc": ModelSpec("dnc", "soft", "rnn", HIDDEN, {"slots": SLOTS, "width": 2, "read_heads": 1}),
}


def cost(logits_TBY):
    """Cross-entropy to fixed bits; the last step counts most, so that returns differ."""
    bits_TY = torch.tensor([[1.0, -1.0], [1.0, 1.0]]).to(logits_TBY)
    weights_T1 = torch.tensor([[1.0], [3.0]]).to(logits_TBY)
    return torch.nn.functional.softplus(-logits_TBY * bits_TY.unsqueeze(1)).sum(-1) * weights_T1


def case(model):
    """A network whose addresses matter, its input, and the exact gradient; a spec or its name."""
    torch.manual_seed(2)
    network = MODELS.get(model, model).build(INPUTS, OUTPUTS).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.8)
    inputs_TX = torch.randn(STEPS, INPUTS, dtype=torch.float64)
    return network, inputs_TX, exact_gradient(network, inputs_TX, cost)[1]


def reinforce(baseline, **options):
    rollouts = 2 if baseline == "leave_one_out" else 1
    options = {"normalise": False, "entropy_weight": 0.0, "rollouts": rollouts} | options
    return Reinforce(HIDDEN, INPUTS, baseline=baseline, **options)


def warmed(network, estimator, inputs_TX, updates=60):
    """The network with that estimator, whose averages and baseline have seen some minibatches."""
    twin = with_estimator(network, estimator)
    own = list(twin.estimator.parameters())
    optimiser = torch.optim.Adam(own, 0.05) if own else None
    for _ in range(updates):
        inputs_TBX = inputs_TX.unsqueeze(1).expand(-1, 64, -1)
        rollout = twin(inputs_TBX)
        costs = cost(rollout.logits_TBY)
        loss = twin.estimator.surrogate(rollout.address, costs, twin.features(rollout), inputs_TBX)
        if optimiser:
            gradients = torch.autograd.grad(loss, own)
            for parameter, gradient in zip(own, gradients, strict=True):
                parameter.grad = gradient
            optimiser.step()
    return twin


def batches(network, inputs_TX, count, rows):
    return torch.stack([sampled_gradient(network, inputs_TX, cost, rows) for _ in range(count)])


def errors(samples, exact):
    """Largest error in standard errors; the error's norm, and the norm that chance explains."""
    error = samples.mean(0) - exact
    deviation = samples.std(0) / len(samples) ** 0.5
    largest = (error.abs() / (deviation + 1e-9)).max()
    return largest.item(), error.norm().item(), deviation.norm().item()


def hardened(share):
    """One that makes such a share of its choices with one slot, whatever the cost."""
    if not share:
        return Hardened(weight=0.0, growth=1.0)
    estimator = Hardened(weight=0.0, growth=1.0, mastered=1e6, warm=1, most=share)
    estimator.share.value.fill_(share)
    return estimator
