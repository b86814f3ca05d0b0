"""One registry for all that can be plugged in: cells, estimators, controllers, tasks, …

A name is looked up, in this order, among what this process registered, as `"package.module:name"`,
among the built-ins (found by reading the source of the registry's home, without importing it), and
among the entry points of that name. Nothing is imported before it is asked for, so a broken plug-in
breaks its own name and nothing else, and a spawned worker finds plug-ins with no configuration.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from .file_names import reading
from .source_names import Source, declarations, first_line, modules

T = TypeVar("T")


class UnknownName(LookupError):
    """No such name in the registry; the message names the group and the nearest names."""


class NotFromFile(UnknownName):
    """A file names code by a reference that this process does not know; the message has it."""


class NameTaken(ValueError):
    """Two owners claim one name; the message names both."""


class BrokenPlugin(ImportError):
    """A plug-in was found but does not import; the message names its distribution."""


class Registry(Generic[T]):
    """Names -> classes or functions of one kind.

    `group` is the entry-point group; `home` the package or module whose source holds the built-ins,
    each below a `@<registry>.register("name")` decorator, where `<registry>` is the last part of
    the group: `@cells.register("ntm")` for the group `memnets.cells`. `stored` are references that
    any file may hold (see `file_names`).
    """

    def __init__(self, group: str, home: str, stored: tuple[str, ...] = ()) -> None:
        self.group = group
        self.home = home
        self._registered: dict[str, T] = {}
        self._found: dict[str, T] = {}
        self._names: dict[Any, str | None] = {}
        self._known = set(stored)
        self.version = 0
        """Goes up with everything that is registered."""

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that gives a class or function its name; raises NameTaken."""

        def decorate(thing: T) -> T:
            if _reference(self._registered.get(name, thing)) != _reference(thing):
                self._refuse(name, _reference(self._registered[name]), _reference(thing))
            source = self._builtins.get(name)
            if source and _reference(thing) != f"{source.module}:{source.attribute}":
                self._refuse(name, f"{source.module}:{source.attribute}", _reference(thing))
            self._registered[name] = thing
            self.know(thing)
            self.version += 1
            self._found.clear()
            self._names.clear()
            return thing

        return decorate

    def know(self, thing: Any) -> None:
        """Let files name this class or function by its reference, in this process."""
        self._known.add(_reference(thing))

    def get(self, name: str) -> T:
        """The class or function of that name; raises UnknownName, NameTaken or BrokenPlugin.

        What was found is remembered until something is registered. UnknownName is NotFromFile for
        a reference that a file may not hold.
        """
        if ":" in name and reading() and name not in self._known:
            raise NotFromFile(
                f"{self.group}: {name!r} is not taken from a file, which may hold registered names "
                "only: register that code."
            )
        if name not in self._found:
            self._found[name] = self._look_up(name)
        if ":" in name:
            self._known.add(name)
        return self._found[name]

    def name_of(self, thing: Any) -> str | None:
        """The name under which this very class or function is registered; None where there is none.

        Imports nothing but plug-ins from the package that the thing comes from.
        """
        if thing not in self._names:
            self._names[thing] = next(self._names_of(thing), None)
        return self._names[thing]

    def _names_of(self, thing: Any) -> Iterator[str]:
        yield from (name for name, other in self._registered.items() if other is thing)
        package = thing.__module__.partition(".")[0]
        for entry in entry_points(group=self.group):
            if entry.module.partition(".")[0] == package:
                with contextlib.suppress(BrokenPlugin, NameTaken):
                    if self.get(entry.name) is thing:
                        yield entry.name

    def _look_up(self, name: str) -> T:
        if ":" in name:
            return resolve(name)
        source, plugin = self._builtins.get(name), self._plugin(name)
        if source and plugin:
            self._refuse(name, f"{source.module}:{source.attribute}", _owner(plugin))
        if name in self._registered:
            return self._registered[name]
        if source:
            return resolve(f"{source.module}:{source.attribute}")
        if plugin:
            return _load(plugin, self.group)
        raise UnknownName(f"{self.group}: no {name!r}.{self._hint(name)}")

    def __iter__(self) -> Iterator[str]:
        plugins = {entry.name for entry in entry_points(group=self.group)}
        return iter(sorted({*self._registered, *self._builtins, *plugins}))

    def __contains__(self, name: object) -> bool:
        return name in set(self)

    def is_built_in(self, name: str) -> bool:
        """Whether the name is one of memnets' own, which every installation has."""
        return name in self._builtins

    def summary(self, name: str) -> str:
        """One line about a name, read without importing it."""
        if name in self._builtins:
            return self._builtins[name].summary
        if name in self._registered:
            return first_line(getattr(self._registered[name], "__doc__", None))
        plugin = self._plugin(name)
        return f"plug-in {plugin.value} from {_owner(plugin)}" if plugin else ""

    @cached_property
    def _builtins(self) -> dict[str, Source]:
        found: dict[str, Source] = {}
        for module, path in modules(self.home):
            for name, source in declarations(module, path, self.group.rpartition(".")[2]):
                if name in found:
                    self._refuse(name, found[name].module, module)
                found[name] = source
        return found

    def _plugin(self, name: str) -> EntryPoint | None:
        found = {entry.value: entry for entry in entry_points(group=self.group, name=name)}
        if len(found) > 1:
            self._refuse(name, *(_owner(entry) for entry in found.values()))
        return next(iter(found.values()), None)

    def _hint(self, name: str) -> str:
        near = difflib.get_close_matches(name, list(self), n=3, cutoff=0.5)
        if near:
            return f" Did you mean {' or '.join(map(repr, near))}?"
        return f" Known: {', '.join(self)}."

    def _refuse(self, name: str, *owners: str) -> None:
        raise NameTaken(f"{self.group}: {name!r} is claimed by {' and by '.join(owners)}.")


