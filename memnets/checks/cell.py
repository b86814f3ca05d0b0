"""The contract of a cell, shipped so that plug-in authors can run it.

    from memnets.testing import check_cell
    check_cell("ring")          # every registered estimator

A broken contract raises AssertionError with one sentence that says what does not hold.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ..assembly import assemble
from ..cells.base import MemoryCell
from ..network import MemoryNetwork
from ..registry import cells, controllers, estimators
from ..types import Rollout
from .address import check_address, require
from .enumeration import model_parameters

STEPS, BATCH, INPUTS, OUTPUTS, HIDDEN = 6, 3, 5, 4, 12
SMALL = {"slots": 7, "width": 4}
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def check_cell(
    cell: str | Callable[..., MemoryCell],
    estimator: str | None = None,
    *,
    controller: str = "lstm",
    options: Mapping[str, Any] | None = None,
) -> None:
    """Run the contract on one cell with one estimator, or with every registered one.

    `cell` is a registered name or a class; `options` default to a small memory where the cell takes
    `slots` and `width`.
    """
    make = cells.get(cell) if isinstance(cell, str) else cell
    if options is None:
        known = inspect.signature(make).parameters
        options = {name: size for name, size in SMALL.items() if name in known}
    for name in [estimator] if estimator else list(estimators):

        def build(name: str = name) -> MemoryNetwork:
            torch.manual_seed(0)
            return assemble(
                make,
                estimators.get(name),
                controllers.get(controller),
                HIDDEN,
                INPUTS,
                OUTPUTS,
                cell_options=options,
                # the contract is that of the cell's own code
                backend="reference",
            )

        try:
            _check_network(build)
        except AssertionError as broken:
            what = cell if isinstance(cell, str) else make.__name__
            raise AssertionError(f"{what} with {name} and {controller}: {broken}") from broken


def _check_network(build: Callable[[], MemoryNetwork]) -> None:
    network = build()
    inputs_TBX = torch.randn(STEPS, BATCH, INPUTS)
    with torch.no_grad():
        _check_nothing_stays(build().eval(), inputs_TBX)
    _check_rollout(network, network(inputs_TBX))
    _check_gradients(network, inputs_TBX)
    _check_extremes(network)
    network.eval()
    with torch.no_grad():
        whole = network(inputs_TBX)
        _check_rollout(network, whole)
        _check_pieces(network, inputs_TBX, whole)
        _check_rows(network, inputs_TBX, whole)
        _check_bookkeeping(network, inputs_TBX)
        _check_reload(build, network, inputs_TBX, whole)
        logits = network.double()(inputs_TBX.double()).logits_TBY
    require(logits.dtype == torch.float64, "float64 parameters do not give float64 results")


def _check_rollout(network: MemoryNetwork, rollout: Rollout) -> None:
    cell = network.cell
    heads = rollout.address.log_prob_BH.shape[-1]
    require(heads == len(cell.heads), f"{len(cell.heads)} heads are named, {heads} address")
    writes = [name.startswith("write") for name in cell.heads]
    require(writes == sorted(writes, reverse=True), "write heads must come before read heads")
    require(rollout.state.read_BO.shape[-1] == cell.read_size, "a read is not read_size wide")
    check_address(rollout.address, cell.slots, where="the rollout")


def _check_gradients(network: MemoryNetwork, inputs_TBX: Tensor) -> None:
    _loss(network, inputs_TBX).backward()
    shared = {id(p) for p in model_parameters(network)}
    for name, parameter in network.named_parameters():
        if id(parameter) in shared:
            require(parameter.grad is not None, f"no gradient reaches {name}")
            assert parameter.grad is not None
            require(_finite(parameter.grad), f"the gradient of {name} is not finite")
    network.zero_grad()


def _check_extremes(network: MemoryNetwork) -> None:
    for scale in (0.0, 1e4, -1e4):
        loss = _loss(network, torch.full((STEPS, BATCH, INPUTS), scale))
        require(bool(loss.isfinite()), f"inputs of {scale:g} do not give a finite loss")
        loss.backward()
        finite = all(p.grad is None or _finite(p.grad) for p in network.parameters())
        require(finite, f"inputs of {scale:g} do not give finite gradients")
        network.zero_grad()


def _finite(grad: Tensor) -> bool:
    numbers = grad.coalesce().values() if grad.is_sparse else grad
    return bool(numbers.isfinite().all())


def _check_nothing_stays(network: MemoryNetwork, inputs_TBX: Tensor) -> None:
    first, again = _results(network(inputs_TBX)), _results(network(inputs_TBX))
    same = all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, again, strict=True))
    require(same, "something stays on the module: a second run of one sequence differs")


def _check_pieces(network: MemoryNetwork, inputs_TBX: Tensor, whole: Rollout) -> None:
    start = network(inputs_TBX[:2])
    rest = network(inputs_TBX[2:], start.state)
    pieces = rest._replace(logits_TBY=torch.cat([start.logits_TBY, rest.logits_TBY]))
    for piece, expected in zip(_results(pieces), _results(whole), strict=True):
        _close(piece, expected, "a sequence run in two pieces differs from one run")
    step, _, _ = network.step(inputs_TBX[0], network.initial_state(BATCH))
    _close(step, whole.logits_TBY[0], "a single step differs from the first of a rollout")


def _check_rows(network: MemoryNetwork, inputs_TBX: Tensor, whole: Rollout) -> None:
    for row in range(BATCH):
        alone = network(inputs_TBX[:, row : row + 1])
        _close(
            alone.logits_TBY, whole.logits_TBY[:, row : row + 1], "batch rows are not independent"
        )
        for one, every in zip(leaves(alone.state), leaves(whole.state), strict=True):
            _close(one, every[row : row + 1], "batch rows are not independent in the state")


def _check_bookkeeping(network: MemoryNetwork, inputs_TBX: Tensor) -> None:
    unneeded = network.cell.bookkeeping
    state = network(inputs_TBX[:2]).state
    fields = getattr(state.cell, "_fields", ())
    for name in unneeded:
        require(name in fields, f"the bookkeeping {name} is no field of the state")
        other = state.cell._replace(**{name: disturbed(getattr(state.cell, name))})
        runs = [network(inputs_TBX[2:], state._replace(cell=cell)) for cell in (state.cell, other)]
        kept = [[run.logits_TBY, run.state.read_BO, *_needed(run, unneeded)] for run in runs]
        same = all(torch.equal(one, two) for one, two in zip(*kept, strict=True))
        require(same, f"later steps hang on {name}, which is named as bookkeeping")


def _needed(rollout: Rollout, unneeded: tuple[str, ...]) -> list[Tensor]:
    return leaves(rollout.state.cell._replace(**dict.fromkeys(unneeded)))


def disturbed(state: Any) -> Any:
    """A part of a state with other numbers in every place."""
    if isinstance(state, tuple):
        return type(state)(*map(disturbed, state))
    if state.dtype == torch.bool:
        return ~state
    place = torch.arange(1, state.numel() + 1, dtype=state.dtype).view(state.shape)
    return state - place


def _check_reload(
    build: Callable[[], MemoryNetwork],
    network: MemoryNetwork,
    inputs_TBX: Tensor,
    whole: Rollout,
) -> None:
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    twin = build().eval()
    for parameter in twin.parameters():
        parameter.zero_()
    twin.load_state_dict(torch.load(file, weights_only=True))
    _close(twin(inputs_TBX).logits_TBY, whole.logits_TBY, "save and load change the results")


def leaves(state: Any) -> list[Tensor]:
    """The tensors of a state, a nest of tuples; of contents that are no tensor, a copy."""
    if isinstance(state, Tensor):
        return [state]
    if isinstance(state, tuple):
        return [leaf for part in state for leaf in leaves(part)]
    return [] if state is None else [state.dense()]


def _results(rollout: Rollout) -> list[Tensor]:
    return [rollout.logits_TBY, *leaves(rollout.state)]


def _loss(network: MemoryNetwork, inputs_TBX: Tensor) -> Tensor:
    inputs_TBX = network.estimator.spread(inputs_TBX)
    rollout = network(inputs_TBX)
    cost_TB = rollout.logits_TBY.square().mean(-1)
    surrogate = network.estimator.surrogate(
        rollout.address, cost_TB, network.features(rollout), inputs_TBX
    )
    return cost_TB.sum(0).mean() + surrogate


def _close(actual: Tensor, expected: Tensor, message: str) -> None:
    same = actual.shape == expected.shape and torch.allclose(
        actual, expected, rtol=1e-4, atol=TOLERANCE.get(actual.dtype, 0.0)
    )
    require(same, message)
