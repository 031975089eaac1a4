"""Loose ends of a skeleton, run on in their own direction to the line that they stop short of."""

import cv2
import numpy as np

from hcs.measure.pictures import Array, Index, Labels, Mask
from hcs.measure.skeleton import NEIGHBOURS, segments_of

BACK_PX = 8
"""The direction of an end is that of its last so many pixels; shorter segments have none."""


def link_ends(skeleton: Mask, passable: Mask, reach_px: float) -> Mask:
    """Join loose ends of a skeleton to what lies straight ahead of them, at most `reach_px`; thin it again.

    A crest breaks off beside a stronger line; this is how a branch or a crossing gets its last pixels back.
    Links run over `passable` pixels only.
    """
    labels, _ = segments_of(skeleton)
    ends, headings = _loose_ends(skeleton, labels)
    if not len(ends):
        return skeleton
    own = labels[tuple(ends.T)]
    # Branch points get a name that no segment has, so that they can be run into as well.
    named = np.where(skeleton & (labels == 0), labels.max() + 1, labels).astype(np.float32)
    near = cv2.dilate(named, np.ones((3, 3), np.uint8))
    running, hit = np.ones(len(ends), dtype=bool), np.zeros(len(ends), dtype=np.int64)
    for step in range(2, int(reach_px) + 1):
        places = np.rint(ends + step * headings).astype(np.int64)
        running &= ((places >= 0) & (places < skeleton.shape)).all(axis=1)
        y, x = np.where(running[:, None], places, 0).T
        met = running & (near[y, x] > 0) & (near[y, x] != own)
        hit[met] = step + 1
        running &= ~met & passable[y, x]
    joined = skeleton.astype(np.uint8)
    reached = np.rint(ends + hit[:, None] * headings).astype(np.int64)
    for start, end in zip(ends[hit > 0].tolist(), reached[hit > 0].tolist(), strict=True):
        cv2.line(joined, start[::-1], end[::-1], 1)
    return np.asarray(joined > 0)


def _loose_ends(skeleton: Mask, labels: Labels) -> tuple[Index, Array]:
    """Find the ends of segments that are long enough, (y, x), and the unit vectors they point in."""
    count = cv2.filter2D(skeleton.astype(np.uint8), -1, NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    ends = np.argwhere(skeleton & (count == 1) & (labels > 0))
    size = np.bincount(labels.ravel())
    ends = ends[size[labels[tuple(ends.T)]] >= BACK_PX]
    offsets = np.argwhere(np.ones((2 * BACK_PX + 1,) * 2, dtype=bool)) - BACK_PX
    patches = np.pad(labels, BACK_PX)[tuple((ends[:, None] + offsets + BACK_PX).transpose(2, 0, 1))]
    same = patches == labels[tuple(ends.T)][:, None]
    behind = (same @ offsets) / np.maximum(same.sum(axis=1), 1)[:, None]
    length = np.hypot(*behind.T)
    return ends[length > 0], -behind[length > 0] / length[length > 0][:, None]
