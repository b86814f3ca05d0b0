"""A study of one's own in a Python file: `memnets study run ./mine.py:study`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from ..registry import BrokenPlugin, UnknownName


def of_file(path: Path, name: str) -> Any:
    """What the file calls by that name; the file is imported, as `import` would do it beside it.

    Workers import it too, since its folder comes first in where Python looks for modules. Raises
    UnknownName for a file or a name that is not there, and for a file that is called as another
    module is; BrokenPlugin for one that does not import.
    """
    if not path.is_file():
        raise UnknownName(f"there is no file {path}.")
    if not path.stem.isidentifier():
        raise UnknownName(f"{path} cannot be imported: {path.stem!r} is no module's name.")
    sys.path.insert(0, str(path.resolve().parent))
    try:
        module = importlib.import_module(path.stem)
    # a module may fail in any way that Python code can
    except Exception as error:
        raise BrokenPlugin(f"{path} does not import ({type(error).__name__}: {error}).") from error
    if Path(getattr(module, "__file__", None) or "").resolve() != path.resolve():
        raise UnknownName(f"{path} cannot be imported: another module is called {path.stem!r}.")
    if not hasattr(module, name):
        raise UnknownName(f"{path} has no {name!r}. Name a study in it, as in {path}:study.")
    return getattr(module, name)
