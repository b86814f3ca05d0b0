"""Contracts that every cell and every estimator keeps, and exact enumeration."""
