"""Machine code of a kernel that is the same however the kernel came into the process.

Numba lets the copies of one function in several kernels stand for each other: whichever was loaded
first runs in all of them. The copies are optimised with their kernels, so they round differently.
Here each kernel runs the copies that it was compiled with.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import binding
from numba.core import bytecode
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.typed_passes import AnnotateTypes

_SHARED = binding.Linkage.linkonce_odr


class _Library(JITCodeLibrary):
    """One kernel, and the functions that it calls."""

    def _share(self) -> None:
        """Keeps the code that other kernels link, before this one is turned into machine code."""
        shared = self._final_module.clone()
        for function in _defined(shared):
            if function.linkage == binding.Linkage.external:
                function.linkage = _SHARED
        # through bitcode, as a kernel that comes from disk does: callers compile to the same code
        self._shared_module = binding.parse_bitcode(shared.as_bitcode())


class SelfContained(_Library):
    """Machine code that calls nothing outside of itself but the mathematical library.

    Its parts are its own before they are optimised: LLVM then puts more of them into their callers,
    and a step of a single sequence takes up to a tenth less time.
    """

    def _optimize_final_module(self) -> None:
        for function in _defined(self._final_module):
            if function.linkage == _SHARED:
                function.linkage = binding.Linkage.internal
        super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        self._share()
        super()._finalize_final_module()


class ForCallers(_Library):
    """Code that other kernels link; no machine code of its own, as nothing else calls it.

    It is optimised as a part of each kernel that links it. Doing so here as well made no kernel
    faster, and took 1.4 times as long to compile.
    """

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._share()
        self._finalize_dynamic_globals()
        lines = [str(self._codegen._create_empty_module(self.name))]
        # numba keeps the address of an object of its own here, for each function
        for variable in self._final_module.global_variables:
            if variable.name.startswith("_ZN08NumbaEnv"):
                lines.append(f'@"{variable.name}" = common global ptr null')
        self._final_module = binding.parse_assembly("\n".join(lines))
        super()._finalize_final_module()


def _defined(module: Any) -> Iterator[Any]:
    return (function for function in module.functions if not function.is_declaration)


@register_pass(mutates_CFG=False, analysis_only=True)
class _IntoLibrary(AnalysisPass):
    """Has the passes that follow put their code into a library of ours."""

    _name = "memnets_into_library"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        kind = ForCallers if state.flags.no_cpython_wrapper else SelfContained
        state.library = kind(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return False


class KernelCompiler(CompilerBase):
    """Numba's compiler, with libraries of ours.

    What Python cannot call, for want of a wrapper, is for callers only.
    """

    def define_pipelines(self) -> list[Any]:
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(_IntoLibrary, AnnotateTypes)
        pipeline.finalize()
        return [pipeline]

    def compile_extra(self, function: Any) -> Any:
        with _numbered(function, self.state.args):
            return super().compile_extra(function)


@contextmanager
def _numbered(function: Any, types: Any) -> Iterator[None]:
    """Has numba count the functions that it compiles from a number that is this kernel's own.

    The count is a part of their names, which so do not depend on what was compiled before.
    """
    same_name = _compiled.setdefault((function.__module__, function.__qualname__), [])
    if function not in same_name:
        same_name.append(function)
    # a function that was defined anew, as in a notebook, is another one
    text = f"{function.__module__} {function.__qualname__} {types} {same_name.index(function)}"
    start = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
    before = bytecode.FunctionIdentity._unique_ids
    bytecode.FunctionIdentity._unique_ids = itertools.count(start)
    try:
        yield
    finally:
        bytecode.FunctionIdentity._unique_ids = before


_compiled: dict[tuple[str, str], list[Any]] = {}
"""The functions that were compiled in this process, by module and name."""
