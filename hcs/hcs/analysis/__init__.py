"""Checks that make a result believable, each at the level of the clone: wells, batches, clones, donors.

Every check is a function that gives a `hcs.analysis.finding.Finding`: a table, a sentence, a picture.
"""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
