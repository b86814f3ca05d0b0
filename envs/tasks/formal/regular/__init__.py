"""Regular tasks: a finite number of states is enough."""
