"""Measuring cells: light, nuclei, somas, neurites, quality, positives; plates in, tables out.

`measure_plate` does it all for a plate; the parts are offered for fields and pictures of one's own.
"""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
