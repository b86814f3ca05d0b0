"""The torch side of the kernels: one autograd function per rollout, and what each cell adds."""
