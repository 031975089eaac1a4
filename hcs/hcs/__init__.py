"""High-content screening analysis: plates of cells from many donors in, a defensible answer out.

The public face; TensorFlow is imported only by what trains or runs a network.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs.explain.explanations import Explanations, explain_study
    from hcs.explain.plan import ExplainSpec
    from hcs.findings.permuted import permute_labels
    from hcs.findings.run import analyse_study
    from hcs.heatmaps.heatmap import WellHeatmap, heatmap
    from hcs.measure.fields import MeasureSpec, channel_spec
    from hcs.measure.measured import Measurements
    from hcs.measure.measurements import measure_plate
    from hcs.measure.overlay import show_measurement
    from hcs.measure.positives import count_positives
    from hcs.report.batches.write import batch_report
    from hcs.report.difference.comparison import compare_studies
    from hcs.report.named_plots import plot_study
    from hcs.report.reported import Study
    from hcs.study.predict import Predictions, predict_plates
    from hcs.tables.file import read_table
    from hcs.tables.spec import TableSpec
    from hcs_models.boundaries import audit
    from hcs_models.splits import clone_splits
    from hcs_plates.errors import HcsError
    from hcs_plates.ingestion import ingest
    from hcs_plates.plate import Plate, create_plate, open_plate
    from hcs_plates.platemap import read_platemap
    from hcs_plates.readers.detect import scan
    from hcs_plates.remapping import replace_platemap
    from hcs_plates.tiles import TileSet, create_tiles

__all__ = [
    "ExplainSpec",
    "Explanations",
    "HcsError",
    "MeasureSpec",
    "Measurements",
    "Plate",
    "Predictions",
    "Study",
    "TableSpec",
    "TileSet",
    "WellHeatmap",
    "analyse_study",
    "audit",
    "batch_report",
    "channel_spec",
    "clone_splits",
    "compare_studies",
    "count_positives",
    "create_plate",
    "create_tiles",
    "explain_study",
    "heatmap",
    "ingest",
    "measure_plate",
    "open_plate",
    "permute_labels",
    "plot_study",
    "predict_plates",
    "read_platemap",
    "read_table",
    "replace_platemap",
    "scan",
    "show_measurement",
]

__version__ = version("hcs")

__getattr__ = lazy_names(
    __name__,
    {
        "ExplainSpec": "hcs.explain.plan",
        "Explanations": "hcs.explain.explanations",
        "HcsError": "hcs_plates.errors",
        "MeasureSpec": "hcs.measure.fields",
        "Measurements": "hcs.measure.measured",
        "Plate": "hcs_plates.plate",
        "Predictions": "hcs.study.predict",
        "Study": "hcs.report.reported",
        "TableSpec": "hcs.tables.spec",
        "TileSet": "hcs_plates.tiles",
        "WellHeatmap": "hcs.heatmaps.heatmap",
        "analyse_study": "hcs.findings.run",
        "audit": "hcs_models.boundaries",
        "batch_report": "hcs.report.batches.write",
        "channel_spec": "hcs.measure.fields",
        "clone_splits": "hcs_models.splits",
        "compare_studies": "hcs.report.difference.comparison",
        "count_positives": "hcs.measure.positives",
        "create_plate": "hcs_plates.plate",
        "create_tiles": "hcs_plates.tiles",
        "explain_study": "hcs.explain.explanations",
        "heatmap": "hcs.heatmaps.heatmap",
        "ingest": "hcs_plates.ingestion",
        "measure_plate": "hcs.measure.measurements",
        "open_plate": "hcs_plates.plate",
        "permute_labels": "hcs.findings.permuted",
        "plot_study": "hcs.report.named_plots",
        "predict_plates": "hcs.study.predict",
        "read_platemap": "hcs_plates.platemap",
        "read_table": "hcs.tables.file",
        "replace_platemap": "hcs_plates.remapping",
        "scan": "hcs_plates.readers.detect",
        "show_measurement": "hcs.measure.overlay",
    },
)


def __dir__() -> list[str]:
    return __all__
