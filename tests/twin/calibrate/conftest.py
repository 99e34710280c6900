"""Readings whose parameters are known, with noise that lasts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter


@pytest.fixture
def lasting():
    """Noise of unit variance whose neighbours correlate by `rho`, times `scale`."""

    def _noise(rng, n, *, rho, scale):
        white = rng.standard_normal(n + 500)
        return lfilter([np.sqrt(1.0 - rho**2)], [1.0, -rho], white)[500:] * scale

    return _noise
