"""What Triton kernels are compiled with: sizes, padded sizes, blocks, and offsets."""

from __future__ import annotations

from typing import Any, TypeAlias

from ...interface import Interface

Constants: TypeAlias = dict[str, Any]
"""The constexpr arguments of a kernel by name, and the options of its compilation."""

TILE = 4096
"""Most numbers of a matrix (of weights, of links) that a program holds at a time."""


def padded(size: int) -> int:
    """The next power of two: Triton's vectors have no other sizes."""
    return 1 << (size - 1).bit_length()


def offsets(interface: Interface) -> Constants:
    """Where each parameter of the interface begins, by its name in capitals; FACE is the end."""
    found = {name.upper(): offset for name, offset in interface.offsets().items()}
    return found | {"FACE": interface.linear.out_features}


def shared(
    slots: int, width: int, controller_size: int, lstm: bool, reads: int, face: int
) -> Constants:
    """What the kernels of every cell are compiled with.

    `reads` and `face` are the lengths of what is read and of the interface.
    """
    pads = {"NP": slots, "WP": width, "CP": controller_size, "IP": face, "OP": reads}
    blocks = {"BLOCK_C": controller_size, "BLOCK_I": face, "BLOCK_O": reads}
    return {
        **{"N": slots, "W": width, "C": controller_size, "LSTM": lstm},
        **{name: padded(size) for name, size in pads.items()},
        **{name: min(128, max(1, TILE // padded(size))) for name, size in blocks.items()},
        "num_warps": 8 if padded(slots) * padded(width) <= TILE else 16,
        # loads must not be moved over the stores of the step before
        "num_stages": 1,
        "enable_fp_fusion": True,
    }
