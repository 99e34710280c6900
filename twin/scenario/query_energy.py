"""Inputs of the energy of a query: a preset, and whatever is given instead of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from twin.scenario.base import Checked, described, part, quantity
from twin.scenario.query_parts import Pathway, QueryClass
from twin.scenario.query_presets import PRESETS, PresetName
from twin.scenario.spread import Fixed, LogNormal, Spread

MOST_DRAWS = 2_000_000
_OWN = {"preset", "draws", "seed"}


def _of_preset(name: str) -> Any:
    """Return the factory of a field that takes the preset's value unless given."""
    return lambda given: getattr(PRESETS[given["preset"]], name)


class QueryEnergyInput(Checked):
    """What the energy, carbon, water and cost of a query are worked out from."""

    preset: PresetName = described("v2", "Where fields left out come from")
    draws: int = quantity(
        100_000, "Draws of the Monte Carlo", unit="draws", ge=1000, le=MOST_DRAWS
    )
    seed: int = quantity(1, "Seed", ge=0, le=2**53)
    typical: QueryClass = part(_of_preset("typical"), "Conversational queries")
    long: QueryClass = part(_of_preset("long"), "Queries that reason or act at length")
    long_frac: float = quantity(
        0.1, "Share of long queries", source="arXiv 2509.20241, abstract", ge=0, le=1
    )
    node_w: Spread = part(
        _of_preset("node_w"), "Power of a node, at its inputs, while it serves [W]"
    )
    utilisation: Spread = Field(
        default=Fixed(value=1.0),
        description="Tokens per second in service ÷ the throughput above [1]",
    )
    pue: Spread = Field(
        default=LogNormal(median=1.2124, p5=1.05, p95=1.40, least=1.0),
        description="Power usage effectiveness [1]",
    )
    water_l_per_it_kwh: Spread = part(
        _of_preset("water_l_per_it_kwh"),
        "Water evaporated on site per kWh of the servers [L/kWh]",
    )
    grid_water_l_per_kwh: Spread = Field(
        default=Fixed(value=0.0),
        description="Water behind a kWh of the grid [L/kWh]; left out by default",
    )
    carbon_g_per_kwh: Spread = Field(
        default=Fixed(value=362.6),
        description="Carbon of the grid; `samples` for its hours [g/kWh]",
    )
    energy_usd_per_kwh: Spread = Field(
        default=Fixed(value=0.0895), description="Price of energy [USD/kWh]"
    )
    node_usd_per_h: float = quantity(
        38.0, "Price of a node. Where rent includes power, set the price of energy to "
        "0", unit="USD/h", source="Splitwise (ISCA 2024), table 1, second-hand", ge=0,
        le=1e5,
    )  # fmt: skip
    queries_per_day: float = quantity(
        1e9, "Queries of the fleet", unit="1/day", source="arXiv 2509.20241, abstract",
        ge=0, le=1e13,
    )  # fmt: skip
    fleet_overhead: float = Field(
        default_factory=_of_preset("fleet_overhead"), ge=1, le=100, examples=[1.81],
        description="Energy of the fleet ÷ (queries × mean energy of one): spare "
        "capacity and load below the benchmark's [1]", json_schema_extra={
            "unit": "1", "source": "fitted: each version's to its own fleet a day",
        },
    )  # fmt: skip
    pathways: tuple[Pathway, ...] = part(
        _of_preset("pathways"), "Ways to use less energy, alone and combined",
        max_length=20,
    )  # fmt: skip

    def _check(self) -> None:
        low = np.array([1e-9])
        if self.pue.at(low)[0] < 1.0:
            raise ValueError(
                f"pue must not be below 1, lowest is {self.pue.at(low)[0]:g}; raise "
                "its `least` to 1"
            )
        for name in ("node_w", "utilisation"):
            lowest = getattr(self, name).at(low)[0]
            if lowest <= 0:
                raise ValueError(f"{name} must be positive, lowest is {lowest:g}")
        for name in ("typical", "long"):
            lowest = getattr(self, name).output_tokens.at(low)[0]
            if lowest < 1:
                raise ValueError(
                    f"{name}.output_tokens must be 1 or more, lowest is {lowest:g}"
                )
        names = [pathway.name for pathway in self.pathways]
        if len(set(names)) != len(names):
            raise ValueError(f"pathways must have different names, got {names}")

    @property
    def changed(self) -> tuple[str, ...]:
        """Fields given instead of the preset's, by name."""
        return tuple(sorted(self.model_fields_set - _OWN))
