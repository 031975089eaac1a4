"""Where a study's heads look: maps, their controls, and tests of both.

`explain_study` does it all for a finished study; the parts are offered for tables of one's own.
"""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs.explain.compartments import CompartmentSource, tile_compartments
    from hcs.explain.explanations import Explanations, explain_study
    from hcs.explain.faithfulness import Faithfulness, judge_faithfulness
    from hcs.explain.likeness import MapLikeness, compare_maps
    from hcs.explain.plan import ExplainSpec
    from hcs.explain.shares import CompartmentShares, share_saliency

__all__ = [
    "CompartmentShares",
    "CompartmentSource",
    "ExplainSpec",
    "Explanations",
    "Faithfulness",
    "MapLikeness",
    "compare_maps",
    "explain_study",
    "judge_faithfulness",
    "share_saliency",
    "tile_compartments",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CompartmentShares": "hcs.explain.shares",
        "CompartmentSource": "hcs.explain.compartments",
        "ExplainSpec": "hcs.explain.plan",
        "Explanations": "hcs.explain.explanations",
        "Faithfulness": "hcs.explain.faithfulness",
        "MapLikeness": "hcs.explain.likeness",
        "compare_maps": "hcs.explain.likeness",
        "explain_study": "hcs.explain.explanations",
        "judge_faithfulness": "hcs.explain.faithfulness",
        "share_saliency": "hcs.explain.shares",
        "tile_compartments": "hcs.explain.compartments",
    },
)


def __dir__() -> list[str]:
    return __all__
