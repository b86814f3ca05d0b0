"""The `memnets` command: the composition root, which nothing imports."""
