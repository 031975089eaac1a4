"""What arrays of numbers, flags and places are called."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
"""Numbers of rows, counted from 0."""
Codes = Places
"""Numbers of what rows belong to, counted from 0."""
