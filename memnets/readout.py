"""From the controller's output and what was read to logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .embedding import Embedding


class Readout(nn.Linear):
    """A linear map of the controller's output and the reads, (…, C + O), to logits, (…, Y)."""

    @property
    def outputs(self) -> int:
        """How many logits a step has."""
        return self.out_features

    def without(self, reads: int) -> Readout:
        """The same map of the controller's output alone, (…, C), as where O = `reads` are zero."""
        units = self.in_features - reads
        # on "meta", no number is drawn for what is replaced
        with torch.device("meta"):
            alone = self._of(units)
        alone.weight = nn.Parameter(self.weight.detach()[:, :units])
        alone.bias = nn.Parameter(self.bias.detach())
        return alone

    def _of(self, input_size: int) -> Readout:
        return Readout(input_size, self.out_features)


class TiedReadout(Readout):
    """Logits of the symbols that come in: products of a linear map with their vectors.

    So a symbol that was seen can be given back without learning each by itself. Language models
    tie both ends so (Press and Wolf, 2017), and so does the authors' code of multi-query recall
    (Arora et al., 2023). The vectors stay the embedding's parameters.
    """

    def __init__(self, input_size: int, embedding: Embedding) -> None:
        """Raises ValueError for an embedding without learned vectors."""
        if embedding.vectors is None:
            raise ValueError(
                "tied logits need learned vectors: give the embedding a width, such as 64"
            )
        super().__init__(input_size, embedding.output_size)
        # in a tuple, they are no parameters of the readout's own
        self._vectors = (embedding,)

    @property
    def outputs(self) -> int:
        return self._vectors[0].symbols

    def forward(self, seen: Tensor) -> Tensor:
        vectors = self._vectors[0].vectors
        assert vectors is not None
        return F.linear(super().forward(seen), vectors.weight)

    def _of(self, input_size: int) -> Readout:
        return TiedReadout(input_size, self._vectors[0])


def readout_of(
    input_size: int, output_size: int, embedding: Embedding | None, *, tied: bool
) -> Readout:
    """A readout, tied to an embedding's vectors where it is asked for.

    Raises ValueError where there are none, or where logits are others than those of its symbols.
    """
    if not tied:
        return Readout(input_size, output_size)
    if embedding is None:
        raise ValueError("tied logits need symbols that come in, and an embedding of them")
    if output_size != embedding.symbols:
        wanted = f"the {embedding.symbols} symbols that come in"
        raise ValueError(f"tied logits are those of {wanted}, not {output_size}")
    return TiedReadout(input_size, embedding)
