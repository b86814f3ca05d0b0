"""A model as data: what is hashed, stored, sent to workers, and built."""

from __future__ import annotations

import inspect
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .registry import cells, controllers, estimators

if TYPE_CHECKING:
    from .network import MemoryNetwork


@dataclass(frozen=True)
class ModelSpec:
    """Cell × estimator × controller, with options of JSON types.

    `ModelSpec("dnc", "reinforce")` is a model; `ModelSpec("none")` the plain controller.
    """

    cell: str
    estimator: str = "soft"
    controller: str = "lstm"
    controller_size: int = 100
    cell_options: Mapping[str, Any] = field(default_factory=dict)
    estimator_options: Mapping[str, Any] = field(default_factory=dict)
    controller_options: Mapping[str, Any] = field(default_factory=dict)
    bypass_dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("cell", "estimator", "controller"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"a model's {name} is a name, not {getattr(self, name)!r}")
        for name in ("cell_options", "estimator_options", "controller_options"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} maps names to values, not {getattr(self, name)!r}")
        if not isinstance(self.controller_size, int) or isinstance(self.controller_size, bool):
            raise ValueError(f"controller_size is a whole number, not {self.controller_size!r}")
        if not 0 <= self.bypass_dropout < 1:
            raise ValueError(f"bypass_dropout must be in [0, 1), not {self.bypass_dropout}")
        if self.controller_size < 1:
            raise ValueError(f"controller_size must be at least 1, not {self.controller_size}")

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_json(), sort_keys=True))

    @property
    def label(self) -> str:
        """How reports name the model: "ntm/soft", or "none/lstm" where there is no memory."""
        return f"{self.cell}/{self.controller if self.cell == 'none' else self.estimator}"

    def build(self, input_size: int, output_size: int, *, backend: str = "auto") -> MemoryNetwork:
        """A freshly initialised network; raises ValueError or a registry error, in one line.

        `backend` is no part of a model: it never changes a result (memnets.backends).
        """
        from .network import assemble

        make_cell, make_controller = cells.get(self.cell), controllers.get(self.controller)
        make_estimator = estimators.get(self.estimator)
        _check_options(self.cell, make_cell, self.cell_options)
        _check_options(self.controller, make_controller, self.controller_options)
        _check_options(self.estimator, make_estimator, self.estimator_options)
        return assemble(
            make_cell,
            make_estimator,
            make_controller,
            self.controller_size,
            input_size,
            output_size,
            cell_options=self.cell_options,
            estimator_options=self.estimator_options,
            controller_options=self.controller_options,
            bypass_dropout=self.bypass_dropout,
            backend=backend,
        )

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelSpec:
        """Back from `to_json`; raises ValueError naming an unknown or missing field."""
        known = [f.name for f in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ValueError(f"a model has no {unknown[0]!r}; it has {', '.join(known)}")
        if "cell" not in data:
            raise ValueError(f"a model needs a cell; known cells are {', '.join(cells)}")
        return cls(**data)


def save(
    path: Path, network: MemoryNetwork, spec: ModelSpec, input_size: int, output_size: int
) -> None:
    """Write a network with the spec that rebuilds it, whole or not at all; raises OSError."""
    import torch

    data = {
        "spec": spec.to_json(),
        "input_size": input_size,
        "output_size": output_size,
        "state": network.state_dict(),
    }
    buffer = io.BytesIO()
    torch.save(data, buffer)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(buffer.getvalue())
    os.replace(part, path)


def load(path: Path) -> tuple[MemoryNetwork, ModelSpec]:
    """Rebuild a saved network; raises ValueError where the file is not one of `save`.

    Reads tensors and plain data only, never pickled objects, and calls only what is registered.
    """
    import torch

    with open(path, "rb") as file:
        try:
            saved = torch.load(file, map_location="cpu", weights_only=True)
            if not isinstance(saved, dict):
                raise TypeError(f"it holds a {type(saved).__name__}")
        # what is not a checkpoint can fail in any way that unpickling can
        except Exception as error:
            raise _not_saved(path, error) from error
    try:
        if ":" in "".join(_strings(saved["spec"])):
            raise TypeError("it names code by reference: register that code and save by its name")
        spec = ModelSpec.from_json(saved["spec"])
        network = spec.build(saved["input_size"], saved["output_size"])
        network.load_state_dict(saved["state"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise _not_saved(path, error) from error
    return network, spec


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from _strings(list(data.values()))
    elif isinstance(data, list | tuple):
        for part in data:
            yield from _strings(part)


def _not_saved(path: Path, error: Exception) -> ValueError:
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    return ValueError(f"{path} is not a saved memnets model: {reason}")


def _check_options(name: str, make: Callable[..., Any], options: Mapping[str, Any]) -> None:
    known = {
        p.name: p.default
        for p in inspect.signature(make).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY and p.default is not inspect.Parameter.empty
    }
    for option, value in options.items():
        if option not in known:
            raise ValueError(
                f"{name} has no option {option!r}; "
                + (f"it has {', '.join(known)}" if known else "it has none")
            )
        if not _alike(value, known[option]):
            kind = type(known[option]).__name__
            raise ValueError(
                f"{name}: {option} is of type {kind}, such as {known[option]!r}, not {value!r}"
            )


def _alike(value: Any, default: Any) -> bool:
    """Whether a value is of the kind of an option's default; anything goes where that is None."""
    if isinstance(default, bool) or isinstance(value, bool):
        return default is None or isinstance(value, bool) == isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return not isinstance(default, int | str) or isinstance(value, type(default))
