"""The cells that have Triton kernels, found by the names under which they are registered."""
