"""Statistics of wells: scales, plate effects, controls and replicates."""
