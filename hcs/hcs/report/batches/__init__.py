"""The batch-effect report of a table of features."""
