"""The six algorithmic environments of gym up to 0.19 as tape tasks."""
