"""The view of the Stabilize page: its knobs, its URL, and the scenario it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from app.pages.knobs import Control
from app.pages.stabilize.controls import CONTROLS
from app.pages.view import KnobView, errors_at

Json = dict[str, Any]

HORIZON_S = 1200.0
"""Length of the run: two windows of the longest rule."""
SAMPLE_MS = 2.0
COARSE_MS = 4.0
"""Samples while a knob is being moved."""
J_PER_KWH = 3.6e6
SWITCHES: dict[str, str] = {
    "ups": "UPS", "gen": "Gensets carry the site", "ramp": "Ramps at start and end",
    "clock_on": "Lower clock", "turns": "Stagger jobs", "ballast": "Software ballast",
    "smooth": "GPU power smoothing", "psu": "Supply store", "rack": "Rack store",
    "store": "Site battery",
}  # fmt: skip
CONTROL_LAWS = (
    ("low-pass", "Low-pass"), ("moving-average", "Moving average"),
    ("droop", "Droop"), ("mpc", "Model predictive"),
)  # fmt: skip
EVENTS = (
    ("sag", "Voltage sag"), ("virginia-2024", "Virginia, 10 July 2024"),
    ("frequency", "Frequency"),
)  # fmt: skip
RULES = (
    "ercot-2026", "ieso-15s", "southern-6s", "caiso-ramp", "lipa-low", "lipa-high",
    "stabilization-share", "ieee1453-pst", "ieee519-current",
)  # fmt: skip
TABLES = ("nogrr282", "itic")
SEARCHES = {
    "quick": {
        "floors_frac": [0, 0.7, 0.9], "ballasts_frac": [0], "ramps_s": [0, 120, 600],
        "psu_j_per_gpu": [0, 65], "rack_kwh": [0],
    },
    "full": {},
    "tiny": {
        "floors_frac": [0, 0.9], "ballasts_frac": [0], "ramps_s": [0, 600],
        "psu_j_per_gpu": [0], "rack_kwh": [0], "site_power_frac": [0, 0.5],
        "site_hours": [0.5], "site_filter_s": [300],
    },
}  # fmt: skip
"""Options of the search; what is left out keeps the scenario's default."""
OBJECTIVES = (("cost", "Cost"), ("waste", "Waste"), ("slowdown", "Slowdown"))
CHOICES: dict[str, str] = {
    "scenario": "", "own": "stored", "gpu": "gb200-186gb", "law": "low-pass",
    "rules": ",".join(RULES), "tables": ",".join(TABLES), "event": "sag",
    "theme": "auto", "units": "MW", "focus": "", "zoom": "", "search": "quick",
    "objective": "cost", "against": "waste",
    "ups": "on", "gen": "off", "ramp": "on", "clock_on": "off", "turns": "off",
    "ballast": "off", "smooth": "on", "psu": "off", "rack": "off", "store": "off",
}  # fmt: skip
"""Everything else in the view, as text, with its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """What the page shows: slider values by key, and choices by name."""

    CONTROLS: ClassVar[tuple[Control, ...]] = CONTROLS
    CHOICES: ClassVar[dict[str, str]] = CHOICES
    PLAIN: ClassVar[str] = ",~"

    def on(self, key: str) -> bool:
        """Whether a switch is on."""
        return self.choices[key] == "on"

    def stored(self) -> bool:
        """Whether measures and rules are the stored scenario's own."""
        return bool(self["scenario"]) and self["own"] == "stored"

    def zoom(self) -> tuple[float, float] | None:
        """Window looked at; none for the whole run."""
        try:
            from_s, to_s = (float(part) for part in self["zoom"].split("~"))
        except ValueError:
            return None
        return (max(0.0, from_s), to_s) if to_s > max(0.0, from_s) else None


view_from = View.read


# --- the scenario a view means --------------------------------------------------------


