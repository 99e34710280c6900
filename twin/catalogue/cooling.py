"""Cooling equipment: curves, limits and thermal data, a source for every value."""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue.figure import Figure, Mark
from twin.catalogue.servers import Server
from twin.errors import FRACTION, NOT_NEGATIVE, POSITIVE, check_fields

ENERGYPLUS = (
    "EnergyPlus 24.1 example 2ZoneDataCenterHVAC_wEconomizer_CW (US DOE, BSD-3-Clause "
    "style), as kept in ugr-sail/sinergym (MIT)"
)
_CHOICE = "our choice"
M3_S_PER_CFM = 0.3048**3 / 60.0

_f = Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerThermal:
    """
    Thermal data of one server type; plain numbers, ready for compiled code.

    Args:
        r_k_per_w: GPU temperature rise above inlet per GPU watt. [K/W]
        limit_c: GPU temperature at which clocks are cut. [C]
        tau_s: Time constant of GPU and heat sink. [s]
        position_spread_k: Coolest and hottest GPU of a server differ from the
            middle by this under equal load. [K]
        recirculation_k: Inlet rise from an idle to a full hall. [K]
        airflow_m3_s: Air through one server at full load. [m³/s]
        idle_airflow_frac: Part of it that flows at no load. [1]
        power_exponent: Dynamic GPU power goes with clock to this power. [1]
        clock_floor_frac: Lowest clock throttling asks for. [1]
        leakage_frac_per_k: GPU power added per kelvin of its temperature. [1/K]
        leakage_reference_c: GPU temperature its power was measured at. [C]
    """

    r_k_per_w: float
    limit_c: float
    tau_s: float
    position_spread_k: float
    recirculation_k: float
    airflow_m3_s: float
    idle_airflow_frac: float
    power_exponent: float
    clock_floor_frac: float
    leakage_frac_per_k: float
    leakage_reference_c: float

    def __post_init__(self) -> None:
        check_fields(
            self, POSITIVE, "r_k_per_w", "tau_s", "airflow_m3_s", "power_exponent"
        )
        check_fields(self, FRACTION, "idle_airflow_frac", "clock_floor_frac")
        check_fields(self, NOT_NEGATIVE, "leakage_frac_per_k")

    def position_k(self, place: int, count: int) -> float:
        """Offset [K] of GPU `place` of `count`, evenly from coolest to hottest."""
        if count == 1:
            return 0.0
        return self.position_spread_k * (2.0 * place / (count - 1) - 1.0)


# --- plant ----------------------------------------------------------------------------

CHILLER_CAPACITY = (0.944836, -0.0570088, -0.00185486)
CHILLER_POWER = (1.907846, -1.204987, 0.2634623)
CHILLER_PART_LOAD = (0.03303, 0.6852, 0.2818)
"""Chiller:Electric ratio curves, constant first. Source: ENERGYPLUS, published."""

# C + w T + w² T² for twb; the same × range, × range²; all × L/G, × (L/G)²
YORKCALC = (
    (-0.359741205, -0.055053608, 0.0023850432),
    (0.173926877, -0.0248473764, 0.00048430224),
    (-0.005589849456, 0.0005770079712, -1.342427256e-05),
    (2.84765801111111, -0.121765149, 0.0014599242),
    (1.680428651, -0.0166920786, -0.0007190532),
    (-0.025485194448, 4.87491696e-05, 2.719234152e-05),
    (-0.0653766255555556, -0.002278167, 0.0002500254),
    (-0.0910565458, 0.00318176316, 3.8621772e-05),
    (-0.0034285382352, 8.56589904e-06, -1.516821552e-06),
)
"""YorkCalc tower approach [K]: rows by range and L/G. Source: ENERGYPLUS, published."""
YORKCALC_WET_BULB_C = (-34.4, 26.6667)
YORKCALC_RANGE_K = (1.1111, 22.2222)
YORKCALC_APPROACH_K = (1.1111, 40.0)
YORKCALC_LIQUID_GAS = 8.0
TOWER_FAN = (-0.00931516301535329, 0.0512333965844443, -0.0838364671381841, 1.041918233)
"""Tower fan power over air flow, constant first. Source: ENERGYPLUS, published."""

