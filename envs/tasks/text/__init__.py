"""Questions about short stories in words."""