def question(view: View, *, coarse: bool = False) -> Json:
    """
    Return what a view asks the server: a stored scenario, or changes to the default.

    Args:
        view: The view.
        coarse: Whether samples may be longer: a knob is being moved.

    Returns:
        `scenario_id` and `changes` as the questions take them.
    """
    held = {
        "measures": measures(view), "rules": view.listed("rules"),
        "ride_tables": view.listed("tables"), "disturbance": _disturbance(view),
    }  # fmt: skip
    if view["scenario"]:
        changes = {} if view.stored() else {
            f"training.{k}": v for k, v in held.items()
        }  # fmt: skip
        return {"scenario_id": view["scenario"], "changes": changes}
    training = held | {
        "horizon_s": HORIZON_S, "sample_s": (COARSE_MS if coarse else SAMPLE_MS) / 1e3,
        "jobs": _jobs(view),
        "plant": {
            "host_w_per_gpu": view["host"],
            "cooling_frac": round(view["cooling"] / 100, 4),
        },
        "connection": {
            "nominal_v": view["kv"] * 1e3, "short_circuit_va": view["short"] * 1e6,
        },
        "ups": {"bandwidth_hz": view["ups_hz"], "damping": view["ups_damp"]}
        if view.on("ups") else None,
        "generator": {} if view.on("gen") else None,
    }  # fmt: skip
    return {"scenario_id": None, "changes": {"training": training}}


def sizing_question(view: View) -> Json:
    """Return what a search for the cheapest measures asks."""
    asked = question(view)
    options = SEARCHES.get(view["search"], {}) | {"objective": view["objective"]}
    if view["scenario"]:
        changes = asked["changes"] | {"training.sizing.objective": view["objective"]}
        if not view.stored():
            changes |= {f"training.sizing.{k}": v for k, v in options.items()}
        return asked | {"changes": changes}
    training = asked["changes"]["training"] | {"sizing": options}
    return asked | {"changes": {"training": training}}


def sizing_key(view: View) -> str:
    """Name what a search rests on; measures that it varies are left out."""
    looks = ("theme", "units", "focus", "zoom", "against", "event")
    choices = {k: v for k, v in view.choices.items() if k not in looks}
    searched = ("ramp", "smooth", "ballast", "psu", "rack", "store")
    varied = ("ramp_up", "ramp_down", "floor", "target", "psu_j", "rack_kwh", "mega",
              "minutes", "filter")  # fmt: skip
    kept = View(
        sliders=view.sliders | {c.key: c.default for c in CONTROLS if c.key in varied},
        choices=CHOICES | {k: v for k, v in choices.items() if k not in searched},
    )
    return kept.to_query()


