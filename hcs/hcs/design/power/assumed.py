"""Scores as they are assumed where there is no pilot: an effect, and how the variance is shared."""

from collections.abc import Mapping
from math import isfinite, sqrt

from scipy.stats import norm

from hcs.design.power.expected import Expected, Parts
from hcs.statistics.binormal import Binormal
from hcs.wording import listed
from hcs_plates.errors import ArgumentError, nearest

EFFECTS = ("accuracy", "auc", "d")
SPREADS = ("clone_sd", "well_sd", "image_sd")
KNOWN = (*EFFECTS, "icc", *SPREADS)
BOUNDS = {"accuracy": (0.5, 1.0), "auc": (0.5, 1.0), "icc": (0.0, 1.0)}
"""Between which a number lies, the ends left out; an icc of 1 is all between clones."""


def read_assumed(text: str) -> dict[str, float]:
    """Read ``auc=0.9,icc=0.3``.

    Examples
    --------
    >>> read_assumed("auc=0.9, icc=0.3")
    {'auc': 0.9, 'icc': 0.3}
    """
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            value = float(number)
        except ValueError as error:
            raise ArgumentError(
                f"--assume: {part.strip()!r} is not 'name=number'; expected such as auc=0.9,icc=0.3."
            ) from error
        if name.strip() in given:
            raise ArgumentError(f"--assume gives {name.strip()} twice.")
        given[name.strip()] = value
    return given


def assumed(given: Mapping[str, float], images: int, wells: int, correlation: float) -> Expected:
    """Turn assumptions into what is expected of clones with so many images and wells each.

    Parameters
    ----------
    given
        One of ``accuracy`` and ``auc`` (as they would be with these images and wells, without end of clones)
        or ``d`` (difference of the class means in SD between clones); and ``icc`` (correlation of two images
        of one clone) or ``clone_sd``, ``well_sd`` and ``image_sd``, of which those left out are 1, 0 and 0.
    images, wells
        Of each clone.
    correlation
        Of the two clones of an isogenic pair.

    Raises
    ------
    ArgumentError
        A name or number that is not possible, two that contradict each other, no effect.
    """
    _check(given)
    caveats: tuple[str, ...] = ()
    if "icc" in given:
        parts = Parts(given["icc"], 0.0, 1 - given["icc"], given["icc"], given["icc"])
    else:
        clone, well, image = (given.get(name, float(name == "clone_sd")) ** 2 for name in SPREADS)
        parts = Parts(clone, well, image, clone, clone)
    known: Parts | None = parts
    if not parts.image and not parts.well:
        known = None
        caveats = ("Nothing is assumed of wells and images: all variance is taken to lie between clones.",)
    sd = sqrt(parts.of_mean(images, wells))
    if "d" in given:
        difference = given["d"] * sqrt(parts.unit)
    elif "auc" in given:
        difference = sqrt(2) * sd * float(norm.ppf(given["auc"]))
    else:
        difference = 2 * sd * float(norm.ppf(given["accuracy"]))
    law = Binormal.apart(difference, sd, correlation)
    said = ", ".join(f"{name} = {value:g}" for name, value in given.items())
    return Expected(law, images, wells, known, None, f"the assumptions {said}", caveats=caveats)


def _check(given: Mapping[str, float]) -> None:
    """Refuse what makes no study; every fault at once."""
    faults = [f"no assumption {name!r}: {nearest(name, KNOWN)}" for name in given if name not in KNOWN]
    effects = [name for name in EFFECTS if name in given]
    if len(effects) != 1:
        faults.append(f"give one of accuracy, auc and d, not {listed(effects) or 'none of them'}")
    if "icc" in given and set(SPREADS) & set(given):
        faults.append(f"icc says the same as {listed(SPREADS)}: give one or the other")
    for name, value in given.items():
        low, high = BOUNDS.get(name, (0.0, float("inf")))
        if name in ("well_sd", "image_sd"):
            fits, rule = value >= 0, "0 or more"
        elif name == "icc":
            fits, rule = low < value <= high, "above 0 and at most 1"
        elif name in BOUNDS:
            fits, rule = low < value < high, f"above {low:g}, which is no effect, and below {high:g}"
        else:
            fits, rule = value > low, "above 0"
        if name in KNOWN and not (fits and isfinite(value)):
            faults.append(f"{name} = {value:g} must be {rule}")
    if faults:
        raise ArgumentError(f"These assumptions make no study: {'; '.join(faults)}.")
