"""From a weighting to the address that is used: one file per choice, found by itself.

A file defines a `Choice` (base.py), and says with `chooses_for` which estimator makes it.
"""
