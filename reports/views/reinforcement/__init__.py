"""The view of the procedure "reinforcement": agents in environments."""
