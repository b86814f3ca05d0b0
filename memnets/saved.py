"""A trained network as a file, with the spec that rebuilds it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import plain
from .spec import ModelSpec

if TYPE_CHECKING:
    from .network import MemoryNetwork

_FIELDS = ("spec", "input_size", "output_size", "state")
_UNREADABLE = "torch.load finds no tensors and plain data in it, or more than these"
_BARE = (
    "it is a bare state_dict: build its network with ModelSpec.build and give it to "
    "load_state_dict, or write the file with memnets.save"
)


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
        # by mmap nothing is read of the tensors
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    # what is not a checkpoint can fail in any way that unpickling can
    except Exception:
        return False
    return isinstance(saved, dict) and set(saved) >= set(_FIELDS)


def sizes_of(network: MemoryNetwork) -> dict[str, int]:
    """The sizes that `ModelSpec.build` was given for a network."""
    symbols = network.embedding.symbols if network.embedding else 0
    return {
        "input_size": 1 if symbols else network.input_size,
        "output_size": network.readout.outputs,
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
