"""Samples under codes until every measurement is made: codes, the sealed key, and the day of unblinding."""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
