"""The 15 tasks of the Chomsky hierarchy (Delétang et al., 2023), in the paper's three groups."""
