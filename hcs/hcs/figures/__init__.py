"""Figures of a study, drawn from its tables; each file draws one thing and touches no file."""
