"""The cells that have CPU kernels, each in a file of its own, by their registered names."""
