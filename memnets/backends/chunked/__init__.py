"""Whole stretches of a sequence at once, in plain torch, where no step waits for an earlier read.

backend.py is the backend; cells/ has what each cell computes of a stretch.
"""
