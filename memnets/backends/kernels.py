"""Registries of kernels, by the names under which the parts that they run are registered."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from ..registry import Registry

T = TypeVar("T")


class _Entry(NamedTuple):
    kernel: Any
    refusal: str | None


class Kernels(Registry[T]):
    """What runs a cell or a controller in its place: registered under that part's own name.

    It is looked up by the exact class of a part, because a subclass may compute anything. Nothing
    is imported before a part needs it, and what fails to load is tried once.
    """

    def __init__(self, group: str, home: str, parts: Registry[Any], word: str = "kernel") -> None:
        """`parts` is the registry of what is run; `word` is what refusals call that which runs."""
        super().__init__(group, home)
        self._parts, self._word = parts, word
        self._entries: dict[type, _Entry] = {}
        self._versions = (0, 0)

    def refuses(self, part: object) -> str | None:
        """Why there is no kernel for a part, in a sentence; None where there is one."""
        return self._entry(type(part)).refusal

    def of(self, part: object) -> T:
        """The kernel of a part that is not refused."""
        kernel: T = self._entry(type(part)).kernel
        return kernel

    def _entry(self, part_class: type) -> _Entry:
        versions = self.version, self._parts.version
        if versions != self._versions:
            self._entries.clear()
        if part_class not in self._entries:
            self._entries[part_class] = self._loaded(part_class)
            self._versions = self.version, self._parts.version
        return self._entries[part_class]

    def _loaded(self, part_class: type) -> _Entry:
        name = self._parts.name_of(part_class)
        if name is None or name not in self:
            noun = self._parts.group.rpartition(".")[2].removesuffix("s")
            return _Entry(None, f"the {noun} {part_class.__name__} has no {self._word}")
        try:
            return _Entry(self.get(name), None)
        # compilers fail in ways of their own: for want of a cache, by a setting, at a version
        except Exception as error:
            return _Entry(None, _failure(error.__cause__ or error))


def _failure(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{error.name} is not installed"
    reason = str(error).partition("\n")[0]
    return f"the fused kernels cannot be loaded ({type(error).__name__}: {reason})"
