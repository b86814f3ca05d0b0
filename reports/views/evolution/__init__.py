"""The view of the procedure "evolution": models that learned without a gradient."""
