"""Small sites with a load that is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.cooling.weather import generated
from twin.facility.activity import Activity
from twin.facility.assemble import assemble
from twin.facility.simulate import run_and_stage
from twin.scenario import parse_scenario

CURVE_MHZ = np.array([210.0, 1110.0, 1410.0])
CURVE_POWER = np.array([0.3, 0.7, 1.0])
CURVE_SLOWDOWN = 1410.0 / CURVE_MHZ


@pytest.fixture(scope="session")
def mild():
    """A generated year."""
    return generated()


@pytest.fixture
def run(mild):
    """Run a site of a template, or of explicit parts, at a given activity."""

    def _run(*, activity=0.6, hours=0.5, tick_s=1.0, policy="no-cap", facility=None,
             events=(), control=None, start=None, weather=None,
             warm_up_s=0.0, **template):  # fmt: skip
        document = {
            "policy": {"name": policy},
            "horizon": {
                "days": hours / 24.0,
                "tick_s": tick_s,
                "warm_up_s": warm_up_s,
            },
            "facility": dict(facility or {"template": template}),
            "control": control or {},
        }
        if start is not None:
            document["horizon"]["start"] = start
        document["facility"]["events"] = list(events)
        frac = np.atleast_1d(np.asarray(activity, dtype=float))
        act = Activity(
            frac=frac, curve_mhz=CURVE_MHZ, curve_power=CURVE_POWER,
            curve_slowdown=CURVE_SLOWDOWN,
        )  # fmt: skip
        assembled = assemble(parse_scenario(document), act, weather or mild)
        result, stage = run_and_stage(assembled)
        return assembled, result, stage

    return _run
