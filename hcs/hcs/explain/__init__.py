"""Where a study's heads look: maps, their controls, and tests of both.

`explain_study` does it all for a finished study; the parts are offered for tables of one's own.
"""

from hcs_plates.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
