"""Readers of instruments' exports: folders in, one `Acquisition` out."""
