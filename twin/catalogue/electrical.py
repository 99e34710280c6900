"""
Electrical equipment: losses, trip curves, stores, generators, a source for every value.

Losses are fractions of rated output: fixed + linear × u + quadratic × u², u = output ÷
rated. `docs/models/electrical.md` lists all values and shows how they were drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from twin.catalogue.figure import Figure, Mark
from twin.catalogue.models import nearest
from twin.errors import ScenarioError
from twin.power.protection import Damage, Device, thermal_through
from twin.power.stores import Battery, Flywheel, Generator, Store

__all__ = [
    "CONTINUOUS_DERATE",
    "GENERATOR",
    "LOSSES",
    "PROTECTIONS",
    "PROTECTION_OF_KIND",
    "STORES",
    "TRANSFER",
    "derate_frac",
    "find_loss",
    "find_protection",
    "find_store",
]


Entry = TypeVar("Entry")

_f = Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCurve:
    """Losses of one kind of equipment, each a fraction of its rated output."""

    key: str
    label: str
    fixed: Figure
    linear: Figure
    quadratic: Figure

    def loss_frac(self, output_frac: float) -> float:
        """Loss ÷ rated output, at an output ÷ rated output."""
        slope = self.linear.value + self.quadratic.value * output_frac
        return self.fixed.value + output_frac * slope

    def efficiency(self, output_frac: float) -> float:
        """Output ÷ input, at an output ÷ rated output; 0 where nothing goes out."""
        drawn = output_frac + self.loss_frac(output_frac)
        return output_frac / drawn if output_frac > 0 else 0.0

    def coefficients(self, rated_w: float) -> tuple[float, float, float]:
        """Loss in watts as (W, W/W, W/W²) of a unit of that rating [W]."""
        quadratic_per_w = self.quadratic.value / rated_w
        return self.fixed.value * rated_w, self.linear.value, quadratic_per_w


@dataclass(frozen=True, slots=True, kw_only=True)
class TripPoint:
    """One point of a trip curve: time carried, from cold, at a load ÷ rating."""

    ratio: float
    time_s: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """
    One trip curve.

    With a `pickup` it is a bimetal through its one point; without, a curve whose first
    point is the highest load carried for ever. No points: nothing protects.
    """

    key: str
    label: str
    points: tuple[TripPoint, ...] = ()
    pickup: Figure | None = None
    reset_s: Figure | None = None
    instant: Figure | None = None

    def device(self) -> Device:
        """The trip curve as the model takes it."""
        instant = math.inf if self.instant is None else self.instant.value
        if self.pickup is not None:
            (point,) = self.points
            return thermal_through(
                point.ratio,
                point.time_s.value,
                pickup=self.pickup.value,
                instant=instant,
            )
        if self.reset_s is None:
            return None
        points = tuple((p.ratio, p.time_s.value) for p in self.points)
        return Damage(points=points, reset_s=self.reset_s.value, instant=instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreType:
    """
    Defaults of one kind of store.

    Args:
        key: Name in a scenario.
        label: Name for people.
        runtime_s: At rated output.
        longest_ratio: Longest runtime ÷ runtime at rated output; None: a flywheel.
        exponent: Peukert's; None: a flywheel.
        parasitic_frac: Power to keep it ready ÷ rated output, drawn from its node
            while it is fed; a flywheel's drag goes on while it discharges.
        recharge_ratio: Recharge time ÷ runtime at rated output.
        charge_efficiency: Energy stored ÷ energy drawn.
    """

    key: str
    label: str
    runtime_s: Figure
    exponent: Figure | None = None
    longest_ratio: Figure | None = None
    parasitic_frac: Figure
    recharge_ratio: Figure
    charge_efficiency: Figure

    def store(
        self, runtime_s: float | None = None, recharge_s: float | None = None
    ) -> Store:
        """A store of this kind; None takes the default. [s]"""
        rated_s = self.runtime_s.value if runtime_s is None else runtime_s
        if recharge_s is None:
            recharge_s = rated_s * self.recharge_ratio.value
        if self.exponent is None or self.longest_ratio is None:
            return Flywheel(
                runtime_s=rated_s,
                parasitic_frac=self.parasitic_frac.value,
                recharge_s=recharge_s,
                charge_efficiency=self.charge_efficiency.value,
            )
        return Battery(
            runtime_s=rated_s,
            exponent=self.exponent.value,
            longest_s=rated_s * self.longest_ratio.value,
            recharge_s=recharge_s,
            charge_efficiency=self.charge_efficiency.value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorType:
    """Defaults of a generator set."""

    start_s: Figure
    first_block_frac: Figure
    second_block_s: Figure

    def generator(self, start_s: float | None = None) -> Generator:
        """A generator that starts in that time [s]; None takes the default."""
        return Generator(
            start_s=self.start_s.value if start_s is None else start_s,
            load_steps=(
                (0.0, self.first_block_frac.value),
                (self.second_block_s.value, 1.0),
            ),
        )


# --- losses --------------------------------------------------------------------------

_DOE = "10 CFR 431.196, levels of 2016"
_LIQUID = (
    f"{_DOE}: 99.53 % at half load for 2500 kVA liquid-filled, three-phase, from "
    "memory; no-load and copper loss taken equal there"
)
_DRY = (
    f"{_DOE}, as in Washington's WAC 51-11C-40507: 99.02 % at 35 % load for 300 kVA "
    "dry-type, three-phase; no-load and copper loss taken equal there"
)
_UPS = (
    "our curve: 96 % at full and half load, 93.6 % at a fifth, 89 % at a tenth; "
    "data sheets of large units say 94 to 97 %, from memory"
)
_ECO = "our curve: 99.0 % at full, 98.9 % at half load; data sheets say 98 to 99 %"
_80PLUS = "80 PLUS levels, quoted by Tom's Hardware"
_RAPS = (
    "ExaDigiT RAPS configurations, 18 of 22 systems, Frontier among them (Apache-2.0 "
    "or MIT)"
)
_WIRE = "our order of magnitude: "


def _loss(
    key: str,
    label: str,
    terms: tuple[float, float, float],
    source: str,
    mark: Mark = "assumed",
) -> LossCurve:
    fixed, linear, quadratic = (_f(t, "1", source, mark) for t in terms)
    return LossCurve(
        key=key, label=label, fixed=fixed, linear=linear, quadratic=quadratic
    )


_NO_LOSS = "losses lie before the meter or in the fuel"
_LOSS_LIST = (
    _loss("utility", "utility feed", (0, 0, 0), _NO_LOSS),
    _loss("generator", "generator", (0, 0, 0), _NO_LOSS),
    _loss("transformer", "MV transformer", (0.00118, 0, 0.00472), _LIQUID, "fitted"),
    _loss("switchboard", "switchboard", (0, 0, 0.001), _WIRE + "0.1 % at full load"),
    _loss("ups", "UPS, double conversion", (0.011, 0.0087, 0.022), _UPS),
    _loss("ups-eco", "UPS, eco mode", (0.003, 0.004, 0.003), _ECO),
    _loss(
        "sts",
        "static transfer switch",
        (0.001, 0.004, 0),
        _WIRE + "thyristors drop a nearly constant voltage, 99.5 % at full load",
    ),
    _loss("pdu", "PDU with transformer", (0.00173, 0, 0.01414), _DRY, "fitted"),
    _loss("rpp", "remote power panel", (0, 0, 0.001), _WIRE + "0.1 % at full load"),
    _loss("busway", "busway", (0, 0, 0.005), _WIRE + "resistance, 0.5 % at full load"),
    _loss(
        "rack-pdu",
        "rack PDU with cord",
        (0.0005, 0, 0.004),
        _WIRE + "0.4 % resistance, 0.05 % metering",
    ),
    _loss(
        "psu",
        "server supply, Titanium (230 V EU, non-redundant)",
        (0.0106, 0, 0.0510),
        f"{_80PLUS}: 90, 94, 96, 94 % at 10, 20, 50, 100 %; fit within 0.5 points",
        "fitted",
    ),
    _loss(
        "psu-titanium-redundant",
        "server supply, Titanium (230 V, redundant)",
        (0.0099, 0, 0.0799),
        f"{_80PLUS}: 90, 94, 96, 91 % at 10, 20, 50, 100 %; fit within 1.7 points",
        "fitted",
    ),
    _loss(
        "psu-platinum",
        "server supply, Platinum (230 V, redundant)",
        (0.0185, 0, 0.0756),
        f"{_80PLUS}: 90, 94, 91 % at 20, 50, 100 %; fit within 1 point",
        "fitted",
    ),
    _loss(
        "rectifier", "rack rectifier, ac to dc", (0, 0.041667, 0),
        f"{_RAPS}: efficiency 0.96, 1 / 0.96 - 1", "published",
    ),
    _loss(
        "sivoc", "dc converter in the node, to 48 V", (0, 0.020408, 0),
        f"{_RAPS}: efficiency 0.98, 1 / 0.98 - 1", "published",
    ),
)  # fmt: skip

LOSSES: dict[str, LossCurve] = {c.key: c for c in _LOSS_LIST}
"""By kind of node; further curves by a name of their own."""

CONTINUOUS_DERATE = _f(
    0.8,
    "1",
    "US National Electrical Code: a breaker carries 80 % of its rating continuously "
    "unless listed for 100 %",
    "memory",
)
_BEHIND_BREAKERS = frozenset({"busway", "rpp", "rack-pdu"})

# --- protection ----------------------------------------------------------------------

_UL = (
    "UL 489: 200 % within 2 minutes up to 30 A, 135 % within an hour up to 50 A "
    "(OptiFuse's summary)"
)
_UL_MEMORY = "UL 489: 200 % within 6 minutes for 51 to 100 A"
_IEC_PICKUP = _f(1.05, "1", "IEC 60947-2: must hold 105 % (conventional)", "memory")
_LSI = "common setting; delay bands are named by their seconds at 6 × in trip units"
_UPS_RANGE = (
    "'Understanding UPS Overload Capabilities in Data Centers' (studylib 18189699): "
    "103 % for 10 min to ever, 125 % for 30 s to 10 min, 150 % for 10 to 60 s, 200 % "
    "for 10 to 20 cycles"
)
_C57 = "IEEE C57.91 and C57.109 short-time loads of liquid-filled transformers"
_ISO_OVERLOAD = "ISO 8528-1: 110 % for one hour in twelve (prime power)"
_STALL = "an overloaded engine slows until under-frequency trips it; seconds are ours"


def _points(
    source: str, mark: Mark, *pairs: tuple[float, float]
) -> tuple[TripPoint, ...]:
    return tuple(TripPoint(ratio=r, time_s=_f(t, "s", source, mark)) for r, t in pairs)


def _bimetal(
    key: str, label: str, at_double: Figure, instant: float, edge: str
) -> Protection:
    return Protection(
        key=key,
        label=label,
        points=(TripPoint(ratio=2.0, time_s=at_double),),
        pickup=_IEC_PICKUP,
        instant=_f(instant, "1", f"{edge} end of 5 to 10 times", "memory"),
    )


_PROTECTION_LIST = (
    Protection(key="none", label="unprotected"),
    _bimetal(
        "thermal-magnetic",
        "thermal-magnetic breaker",
        _f(120, "s", _UL, "second-hand"),
        5,
        "lower",
    ),
    _bimetal(
        "thermal-magnetic-fast",
        "thermal-magnetic breaker, early edge of its band",
        _f(30, "s", "a quarter of the limit, our choice of an early edge", "assumed"),
        5,
        "lower",
    ),
    _bimetal(
        "thermal-magnetic-slow",
        "thermal-magnetic breaker of 100 A at its limit",
        _f(360, "s", _UL_MEMORY, "memory"),
        10,
        "upper",
    ),
    Protection(
        key="electronic-lsi",
        label="electronic trip unit, long and short time, instantaneous",
        points=(
            *_points(
                "I²t through 12 s at 6 ×; picks up at 105 to 120 %, the early edge "
                "taken",
                "memory",
                (1.05, 391.84),
            ),
            *_points(_LSI, "assumed", (6.0, 12.0)),
            *_points("common setting of the short-time delay", "assumed", (6.0, 0.3)),
        ),
        reset_s=_f(
            200,
            "s",
            "Eaton Digitrip 1150 manual: memory gone after about 10 minutes; three "
            "time constants of ours",
            "fitted",
        ),
        instant=_f(10, "1", "common setting", "assumed"),
    ),
    Protection(
        key="ups-overload",
        label="UPS, patient: long ends of the market's ranges",
        points=(
            *_points(
                "makers count overload from 102 to 105 %", "assumed", (1.05, 600.0)
            ),
            *_points(_UPS_RANGE, "published", (1.25, 600.0)),
            *_points(_UPS_RANGE, "published", (1.25, 60.0), (1.5, 60.0), (1.5, 0.2)),
        ),
        reset_s=_f(600, "s", "heat of a power stage", "assumed"),
        instant=_f(2.0, "1", f"current limit; {_UPS_RANGE}", "published"),
    ),
    Protection(
        key="ups-overload-short",
        label="UPS, impatient: short ends; 10 s at 133 %",
        points=(
            *_points(_UPS_RANGE, "published", (1.0, 600.0), (1.03, 600.0)),
            *_points(_UPS_RANGE, "published", (1.03, 30.0), (1.25, 30.0)),
            *_points(_UPS_RANGE, "published", (1.25, 10.0), (1.5, 10.0), (1.5, 0.2)),
        ),
        reset_s=_f(600, "s", "heat of a power stage", "assumed"),
        instant=_f(2.0, "1", f"current limit; {_UPS_RANGE}", "published"),
    ),
    Protection(
        key="transformer",
        label="winding-temperature relay of a liquid-filled transformer",
        points=(
            *_points("2 × for 1800 s drawn on with the fourth power", "assumed",
                     (1.0, 28800.0)),
            *_points(_C57, "memory", (2.0, 1800.0), (3.0, 300.0), (4.75, 60.0),
                     (6.3, 30.0), (11.3, 10.0), (25.0, 2.0)),
        ),
        reset_s=_f(10800, "s", "oil's time constant, about 3 h", "memory"),
    ),
    Protection(
        key="generator",
        label="generator set",
        points=(
            *_points(_ISO_OVERLOAD, "memory", (1.0, 3600.0), (1.1, 3600.0)),
            *_points(_STALL, "assumed", (1.1, 10.0), (1.5, 10.0), (1.5, 1.0)),
        ),
        reset_s=_f(13200, "s", "5 % left after the other eleven hours", "assumed"),
    ),
)  # fmt: skip

PROTECTIONS: dict[str, Protection] = {p.key: p for p in _PROTECTION_LIST}

PROTECTION_OF_KIND: dict[str, str] = {
    "utility": "none",
    "generator": "generator",
    "transformer": "transformer",
    "switchboard": "electronic-lsi",
    "ups": "ups-overload",
    "sts": "none",
    "pdu": "thermal-magnetic",
    "rpp": "thermal-magnetic",
    "busway": "thermal-magnetic",
    "rack-pdu": "thermal-magnetic",
    "psu": "none",
}
"""Kind of node -> its trip curve where the scenario names none. Our choice."""

# --- stores, generators, switches ----------------------------------------------------

_PEUKERT = "upper end of 1.1 to 1.3 for lead-acid (myelectrical.com)"
_CLIP = "the clip lies near a tenth of rated load"
_CHARGER = "a charger of about a tenth of rated output"

_STORE_LIST = (
    StoreType(
        key="battery",
        label="VRLA battery",
        runtime_s=_f(300, "s", "common specification: 5 minutes", "assumed"),
        exponent=_f(1.3, "1", _PEUKERT, "second-hand"),
        longest_ratio=_f(20, "1", _CLIP, "assumed"),
        parasitic_frac=_f(0.001, "1", "float current", "assumed"),
        recharge_ratio=_f(20, "1", _CHARGER, "assumed"),
        charge_efficiency=_f(0.85, "1", "lead-acid, in energy", "memory"),
    ),
    StoreType(
        key="battery-li",
        label="lithium-ion battery",
        runtime_s=_f(300, "s", "as the VRLA battery", "assumed"),
        exponent=_f(1.05, "1", "nearly independent of rate", "memory"),
        longest_ratio=_f(10, "1", _CLIP, "assumed"),
        parasitic_frac=_f(0.001, "1", "battery management", "assumed"),
        recharge_ratio=_f(12, "1", _CHARGER, "assumed"),
        charge_efficiency=_f(0.95, "1", "lithium-ion, in energy", "memory"),
    ),
    StoreType(
        key="flywheel",
        label="flywheel",
        runtime_s=_f(15, "s", "about 15 s at full load (TechTarget)", "second-hand"),
        parasitic_frac=_f(0.005, "1", "between 0.1 and 1 % of designs", "assumed"),
        recharge_ratio=_f(10, "1", _CHARGER, "assumed"),
        charge_efficiency=_f(0.9, "1", "motor and converter", "assumed"),
    ),
)

STORES: dict[str, StoreType] = {s.key: s for s in _STORE_LIST}

GENERATOR = GeneratorType(
    start_s=_f(
        10,
        "s",
        "NFPA 110 type 10: load fed within 10 s (Engineered Systems magazine)",
        "second-hand",
    ),
    first_block_frac=_f(0.6, "1", "ISO 8528-5 G3 sets of medium pressure", "memory"),
    second_block_s=_f(5, "s", "frequency recovers between blocks", "assumed"),
)

TRANSFER: dict[str, Figure] = {
    "sts_s": _f(0.004, "s", "LayerZero: 2 to 4 ms, a quarter cycle", "published"),
    "sts_slow_s": _f(0.010, "s", "sources out of phase; thyristor waits", "assumed"),
    "ats_s": _f(0.1, "s", "contacts of an open-transition switch", "assumed"),
}
"""Time without power at a transfer. [s]"""


# --- look-up -------------------------------------------------------------------------


def derate_frac(kind: str, given: float | None = None) -> float:
    """Part of its rating that a node may be planned with: as given, else by kind."""
    if given is not None:
        return given
    return CONTINUOUS_DERATE.value if kind in _BEHIND_BREAKERS else 1.0


def find_loss(
    kind: str, *, ups_mode: str = "double-conversion", field: str = "kind"
) -> LossCurve:
    """
    Look the loss curve of a kind of node up.

    Args:
        kind: Kind of node, or the name of a further curve.
        ups_mode: "double-conversion" or "eco"; counts for kind "ups" only.
        field: Name of the input, for the error.

    Returns:
        The curve.

    Raises:
        ScenarioError: If there is none; names the nearest.
    """
    key = "ups-eco" if kind == "ups" and ups_mode == "eco" else kind
    return _find(LOSSES, key, field)


def find_protection(key: str, *, field: str = "protection") -> Protection:
    """Look a trip curve up; raises as `find_loss`."""
    return _find(PROTECTIONS, key, field)


def find_store(key: str, *, field: str = "store.kind") -> StoreType:
    """Look a kind of store up; raises as `find_loss`."""
    return _find(STORES, key, field)


def _find(known: Mapping[str, Entry], key: str, field: str) -> Entry:
    if key in known:
        return known[key]
    raise ScenarioError(field, "must be in the catalogue", key,
                        nearest(key, list(known)))  # fmt: skip
