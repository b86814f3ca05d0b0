"""What each cell computes of a stretch of steps; base.py says what one must do."""
