"""The torch side of the kernels: one autograd function per rollout, around what each cell adds."""
