"""The algorithmic tasks of the NTM paper."""
