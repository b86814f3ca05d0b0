"""Context-sensitive tasks: a tape as long as the input is enough, and a stack is not."""
