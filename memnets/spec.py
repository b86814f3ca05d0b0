"""A model as data: what is hashed, sent to workers, and built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from .options import check_options, plain, require_number, require_positive, require_whole
from .registry import cells, controllers, estimators

if TYPE_CHECKING:
    from .embedding import Embedding
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
    embedding: int = 0
    """Width of the learned vectors of symbols that come in as indices; 0: they are one-hot."""
    feed_read: bool = True
    """Whether the controller sees what was read; without, whole sequences can be run at once."""
    tied: bool = False
    """Whether the logits are those of the symbols that come in, by their learned vectors."""

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
        for name in ("feed_read", "tied"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is True or False, not {getattr(self, name)!r}")

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
        from .assembly import assemble

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
            tied=self.tied,
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
        if self.tied:
            raise ValueError("tied is True, but inputs are channels and no symbols: leave it False")
        return None

    def to_json(self) -> dict[str, Any]:
        """A dictionary of JSON types; fields of later versions only where they say something."""
        data = asdict(self)
        # ids of stored trials are made of this, and earlier versions had no such fields
        if not self.embedding:
            del data["embedding"]
        if self.feed_read:
            del data["feed_read"]
        if not self.tied:
            del data["tied"]
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
