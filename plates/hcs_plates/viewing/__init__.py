"""A plate as a viewer needs it: wells, fields, channels, and any region of any level, read by chunk.

Plates of hcs and OME-Zarr 0.4 and 0.5 plates of other tools, read-only and in place.
"""

from hcs_plates.viewing.field import ViewedField
from hcs_plates.viewing.records import ViewedChannel, ViewedLevel
from hcs_plates.viewing.view import ViewedPlate, open_view

__all__ = ["ViewedChannel", "ViewedField", "ViewedLevel", "ViewedPlate", "open_view"]
