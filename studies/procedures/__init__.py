"""How a trial is made: rows and checkpoints from a task, a model and a seed."""
