"""The middle floor of hcs: frozen backbones, heads, forests, splits and scores; arrays in, arrays out."""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
