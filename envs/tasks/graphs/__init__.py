"""Questions about graphs that are told edge by edge (Graves et al. 2016)."""
