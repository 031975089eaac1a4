"""High-content screening analysis: plates of cells from many donors in, a defensible answer out.

The public face; TensorFlow is imported only by what trains or runs a network.
"""

from importlib.metadata import version

from hcs_plates.lazy import lazy_names

__version__ = version("hcs")
__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
