"""One look for every figure: colours that colour-blind eyes can tell apart, and figures as text or bytes.

Qualitative colours are Okabe and Ito's (2008). Figures are matplotlib `Figure` objects made without pyplot,
so that nothing is shared between two drawings but the settings, which `theme` sets and takes back.
"""

import hashlib
import io
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from textwrap import fill
from typing import TYPE_CHECKING, Any

from hcs.classifiers.registry import MODELS
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

INK = "#1b2733"
FAINT = "#8a96a3"
PAPER = "#ffffff"
POSITIVE = "#D55E00"
NEGATIVE = "#0072B2"
OTHER = "#6b7784"
TRAIN = "#0072B2"
VALIDATION = "#E69F00"
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
"""Eight colours told apart with any of the common colour-vision deficiencies (Okabe and Ito 2008)."""

_LINEAR = {"linear": "linear model"}
"""What scores a table of features; no model of a study."""

_SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "grid.color": "#e3e8ed",
    "grid.linewidth": 0.7,
    "hatch.color": "#9aa5b1",
    "hatch.linewidth": 0.7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    # A clone may be called 'a$b$': names are shown as they are, never read as mathematics.
    "text.parse_math": False,
    # Text stays text: it can be searched, copied and read aloud.
    "svg.fonttype": "none",
    "svg.hashsalt": "hcs",
    # Outlines of letters (type 3), matplotlib's own choice, are refused by journals and by Illustrator.
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
}

_LOCK = threading.RLock()
_TAG = re.compile(r"<[^<>]+>")
_ID = re.compile(r'\sid="([^"]*)"')
_REFERENCE = re.compile(r'(url\(#|href="#)')
_STYLE = re.compile(r'<defs>\s*<style type="text/css">\*\{[^}]*\}</style>\s*</defs>\s*')


@contextmanager
def theme() -> Iterator[None]:
    """Set the look for the figures drawn inside the ``with``, one thread at a time.

    Examples
    --------
    >>> with theme():
    ...     figure = new_figure(4, 3)
    >>> float(figure.get_figwidth())
    4.0
    """
    import matplotlib

    with _LOCK, matplotlib.rc_context(_SETTINGS):
        yield


def new_figure(width: float, height: float, *, constrained: bool = True) -> "Figure":
    """Empty figure that is tied to no window and to no pyplot state.

    Parameters
    ----------
    width, height
        In inches; the report's column is 10 inches wide.
    constrained
        Whether matplotlib finds room for titles and legends by itself.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained" if constrained else None)


def new_grid(
    n: int, across: int, width: float, height: float, **words: Any
) -> "tuple[Figure, Sequence[Axes]]":
    """Make a figure of n panels in rows; places of the last row without a panel stay empty.

    Parameters
    ----------
    n, across
        Panels, and at most so many side by side.
    width, height
        Of each panel, in inches; the key has a little more.
    words
        What matplotlib's `subplots` takes besides.
    """
    across = max(1, min(across, n))
    down = max(1, -(-n // across))
    figure = new_figure(width * across, height * down + 0.4)
    axes = figure.subplots(down, across, squeeze=False, **words).ravel()
    for axis in axes[n:]:
        axis.set_axis_off()
    return figure, axes[:n]


def model_name(model: str) -> str:
    """How a model is called in prose.

    Examples
    --------
    >>> model_name("cnn"), model_name("forest"), model_name("svm")
    ('CNN', 'random forest', 'svm')
    """
    return MODELS[model].title if model in MODELS else _LINEAR.get(model, model)


def model_line(model: str, place: int = 0) -> tuple[str, str]:
    """Colour and dash of a model's lines; unknown models take the next of the palette.

    Parameters
    ----------
    model
        One of `hcs.classifiers.registry.MODELS`, or any other.
    place
        Its place among the models drawn together.
    """
    if model in MODELS:
        return MODELS[model].colour, MODELS[model].dash
    return OKABE_ITO[(place + 3) % len(OKABE_ITO)], "-."


def label_colours(labels: Sequence[str], *, positive: str, negative: str) -> Mapping[str, str]:
    """Colour of every label: the two classes keep theirs in all figures of a study.

    Parameters
    ----------
    labels
        The values met; more than the palette has are greyed.
    positive, negative
        The two classes.

    Examples
    --------
    >>> label_colours(["control", "ALS", "blank"], positive="ALS", negative="control")
    {'control': '#0072B2', 'ALS': '#D55E00', 'blank': '#009E73'}
    """
    spare = [colour for colour in OKABE_ITO[:7] if colour not in (POSITIVE, NEGATIVE)]
    colours: dict[str, str] = {}
    for label in dict.fromkeys(labels):
        if label == positive:
            colours[label] = POSITIVE
        elif label == negative:
            colours[label] = NEGATIVE
        else:
            colours[label] = spare.pop(0) if spare else OTHER
    return colours


def score_map() -> "Colormap":
    """Colours of a score: 0 is the negative class's blue, 0.5 light grey, 1 the positive's vermilion."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("hcs_score", [NEGATIVE, "#f1f1ee", POSITIVE])


