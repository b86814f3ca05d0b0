"""The tasks of the RL-NTM as tape tasks."""
