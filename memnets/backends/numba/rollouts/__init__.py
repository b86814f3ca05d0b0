"""The torch side of the kernels: one autograd function per rollout, and what each cell adds.

A controller without a memory has no kernel of ours: memoryless.py hands it to torch's own layers.
"""
