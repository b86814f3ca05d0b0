"""The controllers that fast backends run, each in a file of its own, by their registered names."""
