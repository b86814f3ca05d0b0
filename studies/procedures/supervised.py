"""The supervised loop: a trial in, rows out; it can stop at any update and go on unchanged."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import torch

from memnets.backends import choose

from ..design.trial import Outcome, Row, Trial
from .evaluation import evaluate, marks, trace
from .learner import Learner
from .objective import NATS_PER_BIT, cost, tensors


class Diverged(ArithmeticError):
    """Loss or gradient stopped being a finite number."""


def train(
    trial: Trial,
    *,
    checkpoint: Path | None = None,
    device: str = "cpu",
    stop: Callable[[], bool] | None = None,
) -> Generator[Row, None, Outcome | None]:
    """Train and test, row by row; returns the outcome, or None where `stop` said so.

    Goes on from `checkpoint` if the file is there, and writes it after every evaluation, once its
    rows are taken, and when stopped: rows then are the same as in one go, but for the seconds.
    Rows taken after the last checkpoint are yielded again. Raises Diverged.
    """
    training = trial.training
    learner = Learner.start(trial, device)
    lengths = learner.test_lengths
    if checkpoint and checkpoint.is_file():
        learner.resume(checkpoint)
    while not learner.over:
        if stop and stop():
            if checkpoint:
                learner.save(checkpoint)
            return None
        update(learner)
        if learner.step % training.evaluate_every and learner.step < training.updates:
            continue
        tests = evaluate(
            learner.network, learner.task, lengths, training.test_sequences, trial.seed
        )
        rows = [_averages(learner), *tests]
        yield from ({**learner.clock, **row} for row in rows)
        learner.judge(rows[0]["errors"], tests)
        learner.sums = {}
        if checkpoint:
            learner.save(checkpoint)
    longest = learner.task.lengths[1]
    return Outcome(_facts(learner), trace(learner.network, learner.task, longest, trial.seed))


def update(learner: Learner) -> None:
    """One batch, one step of the optimiser."""
    started = time.perf_counter()
    network, answer = learner.network.train(), learner.task.answer
    batch = learner.batch()
    inputs_TBX, targets_TBY, mask_TB = tensors(batch, learner.device)
    rollout = network(inputs_TBX)
    cost_TB = cost(answer, rollout.logits_TBY, targets_TBY, mask_TB)
    data_cost = cost_TB.sum(0).mean()
    loss = data_cost + network.estimator.loss(rollout.address, cost_TB, rollout.hidden_TBC)
    loss = loss + sum(term(rollout, inputs_TBX) for term in learner.regularisers)
    learner.optimiser.zero_grad()
    loss.backward()
    norm = clip(learner.parameters(), learner.trial.training.clip_norm)
    _require_finite(learner, loss=loss.item(), gradient_norm=norm.item())
    learner.optimiser.step()
    network.estimator.advance()
    learner.step += 1
    decided = answer.decide(rollout.logits_TBY.detach().cpu().numpy())
    _add(
        learner.sums,
        updates=1,
        bits=data_cost.item() / NATS_PER_BIT,
        **marks(learner.task, decided, batch),
        entropy=rollout.address.entropy_BH.mean().item(),
        gradient_norm=norm.item(),
    )
    learner.seconds += time.perf_counter() - started


def clip(parameters: list[torch.nn.Parameter], largest: float) -> torch.Tensor:
    """Scale gradients down to a norm of at most `largest`; the norm before.

    A gradient that explodes over hundreds of steps is finite in float32 when its square is not: the
    norm is then taken in float64, and the gradient keeps its direction.
    """
    grads = [part.grad for part in parameters if part.grad is not None]
    norm = torch.nn.utils.get_total_norm(grads)
    if norm.isinf():
        norm = torch.nn.utils.get_total_norm([grad.double() for grad in grads])
    torch.nn.utils.clip_grads_with_norm_(parameters, largest, norm)
    return norm


def _require_finite(learner: Learner, **values: float) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise Diverged(
                f"{name.replace('_', ' ')} is {value} at update {learner.step + 1}: "
                "a smaller learning_rate or clip_norm may help."
            )


def _add(sums: dict[str, float], **values: float) -> None:
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value


def _averages(learner: Learner) -> Row:
    sums = dict(learner.sums)
    updates = sums.pop("updates")
    means = {name: total / updates for name, total in sums.items()}
    # without heads there is no entropy, and the mean of nothing is not a number
    entropy = means["entropy"] if math.isfinite(means["entropy"]) else None
    return {"kind": "train", "length": None, **means, "entropy": entropy}


def _facts(learner: Learner) -> dict[str, Any]:
    network, clock = learner.network, learner.clock
    used = choose(network, network.backend)
    return {
        "backend": used.backend,
        "backend_reason": used.reason,
        "parameters": sum(part.numel() for part in network.parameters() if part.requires_grad),
        "discrete": network.estimator.discrete,
        "state_size": _numbers(network.initial_state(1)),
        "seconds": learner.seconds,
        "updates": learner.step,
        "sequences": clock["sequences"],
        "sequences_per_second": clock["sequences"] / max(learner.seconds, 1e-9),
        "solved": learner.solved,
    }


def _numbers(state: Any) -> int:
    if isinstance(state, torch.Tensor):
        return state.numel()
    return sum(map(_numbers, state)) if isinstance(state, tuple | list) else 0
