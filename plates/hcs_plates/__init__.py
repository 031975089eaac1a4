"""Plates of cells on disk: wells, metadata, instruments' exports, OME-Zarr plates and tiles.

The ground floor of hcs. It knows no learning library.
"""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
