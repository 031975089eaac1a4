"""Plates as pictures: rows of wells, heatmaps, and pages of them."""
