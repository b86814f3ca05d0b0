"""Every option of every registered part of a model, of ModelSpec and of presets."""

from collections.abc import Iterator
from dataclasses import fields
from inspect import getmembers, isfunction, signature
from typing import Any, get_type_hints

import torch

from memnets import preset_dntm, preset_language, presets, regularisers
from memnets.estimators.price import Price
from memnets.options import options_of
from memnets.registry import Registry, cells, controllers, estimators
from memnets.spec import ModelSpec

from .law import Option, hints

STEPS, BATCH, INPUTS, OUTPUTS = 3, 2, 3, 2
SMALL = {"slots": 7, "width": 3, "key_width": 2, "score_width": 3, "k": 2, "baseline_size": 3}
NESTED = {"price": Price}
"""Options that are mappings of further options, and what has these."""


def registered() -> Iterator[Option]:
    """Options of what a ModelSpec names, and of regularisers."""
    parts = {"cell": cells, "estimator": estimators, "controller": controllers}
    for part, registry in parts.items():
        for name in registry:
            for option, hint in _options(registry, name):
                use = _model_with(part, name, option)
                yield Option(f"{part} {name}", option, hint, use)
                for inner, inner_hint in _inside(option):
                    yield Option(f"{part} {name}.{option}", inner, inner_hint, _nested(use, inner))
    for name in regularisers.regularisers:
        for option, hint in _options(regularisers.regularisers, name):
            yield Option(f"regulariser {name}", option, hint, _term_with(name, option))


def of_specs() -> Iterator[Option]:
    """Fields of ModelSpec, and what `build` is called with."""
    types = get_type_hints(ModelSpec)
    for field in fields(ModelSpec):
        symbols = 3 if field.name == "embedding" else 0

        def use(value: Any, name: str = field.name, symbols: int = symbols) -> Any:
            base = {"cell": "ntm", "controller_size": 4, "cell_options": _small("cell", "ntm")}
            return step(ModelSpec(**{**base, name: value}), symbols=symbols)

        yield Option("ModelSpec", field.name, types[field.name], use)
    for name in ("input_size", "output_size", "symbols"):

        def build(value: Any, name: str = name) -> Any:
            sizes = {"input_size": 1 if name == "symbols" else 3, "output_size": 2, name: value}
            return ModelSpec("none", controller_size=4).build(**sizes) and None

        yield Option("ModelSpec.build", name, int, build)


def of_presets() -> Iterator[Option]:
    """Parameters of the functions that make published models."""
    examples = {"task": "copy", "input_size": 3, "output_size": 2, "size": 4, "heads": 1}
    for module in (presets, preset_dntm, preset_language):
        for name, make in getmembers(module, isfunction):
            if name.startswith("_") or make.__module__ != module.__name__:
                continue
            types = get_type_hints(make)
            known = signature(make).parameters
            wanted = [n for n, p in known.items() if p.default is p.empty and n in examples]
            needed = {n: examples[n] for n in wanted}
            for option, parameter in known.items():
                if parameter.kind is parameter.VAR_KEYWORD:
                    continue

                def use(value: Any, make=make, needed=needed, option=option) -> Any:
                    return _built(make(**{**needed, option: value}))

                yield Option(f"preset {name}", option, types[option], use)


def step(spec: ModelSpec, symbols: int = 0) -> dict[str, Any]:
    """Numbers, which must be finite, of a model that is built, trained one step, and tested."""
    torch.manual_seed(0)
    network = spec.build(1 if symbols else INPUTS, OUTPUTS, symbols=symbols, backend="reference")
    inputs = torch.randn(STEPS, BATCH, INPUTS)
    if symbols:
        inputs = torch.randint(symbols, (STEPS, BATCH, 1)).float()
    inputs = inputs.repeat_interleave(network.estimator.rollouts, 1)
    rollout = network(inputs)
    cost_TB = rollout.logits_TBY.square().sum(-1)
    seen = cost_TB, network.features(rollout), network.embed(inputs).detach()
    loss = cost_TB.sum(0).mean() + network.estimator.surrogate(rollout.address, *seen)
    loss.backward()
    network.estimator.advance()
    gradients = [p.grad.to_dense().numpy() for p in network.parameters() if p.grad is not None]
    with torch.no_grad():
        tested = network.eval()(inputs).logits_TBY
    return {
        "logits": rollout.logits_TBY.detach().numpy(),
        "loss": loss.item(),
        "gradient": gradients,
        "test": tested.numpy(),
    }


def _options(registry: Registry[Any], name: str) -> Iterator[tuple[str, Any]]:
    make = registry.get(name)
    types = hints(make)
    for option, parameter in options_of(make).items():
        default = parameter.default
        yield option, types.get(option, Any if default is None else type(default))


def _inside(option: str) -> Iterator[tuple[str, Any]]:
    if option in NESTED:
        types = hints(NESTED[option])
        yield from ((name, types[name]) for name in options_of(NESTED[option]))


def _nested(use: Any, name: str) -> Any:
    return lambda value: use({name: value})


def _small(part: str, name: str) -> dict[str, Any]:
    registry = {"cell": cells, "estimator": estimators, "controller": controllers}[part]
    known = options_of(registry.get(name))
    return {option: size for option, size in SMALL.items() if option in known}


def _model_with(part: str, name: str, option: str) -> Any:
    def use(value: Any) -> Any:
        named = {"cell": "ntm", part: name}
        options = {f"{part}_options": {**_small(part, name), option: value}}
        if part != "cell":
            options["cell_options"] = _small("cell", "ntm")
        return step(ModelSpec(**named, controller_size=4, **options))

    return use


def _term_with(name: str, option: str) -> Any:
    def use(value: Any) -> Any:
        torch.manual_seed(0)
        network = ModelSpec("ntm", controller_size=4, cell_options=_small("cell", "ntm")).build(
            INPUTS, OUTPUTS, backend="reference"
        )
        term = regularisers.build(name, network, {option: value})
        inputs = torch.randint(2, (STEPS, BATCH, INPUTS)).float()
        told = {
            "targets_TBY": torch.zeros(STEPS, BATCH, OUTPUTS),
            "mask_TB": torch.ones(STEPS, BATCH, dtype=torch.bool),
            "sources_TB": torch.zeros(STEPS, BATCH, dtype=torch.long),
        }
        loss = term(network(inputs), inputs, **{n: told[n] for n in term.wanted()})
        loss.backward()
        gradients = [p.grad.to_dense().numpy() for p in network.parameters() if p.grad is not None]
        return {"loss": loss.item(), "gradient": gradients}

    return use


def _built(made: Any) -> Any:
    if isinstance(made, ModelSpec):
        made.build(INPUTS, OUTPUTS)
    elif isinstance(made, dict):
        for value in made.values():
            if isinstance(value, ModelSpec):
                value.build(INPUTS, OUTPUTS)
    return made if isinstance(made, int) else None
