"""Compiled kernels on disk: a file each, named for the code that the kernel was compiled from."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from ...compiling import folder
from .stamps import stamp

_DIGEST = hashlib.sha256().digest_size


def is_cacheable(function: Any) -> bool:
    """Whether what a function compiles to follows from the file that it stands in."""
    return not function.__closure__ and Path(function.__code__.co_filename).is_file()


class KernelCache(_Cache):
    """The files of one kernel in one form, for any types of arguments.

    A file is complete or not there, and never changes: a source that changes makes another file.
    """

    def __init__(self, function: Any, form: str) -> None:
        code = stamp(Path(function.__code__.co_filename))
        versions = numba.__version__, llvmlite.__version__
        self._code = _hash(code, *versions, function.__module__, function.__code__.co_code)
        name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        # of a function inside another, Windows takes no <locals>
        name = name.replace("<", "").replace(">", "")
        self._start = f"{name}-{form}-{sys.implementation.cache_tag}-"
        self._enabled = True

    @property
    def cache_path(self) -> str | None:
        place = folder()
        return str(place) if place else None

    def path(self, signature: Any, codegen: Any) -> Path | None:
        """Where the compiled form for these types of arguments is kept, if anywhere."""
        place = folder() if self._enabled else None
        types = _hash(str(signature), *map(str, codegen.magic_tuple()))
        return place / f"{self._start}{self._code}-{types}.kernel" if place else None

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        target_context.refresh()
        path = self.path(signature, target_context.codegen())
        data = _read(path) if path else None
        return data and CompileResult._rebuild(target_context, *pickle.loads(data))

    def save_overload(self, signature: Any, result: Any) -> None:
        if result.library.has_dynamic_globals:
            return
        path = self.path(signature, result.codegen)
        # a full disk costs time at the next start, and nothing now
        with suppress(OSError):
            if path:
                _write(path, dumps(result._reduce()))
                self._drop_outdated()

    def _drop_outdated(self) -> None:
        now = set(self._files(self._code))
        for path in self._files():
            if path not in now:
                path.unlink(missing_ok=True)

    def _files(self, code: str = "") -> Iterator[Path]:
        """What is stored of this kernel, of any code or of one."""
        place = folder()
        return place.glob(f"{self._start}{code}*.kernel") if place else iter(())

    def holds_any(self) -> bool:
        """Whether the kernel is stored as it is now, for any types of arguments."""
        return any(self._files(self._code))

    def enable(self) -> None:
        self._enabled = True

    def disable(self) -> None:
        self._enabled = False

    def flush(self) -> None:
        """Removes what is stored of this kernel."""
        for path in self._files():
            path.unlink(missing_ok=True)


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return digest.hexdigest()[:16]


def _read(path: Path) -> bytes | None:
    """What was written there; None where nothing was, or not all of it reached the disk."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    whole = hashlib.sha256(data[_DIGEST:]).digest() == data[:_DIGEST]
    return data[_DIGEST:] if whole else None


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(hashlib.sha256(data).digest() + data)
    os.replace(part, path)
