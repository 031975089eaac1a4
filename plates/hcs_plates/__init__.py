"""Plates of cells on disk: wells, metadata, instruments' exports, OME-Zarr plates and tiles."""
