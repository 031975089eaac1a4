"""All overlays, a line each, in the order in which they are listed."""

from hcs.web.browser.overlays.measured import Measured
from hcs.web.browser.overlays.overlay import Overlay
from hcs.web.browser.overlays.saliency import Saliency
from hcs.web.browser.overlays.scores import TileScores

OVERLAYS: tuple[Overlay, ...] = (Measured(), TileScores(), Saliency())
