"""Things by their registered name and options, with one clear line for what does not exist."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

from memnets.registry import Registry


def built(registry: Registry[Any], thing: Any, options: Mapping[str, Any]) -> Any:
    """The given thing, or what is registered under that name, built with these options.

    Raises ValueError for options of a thing that is built already.
    """
    if isinstance(thing, str):
        return build(registry, thing, options)
    if options:
        raise ValueError(
            f"{type(thing).__name__}: it is built already, so {', '.join(options)} "
            "must be among its own options."
        )
    return thing


def build(registry: Registry[Any], name: str, options: Mapping[str, Any]) -> Any:
    """What is registered under the name, built with these options; see `make_task`."""
    factory = registry.get(name)
    known = inspect.signature(factory).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        check_names(name, options, known)
    return factory(**options)


def check_names(owner: str, asked: Any, known: Any) -> None:
    """Raise ValueError, with the nearest known name, for the first unknown name in `asked`."""
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{owner}: no option {name!r}. {hint}Known: {', '.join(known) or 'none'}."
            )
