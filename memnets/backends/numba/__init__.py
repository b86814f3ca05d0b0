"""The fast path on the CPU: whole rollouts in compiled kernels, float32.

backend.py is the backend; cells/ has what each cell adds to a rollout, rollouts/ what all have in
common, choices/ a file for each way to choose a slot. The kernels are public, and tested against
the pure functions that are their reference.
"""
