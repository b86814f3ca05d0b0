"""Triton's compiler takes every cell's kernels, for the architecture of an H100 and without one."""

import subprocess
import sys

import pytest

from memnets.backends.triton.cells.base import triton_cells

COMPILE = """
import sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile

from memnets.backends.triton.cells.base import triton_cells
from memnets.spec import ModelSpec

name = sys.argv[1]
cell = ModelSpec(name, cell_options={"slots": 7, "width": 5, "write_heads": 2}).build(4, 3).cell
run = triton_cells.get(name)(cell, 11, True)
for kernel in (run.forward_kernel, run.backward_kernel):
    fixed = dict(run.constants)
    options = {name: fixed.pop(name) for name in ("num_warps", "num_stages", "enable_fp_fusion")}
    kinds = {
        name: "constexpr" if name in fixed else "*i32" if name == "place_ptr"
        else "*fp32" if name.endswith("_ptr") else "i32"
        for name in kernel.arg_names
    }
    made = compile(
        ASTSource(kernel, kinds, fixed), target=GPUTarget("cuda", 90, 32), options=options
    )
    assert "bar.sync" in made.asm["ptx"]
"""


@pytest.mark.parametrize("cell", list(triton_cells))
def test_the_compiler_takes_the_kernels_without_a_gpu(cell, tmp_path):
    pytest.importorskip("triton")
    # in a process of its own: in this one the kernels may be those of the interpreter
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, cell],
        env={"TRITON_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
