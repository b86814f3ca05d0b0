"""A model as data: what is hashed, stored, sent to workers, and built."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import check_options, plain, require_number, require_positive, require_whole
from .registry import cells, controllers, estimators

if TYPE_CHECKING:
    from .embedding import Embedding
    from .network import MemoryNetwork

_FIELDS = ("spec", "input_size", "output_size", "state")
_UNREADABLE = "torch.load finds no tensors and plain data in it, or more than these"
_BARE = (
    "it is a bare state_dict: build its network with ModelSpec.build and give it to "
    "load_state_dict, or write the file with memnets.save"
)


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
    embedding: int = 0
    """Width of the learned vectors of symbols that come in as indices; 0: they are one-hot."""
    feed_read: bool = True
    """Whether the controller sees what was read; without, whole sequences can be run at once."""

    def __post_init__(self) -> None:
        for name in ("cell", "estimator", "controller"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"a model's {name} is a name, not {getattr(self, name)!r}")
        for name in ("cell_options", "estimator_options", "controller_options"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} maps names to values, not {getattr(self, name)!r}")
        for name in [f.name for f in fields(self)]:
            object.__setattr__(self, name, plain(getattr(self, name)))
        require_positive(controller_size=self.controller_size)
        require_number("bypass_dropout", self.bypass_dropout, least=0, below=1)
        require_whole("embedding", self.embedding, least=0)
        if not isinstance(self.feed_read, bool):
            raise ValueError(f"feed_read is True or False, not {self.feed_read!r}")

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_json(), sort_keys=True))

    @property
    def label(self) -> str:
        """How reports name the model: "ntm/soft", or "none/lstm" where there is no memory."""
        return f"{self.cell}/{self.controller if self.cell == 'none' else self.estimator}"

    def build(
        self, input_size: int, output_size: int, *, symbols: int = 0, backend: str = "auto"
    ) -> MemoryNetwork:
        """A freshly initialised network; raises ValueError or a registry error, in one line.

        With `symbols`, inputs are indices of so many symbols, and `input_size` is 1. `backend` is
        no part of a model: it never changes a result (memnets.backends).
        """
        from .network import assemble

        input_size, output_size, symbols = plain((input_size, output_size, symbols))
        require_positive(input_size=input_size, output_size=output_size)
        require_whole("symbols", symbols, least=0)
        make_cell, make_controller = cells.get(self.cell), controllers.get(self.controller)
        make_estimator = estimators.get(self.estimator)
        check_options(self.cell, make_cell, self.cell_options)
        check_options(self.controller, make_controller, self.controller_options)
        check_options(self.estimator, make_estimator, self.estimator_options)
        embedding = self._embedding(input_size, symbols)
        return assemble(
            make_cell,
            make_estimator,
            make_controller,
            self.controller_size,
            embedding.output_size if embedding else input_size,
            output_size,
            cell_options=self.cell_options,
            estimator_options=self.estimator_options,
            controller_options=self.controller_options,
            bypass_dropout=self.bypass_dropout,
            embedding=embedding,
            feed_read=self.feed_read,
            backend=backend,
        )

    def matched(self, measure: str, to: ModelSpec | int, **sizes: int) -> ModelSpec:
        """This model with other sizes, as large as `to` within 1 %.

        `measure` is "parameters", "state" or "flops"; `to` a model or a number,
        `sizes` what `build` takes. Raises `memnets.sizes.Unmatched`, a ValueError, where no sizes
        come so near.
        """
        from .sizes import matched

        return matched(self, measure, to, **sizes)

    def _embedding(self, input_size: int, symbols: int) -> Embedding | None:
        from .embedding import Embedding

        if symbols:
            if input_size != 1:
                raise ValueError(f"symbols come in one column of indices, not in {input_size}")
            return Embedding(symbols, self.embedding)
        if self.embedding:
            raise ValueError(
                f"embedding is {self.embedding}, but inputs are channels and no symbols: leave it 0"
            )
        return None

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON types; fields of later versions only where they say something."""
        data = asdict(self)
        # ids of stored trials are made of this, and earlier versions had no such fields
        if not self.embedding:
            del data["embedding"]
        if self.feed_read:
            del data["feed_read"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelSpec:
        """Back from `to_json`; raises ValueError naming an unknown or missing field."""
        if not isinstance(data, Mapping):
            raise ValueError(f"a model maps names to values, such as cell to ntm, not {data!r:.60}")
        known = [f.name for f in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ValueError(f"a model has no {unknown[0]!r}; it has {', '.join(known)}")
        if "cell" not in data:
            raise ValueError(f"a model needs a cell; known cells are {', '.join(cells)}")
        return cls(**data)


def save(
    path: str | PathLike[str],
    network: MemoryNetwork,
    spec: ModelSpec,
    input_size: int,
    output_size: int,
    symbols: int = 0,
) -> None:
    """Write a network with the spec that rebuilds it, whole or not at all; raises OSError.

    The sizes are those that it was built with.
    """
    import torch

    path = Path(path)
    data = {
        "spec": spec.to_json(),
        "input_size": plain(input_size),
        "output_size": plain(output_size),
        "symbols": plain(symbols),
        "state": network.state_dict(),
    }
    buffer = io.BytesIO()
    torch.save(data, buffer)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(buffer.getvalue())
    os.replace(part, path)


def load(path: str | PathLike[str]) -> tuple[MemoryNetwork, ModelSpec]:
    """Rebuild a saved network, ready to use: on the CPU, in its precision, in `eval()` mode.

    Call `train()` on it to train it further. Reads tensors and plain data only, never pickled
    objects, and calls only what is registered. Raises ValueError where the file is not one of
    `save`.
    """
    import torch

    path = Path(path)
    with open(path, "rb") as file:
        try:
            saved = torch.load(file, map_location="cpu", weights_only=True)
        # what is not a checkpoint can fail in any way that unpickling can
        except Exception as error:
            raise _not_saved(path, _UNREADABLE) from error
    if not isinstance(saved, dict):
        raise _not_saved(path, f"it holds a {type(saved).__name__}")
    if saved and all(isinstance(value, torch.Tensor) for value in saved.values()):
        raise _not_saved(path, _BARE)
    if missing := [name for name in _FIELDS if name not in saved]:
        raise _not_saved(path, f"it has no {missing[0]!r}")
    try:
        if ":" in "".join(_strings(saved["spec"])):
            raise TypeError("it names code by reference: register that code and save by its name")
        spec = ModelSpec.from_json(saved["spec"])
        sizes = saved["input_size"], saved["output_size"]
        # files of earlier versions know of no symbols
        network = spec.build(*sizes, symbols=saved.get("symbols", 0))
        network.to(saved["state"]["readout.weight"].dtype)
        network.load_state_dict(saved["state"])
    except (KeyError, TypeError, RuntimeError) as error:
        raise _not_saved(path, error) from error
    return network.eval(), spec


def is_saved(path: str | PathLike[str]) -> bool:
    """Whether a file is one that `save` wrote; no for whatever cannot be read."""
    import torch

    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    # what is not a checkpoint can fail in any way that unpickling can
    except Exception:
        return False
    return isinstance(saved, dict) and set(saved) >= set(_FIELDS)


def sizes_of(network: MemoryNetwork) -> dict[str, int]:
    """The sizes that `ModelSpec.build` was given for a network."""
    symbols = network.embedding.symbols if network.embedding else 0
    return {
        "input_size": 1 if symbols else network.input_size,
        "output_size": network.readout.out_features,
        "symbols": symbols,
    }


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from _strings(list(data.values()))
    elif isinstance(data, list | tuple):
        for part in data:
            yield from _strings(part)


def _not_saved(path: Path, reason: Exception | str) -> ValueError:
    said = str(reason).strip().partition("\n")[0] or type(reason).__name__
    return ValueError(f"{path} is not a saved memnets model: {said}")
