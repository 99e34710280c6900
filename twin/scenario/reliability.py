"""How reliable a site is: its scenario, and how often what fails and is repaired."""

from __future__ import annotations

from typing import Literal

from twin.scenario.base import Model, described, part, quantity
from twin.scenario.facility import Facility, SiteTemplate
from twin.scenario.model import Scenario


class Rate(Model):
    """Failures and repairs of one class of component."""

    failures_per_year: float | None = quantity(
        None, "Failures of one unit a year. Empty means the catalogue's", unit="1/year",
        example=0.02, ge=0, le=1000,
    )  # fmt: skip
    repair_h: float | None = quantity(
        None, "Mean time until it is back. Empty means the catalogue's", unit="h",
        example=8, gt=0, le=8760,
    )  # fmt: skip
    failures_frac: float = quantity(
        1.0, "Multiplier on the failures", example=1.5, ge=0, le=1000
    )
    repair_frac: float = quantity(
        1.0, "Multiplier on the repair time", example=2, gt=0, le=100
    )


class GeneratorRate(Rate):
    """A generator fails to start when it is called, and while it runs."""

    start_failure_prob: float | None = quantity(
        None, "Probability that it does not start when called; failures_frac "
        "multiplies it too. Empty means the catalogue's", example=0.005, ge=0, le=1,
    )  # fmt: skip


def _rate(doc: str) -> Rate:
    return part(Rate, doc, {"failures_frac": 2})  # type: ignore[no-any-return]


class Rates(Model):
    """Failures and repairs by class of component."""

    utility: Rate = _rate("Utility supply")
    generator: GeneratorRate = part(
        GeneratorRate, "Generator", {"start_failure_prob": 0.01}
    )
    transformer: Rate = _rate("Transformer")
    switchgear: Rate = _rate("Switchboard")
    ups: Rate = _rate("UPS, loss of its whole output")
    ups_module: Rate = _rate("Module of a UPS that has several")
    sts: Rate = _rate("Static transfer switch")
    pdu: Rate = _rate("PDU")
    rpp: Rate = _rate("Remote power panel")
    busway: Rate = _rate("Busway of a row")
    rack_pdu: Rate = _rate("PDU of a rack")
    psu: Rate = _rate("Power supply that is a node of its own")
    breaker: Rate = _rate("Breaker; one stands in each feed of a node")
    air_handler: Rate = _rate("Air handler")
    chiller: Rate = _rate("Chiller")
    cdu_pump: Rate = _rate("Pump of a coolant unit")
    server: Rate = _rate("Server by itself; counted apart")


MaintainedKind = Literal[
    "generator", "transformer", "switchgear", "ups", "sts", "pdu", "rpp", "busway"
]


class Maintenance(Model):
    """Planned outages of single nodes, begun only while all else is well."""

    per_year: float = quantity(
        1.0, "Times a year that each node is taken out; 0 is never", unit="1/year",
        source="assumed: yearly service", ge=0, le=100,
    )  # fmt: skip
    duration_h: float = quantity(
        8.0, "Time that it is out", unit="h", source="assumed: a working day", gt=0,
        le=8760,
    )  # fmt: skip
    kinds: tuple[MaintainedKind, ...] = described(
        ("generator", "transformer", "switchgear", "ups"), "Classes that are "
        "maintained; a node without which servers would be lost is left out",
        example=["ups"], max_length=8,
    )  # fmt: skip


class Reliability(Model):
    """A site, what fails in it, and how much loss at once is a deep one."""

    scenario: Scenario = part(
        lambda: Scenario(facility=Facility(template=SiteTemplate())), "The site",
        {"facility": {"template": {}}},
    )  # fmt: skip
    rates: Rates = part(
        Rates, "Failures and repairs by class", {"ups": {"failures_frac": 2}}
    )
    failures_frac: float = quantity(
        1.0, "Multiplier on the failures of every class", example=1.5, ge=0, le=1000
    )
    repair_frac: float = quantity(
        1.0, "Multiplier on every repair time", example=2, gt=0, le=100
    )
    common_mode_frac: float = quantity(
        0.02, "Part of failures that takes all units of a class which stand in for "
        "each other", example=0.05, source="assumed; 0.01 to 0.1 is usual for like "
        "redundant units (memory)", ge=0, le=1,
    )  # fmt: skip
    maintenance: Maintenance = part(Maintenance, "Planned outages", {"per_year": 2})
    deep_loss_frac: float = quantity(
        0.25, "Servers lost at once ÷ all servers above which a loss is deep",
        example=0.5, ge=0, lt=1,
    )  # fmt: skip
    excursions: int = quantity(
        2000, "Simulated ways from a first failure until all is well", unit="runs",
        example=10_000, ge=100, le=1_000_000,
    )  # fmt: skip
    seed: int = quantity(1, "Seed of the simulation", ge=0, le=2**31 - 1)
