"""Plots of costs, gains and training."""
