"""The algorithmic tasks of the NTM and RL-NTM papers."""
