"""Plates that other tools wrote, OME-Zarr 0.4 and 0.5: understood, guarded and read in place."""