def resolve(reference: str) -> Any:
    """The object behind `"package.module:name"`.

    Raises UnknownName where there is none, and BrokenPlugin for a module that does not import.
    """
    module, _, attribute = reference.partition(":")
    if not all(part.isidentifier() for part in module.split(".")):
        raise UnknownName(f"{reference!r} does not name anything: {module!r} is no module's name.")
    try:
        return getattr(importlib.import_module(module), attribute)
    # a module may fail in any way that Python code can
    except Exception as error:
        if _is_missing(module, attribute, error):
            raise UnknownName(f"{reference!r} does not name anything: {error}") from error
        raise BrokenPlugin(f"{reference!r} does not import ({_reason(error)}).") from error


def _is_missing(module: str, attribute: str, error: Exception) -> bool:
    """Whether the module or the attribute is not there, as opposed to a module that fails."""
    if isinstance(error, ModuleNotFoundError):
        return f"{module}.".startswith(f"{error.name}.")
    return module in sys.modules and isinstance(error, AttributeError) and error.name == attribute


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _load(plugin: EntryPoint, group: str) -> Any:
    try:
        return plugin.load()
    # a plug-in may fail in any way that Python code can
    except Exception as error:
        raise BrokenPlugin(
            f"{group}: {plugin.name!r} from {_owner(plugin)} does not import ({_reason(error)})."
        ) from error


def _owner(plugin: EntryPoint) -> str:
    return f"distribution {plugin.dist.name}" if plugin.dist else plugin.value


def _reference(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


cells: Registry[Any] = Registry("memnets.cells", home="memnets.cells")
estimators: Registry[Any] = Registry("memnets.estimators", home="memnets.estimators")
controllers: Registry[Any] = Registry("memnets.controllers", home="memnets.controllers")
regularisers: Registry[Any] = Registry("memnets.regularisers", home="memnets.regularisers")
backends: Registry[Any] = Registry("memnets.backends", home="memnets.backends")
