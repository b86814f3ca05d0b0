"""Context-free tasks: a stack is enough, and needed."""
