"""
How often equipment fails and how long a repair takes, a source for every value.

Rates are per unit and year of a site in service, repairs mean hours until it is back.
Surveys differ by a factor of three and more; a study puts a distribution on each.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue.figure import Figure

__all__ = ["GENERATOR_START", "KIND_OF_NODE", "UPKEEP", "Upkeep"]

_f = Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Failures of one unit a year, and mean hours of a repair."""

    failures: Figure
    repair: Figure


_GOLD = "IEEE 493 (Gold Book) survey, from memory, not checked against a copy"
_ARMY = "US Army TM 5-698-5 survey, from memory, not checked against a copy"
_NREL = (
    "Marqusee and Jenket, Reliability of emergency and standby diesel generators, "
    "NREL 2020: well maintained sets; figures from memory"
)
_VENDOR = "order of vendors' stated time between failures, from memory"
_CHOICE = "assumed: no survey at hand"
_LLAMA = (
    "The Llama 3 herd of models (Meta 2024), from memory: 419 interruptions in 54 days "
    "of 2,048 servers, four in five by hardware"
)


def _upkeep(per_year: float, hours: float, source: str, mark: str = "memory") -> Upkeep:
    return Upkeep(
        failures=_f(per_year, "1/year", source, mark),  # type: ignore[arg-type]
        repair=_f(hours, "h", source, mark),  # type: ignore[arg-type]
    )


UPKEEP: dict[str, Upkeep] = {
    "utility": _upkeep(1.956, 1.32, f"{_GOLD}: supply by a single circuit"),
    "generator": _upkeep(
        8760.0 / 1662.0, 37.0, f"{_NREL}: 1,662 h between failures while running"
    ),
    "transformer": _upkeep(
        0.0062, 85.0, f"{_GOLD}: liquid filled, replaced by a spare"
    ),
    "switchgear": _upkeep(0.0095, 7.3, f"{_ARMY}: insulated bus up to 600 V"),
    "ups": _upkeep(0.02, 8.0, f"{_VENDOR}: loss of the whole output"),
    "ups_module": _upkeep(0.1, 8.0, _CHOICE, "assumed"),
    "sts": _upkeep(0.0088, 6.0, f"{_VENDOR}: a million hours"),
    "pdu": _upkeep(0.006, 10.0, f"{_GOLD}: dry transformer and panel"),
    "rpp": _upkeep(0.002, 5.0, f"{_GOLD}: panelboard"),
    "busway": _upkeep(0.0125, 9.5, f"{_GOLD}: bus duct, a hundred feet"),
    "rack_pdu": _upkeep(0.01, 4.0, _CHOICE, "assumed"),
    "psu": _upkeep(0.02, 2.0, _CHOICE, "assumed"),
    "breaker": _upkeep(0.0035, 4.0, f"{_GOLD}: fixed, low voltage"),
    "air_handler": _upkeep(0.1, 8.0, _CHOICE, "assumed"),
    "chiller": _upkeep(0.2, 40.0, _CHOICE, "assumed"),
    "cdu_pump": _upkeep(0.1, 6.0, _CHOICE, "assumed"),
    "server": _upkeep(1.1, 24.0, _LLAMA),
}
"""By class of component. A generator's failures count while it carries load."""

GENERATOR_START = _f(0.005, "1", f"{_NREL}: of the order of 1 in 200 starts", "memory")
"""Probability that a generator that is called does not start."""

KIND_OF_NODE = {
    "utility": "utility", "generator": "generator", "transformer": "transformer",
    "switchboard": "switchgear", "ups": "ups", "sts": "sts", "pdu": "pdu",
    "rpp": "rpp", "busway": "busway", "rack-pdu": "rack_pdu", "psu": "psu",
}  # fmt: skip
"""Class of component by kind of electrical node."""