PLANT: dict[str, Figure] = {
    "chiller_design_leaving_c": _f(6.667, "C", ENERGYPLUS, "published"),
    "chiller_design_entering_c": _f(29.44, "C", ENERGYPLUS, "published"),
    "chiller_temperature_rise": _f(2.682759, "K/K", ENERGYPLUS, "published"),
    "chiller_least_load_frac": _f(0.15, "1", ENERGYPLUS, "published"),
    "chiller_cop": _f(
        6.0,
        "W/W",
        "large water-cooled machine at 6.7/29.4 C; the EnergyPlus example has 5.0",
        "assumed",
    ),
    "tower_wet_bulb_c": _f(25.56, "C", "YorkCalc rating point, 78 F", "memory"),
    "tower_range_k": _f(5.56, "K", "YorkCalc rating point, 10 F", "memory"),
    "tower_approach_k": _f(3.9, "K", "YorkCalc rating point, 7 F", "memory"),
    "tower_fan_w_per_w": _f(
        0.0105, "W/W", "EnergyPlus: autosized tower fan over capacity", "memory"
    ),
    "tower_least_air_frac": _f(0.2, "1", ENERGYPLUS, "published"),
    "tower_cycles": _f(4.0, "1", f"{ENERGYPLUS}: concentration ratio", "published"),
    "tower_drift_frac": _f(0.0005, "1", f"{ENERGYPLUS}: of water flow", "published"),
    "dry_cooler_approach_k": _f(10.0, "K", _CHOICE, "assumed"),
    "dry_cooler_fan_w_per_w": _f(0.02, "W/W", _CHOICE, "assumed"),
    "dry_cooler_air_exponent": _f(
        0.8, "1", "conductance over air flow, turbulent convection", "assumed"
    ),
    "fan_pressure_pa": _f(300.0, "Pa", f"{ENERGYPLUS}: supply fan", "published"),
    "fan_efficiency": _f(
        0.63, "1", f"{ENERGYPLUS}: 0.7 with its 0.9 motor", "published"
    ),
    "outside_air_pressure_pa": _f(
        450.0, "Pa", f"{_CHOICE}: filters and wet media added", "assumed"
    ),
    "fan_least_speed": _f(0.4, "1", _CHOICE, "assumed"),
    "chilled_pump_pa": _f(160_000.0, "Pa", ENERGYPLUS, "published"),
    "condenser_pump_pa": _f(140_000.0, "Pa", ENERGYPLUS, "published"),
    "cdu_pump_pa": _f(
        200_000.0, "Pa", f"{_CHOICE}: cold plates and quick couplings", "assumed"
    ),
    "pump_efficiency": _f(
        0.68, "1", f"{ENERGYPLUS}: 0.87 motor; hydraulics 0.78 ours", "assumed"
    ),
    "pump_least_flow": _f(0.4, "1", _CHOICE, "assumed"),
    "exchanger_approach_k": _f(2.0, "K", _CHOICE, "assumed"),
    "evaporative_effectiveness": _f(0.85, "1", "wet media, usual range", "memory"),
}

# --- servers --------------------------------------------------------------------------

_A100_AIR = "DGX A100 user guide: 840 CFM at 80 % PWM"
_H100_AIR = "DGX H100 user guide: 1105 CFM at 80 % PWM"
_SHARED: dict[str, Figure] = {
    "limit_c": _f(85.0, "C", "highest GPU operating temperature, A100/H100", "memory"),
    "tau_s": _f(45.0, "s", f"{_CHOICE}: 0.6 kg of metal behind 0.085 K/W", "assumed"),
    "position_spread_k": _f(
        5.0, "K", "TAPAS: GPUs of one server differ by up to 10 K", "memory"
    ),
    "recirculation_k": _f(
        2.0, "K", "TAPAS: inlet up to 2 K higher in a full hall", "memory"
    ),
    "idle_airflow_frac": _f(0.4, "1", _CHOICE, "assumed"),
    "power_exponent": _f(2.5, "1", f"{_CHOICE}: between linear and cubic", "assumed"),
    "clock_floor_frac": _f(0.2, "1", f"{_CHOICE}: brake clock over top", "assumed"),
    "leakage_frac_per_k": _f(
        0.003, "1/K", f"{_CHOICE}: 0.3 to 0.5 %/K are quoted", "assumed"
    ),
    "leakage_reference_c": _f(60.0, "C", _CHOICE, "assumed"),
}


def _thermal(r_k_per_w: Figure, airflow_cfm: float, air: str, mark: Mark) -> dict:
    flow = _f(airflow_cfm * M3_S_PER_CFM, "m3/s", air, mark)
    return {"r_k_per_w": r_k_per_w, "airflow_m3_s": flow, **_SHARED}


def _r(value: float, why: str) -> Figure:
    return _f(value, "K/W", f"{_CHOICE}: {why}", "assumed")


_H100_R = _r(0.055, "700 W gives 64 C from 25 C")
THERMAL_FIGURES: dict[str, dict[str, Figure]] = {
    "dgx-a100": _thermal(
        _r(0.085, "400 W gives 59 C from 25 C"), 840.0, _A100_AIR, "memory"
    ),
    "dgx-h100": _thermal(_H100_R, 1105.0, _H100_AIR, "memory"),
    "dgx-h200": _thermal(_H100_R, 1105.0, f"as {_H100_AIR}", "assumed"),
    "dgx-b200": _thermal(
        _r(0.042, "1000 W gives 67 C from 25 C"),
        1550.0,
        "the DGX H100's air per rated watt",
        "assumed",
    ),
    "gb200-nvl72": _thermal(
        _r(0.030, "cold plate: 1200 W gives 71 C from 35 C water"),
        2600.0,
        "a fifth of 120 kW in air at the DGX H100's air per watt",
        "assumed",
    ),
    "mi300x-8": _thermal(
        _r(0.053, "750 W gives 65 C from 25 C"),
        1300.0,
        "the DGX H100's air per rated watt",
        "assumed",
    ),
}
"""By server key of `twin.catalogue.servers`."""


def server_thermal(server: Server) -> ServerThermal:
    """Thermal data of a server as plain numbers for compiled code."""
    figures = THERMAL_FIGURES[server.cooled_like or server.key]
    return ServerThermal(**{k: f.value for k, f in figures.items()})
