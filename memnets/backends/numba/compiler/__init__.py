"""How kernels are compiled, and kept on disk until their code changes."""
