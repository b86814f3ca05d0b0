"""One file per cell that has Triton kernels, found by the name that the cell is registered under."""
