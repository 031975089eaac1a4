"""Measuring cells: light, nuclei, somas, neurites, quality, positives; plates in, tables out.

`measure_plate` does it all for a plate; the parts are offered for fields and pictures of one's own.
"""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs.measure.background import subtract_background
    from hcs.measure.cells import cell_table
    from hcs.measure.fields import MeasuredField, MeasureSpec, channel_spec, measure_field
    from hcs.measure.flags import QualitySpec, flag_fields
    from hcs.measure.granularity import Spots, find_spots, granularity
    from hcs.measure.illumination import Illumination, estimate_illumination
    from hcs.measure.measured import Measurements
    from hcs.measure.measurements import measure_plate
    from hcs.measure.neurites import Neurites, NeuriteSpec, trace_neurites
    from hcs.measure.nuclei import NucleiSpec, count_nuclei, segment_nuclei
    from hcs.measure.overlay import draw_measurement, show_measurement, write_overlays
    from hcs.measure.positives import compare_positives, count_positives, positives_by_group
    from hcs.measure.quality import measure_quality
    from hcs.measure.skeleton import SkeletonGraph, analyse_skeleton
    from hcs.measure.somas import SomaSpec, segment_somas
    from hcs.measure.summary import group_table, well_table
    from hcs.measure.thresholds import ThresholdRule

__all__ = [
    "Illumination",
    "MeasureSpec",
    "MeasuredField",
    "Measurements",
    "NeuriteSpec",
    "Neurites",
    "NucleiSpec",
    "QualitySpec",
    "SkeletonGraph",
    "SomaSpec",
    "Spots",
    "ThresholdRule",
    "analyse_skeleton",
    "cell_table",
    "channel_spec",
    "compare_positives",
    "count_nuclei",
    "count_positives",
    "draw_measurement",
    "estimate_illumination",
    "find_spots",
    "flag_fields",
    "granularity",
    "group_table",
    "measure_field",
    "measure_plate",
    "measure_quality",
    "positives_by_group",
    "segment_nuclei",
    "segment_somas",
    "show_measurement",
    "subtract_background",
    "trace_neurites",
    "well_table",
    "write_overlays",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Illumination": "hcs.measure.illumination",
        "MeasureSpec": "hcs.measure.fields",
        "MeasuredField": "hcs.measure.fields",
        "Measurements": "hcs.measure.measured",
        "NeuriteSpec": "hcs.measure.neurites",
        "Neurites": "hcs.measure.neurites",
        "NucleiSpec": "hcs.measure.nuclei",
        "QualitySpec": "hcs.measure.flags",
        "SkeletonGraph": "hcs.measure.skeleton",
        "SomaSpec": "hcs.measure.somas",
        "Spots": "hcs.measure.granularity",
        "ThresholdRule": "hcs.measure.thresholds",
        "analyse_skeleton": "hcs.measure.skeleton",
        "cell_table": "hcs.measure.cells",
        "channel_spec": "hcs.measure.fields",
        "compare_positives": "hcs.measure.positives",
        "count_nuclei": "hcs.measure.nuclei",
        "count_positives": "hcs.measure.positives",
        "draw_measurement": "hcs.measure.overlay",
        "estimate_illumination": "hcs.measure.illumination",
        "find_spots": "hcs.measure.granularity",
        "flag_fields": "hcs.measure.flags",
        "granularity": "hcs.measure.granularity",
        "group_table": "hcs.measure.summary",
        "measure_field": "hcs.measure.fields",
        "measure_plate": "hcs.measure.measurements",
        "measure_quality": "hcs.measure.quality",
        "positives_by_group": "hcs.measure.positives",
        "segment_nuclei": "hcs.measure.nuclei",
        "segment_somas": "hcs.measure.somas",
        "show_measurement": "hcs.measure.overlay",
        "subtract_background": "hcs.measure.background",
        "trace_neurites": "hcs.measure.neurites",
        "well_table": "hcs.measure.summary",
        "write_overlays": "hcs.measure.overlay",
    },
)


def __dir__() -> list[str]:
    return __all__
