"""The fast path of a GPU: persistent Triton kernels for whole rollouts.

backend.py is the backend. Nothing here but the kernels needs Triton or a GPU to be imported.
"""
