"""People who judge images without knowing the diagnosis: images dealt, answers kept and scored."""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
