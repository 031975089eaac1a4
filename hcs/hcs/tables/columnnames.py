"""Names of columns as other programs and labs write them, and which of them name no measurement."""

import re

TREATMENTS = ("treatment", "drug", "compound")
"""Columns that may name what a dose is a dose of; the first one present counts."""
NUMBERED = (
    "image|object|group|well|row|column|col|field|fov|site|frame|series|set|table|sample|clone|plane|tile"
    "|position|track|event|record"
)

NUMBER, FILE, RUN = (
    "a number that names a row, an image or an object",
    "a path or a file's name",
    "of the run of a program",
)
BOOKKEEPING = (NUMBER, FILE, RUN)
"""What such columns hold that say nothing of the wells."""
NO_MEASUREMENT: tuple[tuple[str, str], ...] = (
    (
        rf"(^|_)unnamed(_\d+)?$|^(index|level_\d+|nr|no|number|row_?names?|x_1)$"
        rf"|(^|_)({NUMBERED})_?(number|num|no|nr|index|idx)(_|$)"
        rf"|(^|_)(cell|object|sample)_index$|(^|_)parent_|(^|_)closest_object_number|^(image_)?group_length$",
        NUMBER,
    ),
    (r"(^|_)(uu|gu|row|cell|object|image)?id$", "an identifier"),
    (
        r"(^|_)(path|file)_?names?(_|$)|(^|_)(url|md5_digest|md5digest|ancestry_path|checksum)(_|$)",
        FILE,
    ),
    (r"(^|_)module_error(_|$)|(^|_)execution_time(_|$)|(^|_)processing_status$", RUN),
    (
        r"(^|_)(acquisition|scan|imaging|exposure|read|measurement|plate|start|end|run|elapsed|relative|abs)"
        r"_?(time|date)(_|$)|(^|_)time_?stamp(_|$)|(^|_)time_?points?(_|$)"
        r"|^(time(_(s|sec|ms|min|h))?|date|date_?time|t|z|measurement|slice_indicator)$",
        "a time or plane of imaging",
    ),
    (
        r"(^|_)location_|(^|_)(center|centre|centroid|cent)_?[xyz](_|$)|(^|_)cg_[xyz](_|$)|bounding_?box(_?(m|px)|$)"
        r"|(left|top|right|bottom)_border(_|$)|(^|_)(stage|pos|position|coord|coordinate|object|global|abs)"
        r"_?[xyz](_|$)|^(abs_)?position_?[xyz]?(_m|_um)?$|^[xy](_um|_px|_mm|_pos|_position)?$",
        "a place in an image or on a stage",
    ),
    (
        r"^(well_?)?(row|col|column)s?(_?(letter|name))?$|^(field|fov|site|tile|well|edge|quadrant)$",
        "a place on a plate",
    ),
    (
        r"(^|_)passages?(_?(no|nr|number))?$|^p_?(no|num)$|(^|_)seed(ing)?_?(density|cells|number)|plating_?density|cells_seeded"
        r"|^density$|^age$|^age_(?!r)|^(donor|patient|subject)_age|(^|_)(sex|gender)$|^bmi$",
        "a known property of cells or donors",
    ),
    (
        r"^(dose|conc|concentration)(_|$)|^days?(_|$)|(^|_)days?$|^div$|days_in_(vitro|culture)|^replicates?$"
        r"|(^|_)(batch|plate|lot|barcode|operator|experiment|microscope|instrument)(_?(no|nr|number|id|name))?$",
        "what was done to a well, or when and by whom",
    ),
)
"""Patterns of names, spelt as by `plain_name`, and what such columns hold."""

_NO_MEASUREMENT = tuple((re.compile(pattern), what) for pattern, what in NO_MEASUREMENT)
_METADATA = re.compile(r"^(\w+?_)?metadata_", re.IGNORECASE)


def plain_name(name: object) -> str:
    """Spell a column's name in small letters and single underscores, without pycytominer's ``Metadata_``.

    Examples
    --------
    >>> plain_name("Metadata_SeedingDensity"), plain_name("Imaging day"), plain_name("OBJECT ID")
    ('seeding_density', 'imaging_day', 'object_id')
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", str(name).strip())
    return re.sub(r"[\W_]+", "_", parted.casefold()).removeprefix("metadata_").strip("_")


def no_measurement(name: str) -> str:
    """Say what a column holds that cannot be a measurement by its name; nothing where it may be one.

    The conventions of CellProfiler, pycytominer, IN Carta, Harmony and Columbus are known, and the names of
    wells' properties in any spelling.

    Examples
    --------
    >>> no_measurement("ImageNumber"), no_measurement("Metadata_Well"), no_measurement("Count_Cells")
    ('a number that names a row, an image or an object', 'metadata, by its name', '')
    """
    if _METADATA.match(str(name)):
        return "metadata, by its name"
    spelt = plain_name(name)
    return next((what for pattern, what in _NO_MEASUREMENT if pattern.search(spelt)), "")
