"""Builds a network of its parts, with sizes that match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .cells.base import MemoryCell
from .controllers import Controller
from .embedding import Embedding
from .estimators import Estimator
from .network import MemoryNetwork
from .options import accepted


def assemble(
    make_cell: Callable[..., MemoryCell],
    make_estimator: Callable[..., Estimator],
    make_controller: type[Controller],
    controller_size: int,
    input_size: int,
    output_size: int,
    *,
    cell_options: Mapping[str, Any] | None = None,
    estimator_options: Mapping[str, Any] | None = None,
    controller_options: Mapping[str, Any] | None = None,
    bypass_dropout: float = 0.0,
    embedding: Embedding | None = None,
    tied: bool = False,
    feed_read: bool = True,
    backend: str = "auto",
) -> MemoryNetwork:
    """Builds estimator, cell and controller with matching sizes, and the network of them.

    With an embedding, `input_size` is the width of its vectors.
    """
    controller_options = controller_options or {}
    hidden_size = make_controller.output_size_of(controller_size, **controller_options)
    features = accepted(make_estimator, feature_size=hidden_size, external_size=input_size)
    estimator = make_estimator(**(estimator_options or {}), **features)
    external = accepted(make_cell, external_size=input_size)
    cell = make_cell(hidden_size, estimator, **(cell_options or {}), **external)
    fed = input_size + (cell.read_size if feed_read else 0)
    controller = make_controller(fed, controller_size, **controller_options)
    network = MemoryNetwork(
        controller,
        cell,
        output_size,
        input_size=input_size,
        bypass_dropout=bypass_dropout,
        embedding=embedding,
        tied=tied,
        feed_read=feed_read,
        backend=backend,
    )
    draw_for(estimator)
    return network


def draw_for(estimator: Estimator) -> None:
    """Draws a random number for each parameter of an estimator, and drops it.

    A baseline's first weights are zeros, or of a generator of their own, so that they do not move
    the model's. Seeded results depend on the numbers drawn after a network was built, and those of
    earlier versions were drawn after the baseline's.
    """
    for parameter in estimator.parameters():
        torch.empty_like(parameter, device="cpu").uniform_()