def to_svg(figure: "Figure", *, name: str = "", alt: str = "") -> str:
    """Draw a figure as an ``<svg>`` element to stand inside an HTML page.

    Parameters
    ----------
    figure
        Any matplotlib figure.
    name
        Prefix of every id in the element; unique on the page. Without it, a digest of the drawing.
    alt
        What the figure shows, for those who do not see it.

    Returns
    -------
    str
        One element: no XML prologue, date, path or software version; the same drawing gives the same text.

    Raises
    ------
    ArgumentError
        The name cannot be part of an id.
    """
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise ArgumentError(f"{name!r} cannot be part of an id; use letters, digits, '-' and '_' ('roc-1').")
    stream = io.StringIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with theme():
        figure.savefig(stream, format="svg", metadata=nothing)
    drawn = stream.getvalue()
    drawn = drawn[drawn.index("<svg ") :].strip()
    prefix = name or "f" + hashlib.blake2b(drawn.encode(), digest_size=6).hexdigest()
    # The element's own style sheet would hold for the whole page: the same goes on the element alone.
    drawn = _STYLE.sub("", drawn, count=1)
    met: Counter[str] = Counter()
    drawn = _TAG.sub(lambda tag: _in_tag(tag[0], prefix, met), drawn)
    opening = f'<svg role="img" aria-label="{escape(alt)}" style="stroke-linejoin:round;stroke-linecap:butt" '
    return drawn.replace("<svg ", opening, 1)


def _in_tag(tag: str, prefix: str, met: Counter[str]) -> str:
    """Prefix a tag's id and references, and name fonts of the same width where DejaVu is not installed.

    Artists of one kind share their `gid`; from the second on, the id is numbered.
    """

    def unique(found: re.Match[str]) -> str:
        met[found[1]] += 1
        number = "" if met[found[1]] == 1 else f"-{met[found[1]]}"
        return f' id="{prefix}-{found[1]}{number}"'

    tag = _REFERENCE.sub(lambda found: f"{found[1]}{prefix}-", _ID.sub(unique, tag))
    return tag.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, Arial")


NOTHING = "nothing-drawn"
"""Id of what `empty_figure` says, by which pages know a figure that would only repeat a sentence."""


def empty_figure(sentence: str, width: float = 8.5) -> "Figure":
    """Say in place of a drawing why there is none.

    Parameters
    ----------
    sentence
        Wrapped to the figure's width.
    width
        In inches.
    """
    with theme():
        lines = fill(sentence, int(13 * width))
        figure = new_figure(width, max(1.6, 0.4 + 0.16 * (1 + lines.count("\n"))), constrained=False)
        axis = figure.add_axes((0, 0, 1, 1))
        axis.set_axis_off()
        axis.text(0.02, 0.5, lines, va="center", color=INK, gid=NOTHING)
    return figure
