"""The fast path on the CPU: whole rollouts in compiled kernels, float32.

backend.py is the backend. The kernels are public, and tested against the pure functions that are
their reference; ntm, dnc and dntm put them together over a sequence, and rollouts/ is their torch
side.
"""
