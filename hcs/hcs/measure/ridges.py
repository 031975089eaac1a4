"""Ridges: places where a picture curves down on both sides of a line, and the crests that run along them.

A crest is a place where the curvature across is larger than on either side (Steger, IEEE PAMI 1998;20:113).
It also must not be dwarfed by what lies ahead of it along its own line: every bright bead, body or end of a
line is surrounded by rays that point at it, and they are what would grow with the texture of a neurite.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from hcs.measure.pictures import Image, Mask, Picture, curvatures

BLOCK = 32
QUIET = 0.02
"""Share of the field's blocks that the noise is taken from: even a dense field has some without a neurite."""
LEAST_NOISE = 1e-3
"""In square roots of grey levels: a rendered or clipped picture has none, and rounding is no neurite."""
NORMAL_MEAN_DEVIATION = 0.7979
STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))
"""Steps (y, x) at 0, 45, 90 and 135°."""


@dataclass(frozen=True)
class Ridges:
    """The strongest answer of every pixel over the widths looked for.

    Parameters
    ----------
    strength
        Array of shape (y, x): curvature across the best line through the pixel, in SDs of the field's noise.
    cosine, sine
        Arrays of shape (y, x): proportional to cosine and sine of twice the angle across that line.
    """

    strength: Image
    cosine: Image
    sine: Image

    def crests(self, least: float, ahead_px: float, ahead: float) -> Mask:
        """Mark crests of a least strength: a pixel or two wide, with gaps where faint lines meet strong ones.

        Within `ahead_px` along the line nothing may be so strong that the place has less than the share
        `ahead` of its strength.
        """
        reach = max(1, round(ahead_px))
        padded = cv2.copyMakeBorder(self.strength, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0.0)
        width, flat = padded.shape[1], padded.ravel()
        at = np.flatnonzero(flat >= least)
        # The same places in the same order: the frame has a strength of 0.
        strong = self.strength >= least
        turn = np.rint(np.arctan2(self.sine[strong], self.cosine[strong]) * (2 / np.pi)).astype(np.int8) % 4
        height = flat[at]
        steps = np.array([down * width + right for down, right in STEPS])
        across = steps[turn]
        top = (height >= flat[at + across]) & (height > flat[at - across])
        at, height, turn = at[top], height[top], turn[top]
        along = steps[(turn + 2) % 4]
        far = np.where(turn % 2 == 0, reach, round(reach / np.sqrt(2)))
        highest = np.zeros_like(height)
        for step in range(1, reach + 1):
            near = np.maximum(flat[at + step * along], flat[at - step * along])
            np.maximum(highest, near, out=highest, where=step <= far)
        kept = height >= ahead * highest
        marked = np.zeros(self.strength.shape, dtype=bool)
        y, x = np.divmod(at[kept], width)
        marked[y - reach, x - reach] = True
        return marked


def steady(image: Picture) -> Image:
    """Even out shot noise: the square root of the light above the field's darkest place (Anscombe 1948).

    A quarter of the median is added, so that the root does not blow up the noise of the darkest pixels.
    """
    levels = image.astype(np.float32)
    shrunk = tuple(max(1, side // 4) for side in reversed(levels.shape))
    floor = float(cv2.resize(levels, shrunk, interpolation=cv2.INTER_AREA).min())
    middle = float(np.median(levels[::2, ::2])) - floor
    return np.asarray(np.sqrt(np.maximum(levels - floor, 0) + max(middle, 0) / 4 + 1), dtype=np.float32)


def find_ridges(light: Image, widths_px: list[float]) -> Ridges:
    """Measure the curvature across the best line through every pixel of `steady` light.

    It is smoothed with Gaussians of these standard deviations; the strongest answer counts.
    """
    best, cosine, sine = (np.zeros(light.shape, dtype=np.float32) for _ in range(3))
    for width in widths_px:
        answers = _answers(light, max(width, 0.7))
        better = (answers[0] > best).view(np.uint8)
        for answer, kept in zip(answers, (best, cosine, sine), strict=True):
            cv2.copyTo(answer, better, kept)
        # Three pictures that would stand beside the next width's.
        del answers, answer, better
    return Ridges(best, cosine, sine)


def _answers(light: Image, width_px: float) -> tuple[Image, Image, Image]:
    """Strength, cosine and sine, as in `Ridges`, at one width; worked out in place."""
    across, down, slant = curvatures(cv2.GaussianBlur(light, (0, 0), width_px), 3)
    noise = np.float32(quiet_noise(across))
    unlike = down - across
    unlike /= 2
    across += down
    across /= 2
    sharpest: Image = cv2.magnitude(unlike, slant, down)
    sharpest -= across
    sharpest /= noise
    return sharpest, unlike, np.negative(slant, out=slant)


def quiet_noise(answer: Image) -> float:
    """SD of an answer's noise, from the blocks of the field that are quietest."""
    blocks = tuple(max(1, side // BLOCK) for side in reversed(answer.shape))
    deviation = cv2.resize(np.abs(answer), blocks, interpolation=cv2.INTER_AREA)
    return max(float(np.quantile(deviation, QUIET)) / NORMAL_MEAN_DEVIATION, LEAST_NOISE)
