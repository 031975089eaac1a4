"""What can be laid over a field: an overlay is a file here, and a line of `registry.py`."""