def _jobs(view: View) -> list[Json]:
    count = int(view["jobs"])
    ends = view["end"] < HORIZON_S
    job = {
        "gpu": view["gpu"], "gpu_count": max(1, int(view["count"]) // count),
        "compute_s": view["compute"], "communicate_s": view["comm"],
        "levels": {"communicate": round(view["wait"] / 100, 4)},
        "evaluate_every": int(view["eval_every"]), "evaluate_s": view["eval"],
        "checkpoint_every": int(view["save_every"]), "checkpoint_s": view["save"],
        "start_s": view["start"], "end_s": view["end"] if ends else None,
    }  # fmt: skip
    return [job | {"name": f"Job {k + 1}"} for k in range(count)]


def measures(view: View) -> Json:
    """Measures that are switched on, as the scenario takes them."""
    on = view.on
    scheduling: Json = {}
    if on("ramp"):
        scheduling |= {
            "start_ramp_s": view["ramp_up"], "end_ramp_s": view["ramp_down"],
        }  # fmt: skip
    if on("clock_on"):
        scheduling["clock_frac"] = round(view["clock"] / 100, 4)
    if on("turns"):
        scheduling |= {"stagger_s": view["stagger"], "take_turns": True}
    joules = view["rack_kwh"] * J_PER_KWH
    site_w = view["mega"] * 1e6
    return {
        "scheduling": scheduling or None,
        "ballast": {"target_frac": round(view["target"] / 100, 4)}
        if on("ballast") else None,
        "smoothing": {
            "floor_frac": round(view["floor"] / 100, 4), "hysteresis_s": view["hold"],
            "ramp_up_w_per_s": view["up"], "ramp_down_w_per_s": view["down"],
        } if on("smooth") else None,
        "psu": {
            "power_w": 500.0, "energy_j": view["psu_j"], "filter_s": 1.0,
            "return_s": 5.0,
        } if on("psu") else None,
        "rack": {
            "power_w": joules / 60.0, "energy_j": joules, "filter_s": 10.0,
            "return_s": 60.0, "cycle_life": 1e6,
        } if on("rack") else None,
        "site": {
            "power_w": site_w, "energy_j": site_w * view["minutes"] * 60.0,
            "control": view["law"], "filter_s": view["filter"], "response_s": 0.02,
            "cycle_life": 8000.0,
        } if on("store") else None,
    }  # fmt: skip


def _disturbance(view: View) -> Json:
    return {
        "kind": view["event"], "to_pu": round(view["sag"] / 100, 4),
        "duration_s": view["sag_ms"] / 1e3, "to_hz": view["hertz"],
    }  # fmt: skip


def chosen(view: View, choice: Json, bare_w: float) -> Json:
    """
    Return the knobs that mean a combination that sizing found.

    Args:
        view: The view it was searched for.
        choice: The combination.
        bare_w: Highest power without measures. [W]

    Returns:
        Values by key, to be put on the page.
    """
    ramp_s, store = choice["ramp_s"], bool(choice["site_power_frac"])
    values: Json = {
        "ramp": _word(ramp_s), "smooth": _word(choice["floor_frac"]),
        "ballast": _word(choice["ballast_frac"]), "store": _word(store),
        "psu": _word(choice["psu_j_per_gpu"]), "rack": _word(choice["rack_kwh"]),
    }  # fmt: skip
    if view["scenario"]:
        values["own"] = "knobs"
    if ramp_s:
        values |= {"ramp_up": ramp_s, "ramp_down": ramp_s}
    if choice["floor_frac"]:
        values["floor"] = round(100 * choice["floor_frac"], 2)
        if not view.on("smooth"):
            values["hold"] = 0.0  # as sizing has it where no smoothing is described
    for key, name, per in (
        ("target", "ballast_frac", 100), ("psu_j", "psu_j_per_gpu", 1),
        ("rack_kwh", "rack_kwh", 1),
    ):  # fmt: skip
        if choice[name]:
            values[key] = round(per * choice[name], 3)
    if store:
        values |= {
            "mega": round(choice["site_power_frac"] * bare_w / 1e6, 2),
            "minutes": round(60 * choice["site_hours"], 2),
            "filter": choice["site_filter_s"],
        }  # fmt: skip
    return values


def _word(value: Any) -> str:
    return "on" if value else "off"


_FIELDS = {
    "gpu_count": "count", "compute_s": "compute", "communicate_s": "comm",
    "levels.communicate": "wait", "evaluate_every": "eval_every", "evaluate_s": "eval",
    "checkpoint_every": "save_every", "checkpoint_s": "save", "start_s": "start",
    "end_s": "end",
}  # fmt: skip
_OTHERS = {
    "plant.host_w_per_gpu": "host", "plant.cooling_frac": "cooling",
    "ups.bandwidth_hz": "ups_hz", "ups.damping": "ups_damp",
    "connection.nominal_v": "kv", "connection.short_circuit_va": "short",
    "measures.scheduling.start_ramp_s": "ramp_up", "measures.ballast": "target",
    "measures.scheduling.end_ramp_s": "ramp_down", "measures.smoothing": "floor",
    "measures.scheduling.clock_frac": "clock", "measures.scheduling": "ramp_up",
    "measures.scheduling.stagger_s": "stagger", "measures.psu": "psu_j",
    "measures.smoothing.ramp_up_w_per_s": "up", "measures.rack": "rack_kwh",
    "measures.smoothing.ramp_down_w_per_s": "down", "measures.site": "mega",
    "measures.smoothing.hysteresis_s": "hold", "disturbance": "sag",
}  # fmt: skip


def field_errors(problem: Json) -> dict[str, str]:
    """Messages to put at the knobs they concern, by knob."""
    return errors_at(problem, _key_of)


def _key_of(error: Json) -> str | None:
    path = str(error.get("field") or "").removeprefix("training.")
    of_job = path.split(".", 2)[-1] if path.startswith("jobs.") else ""
    first = (str(error.get("rule") or "").split() or [""])[0]
    known = _FIELDS | _OTHERS  # a rule between settings names the first of them
    return _FIELDS.get(of_job) or _OTHERS.get(path) or known.get(first)
