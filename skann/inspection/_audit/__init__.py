"""Faults of a churn workflow, each kind in a module of its own."""
