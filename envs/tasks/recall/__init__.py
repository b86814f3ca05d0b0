"""Tasks of recall, on which memories and language models are compared."""
