"""The view of the Explore page: its controls, its URL, and the changes it asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from app.pages.knobs import Control
from app.pages.view import KnobView, errors_at

Json = dict[str, Any]

BASE_SERVER_COUNT = 40
POLICIES = ("no-cap", "one-threshold-low", "one-threshold-all", "polca")
GENERATED = "generated"
PLAN_COUNTS = (0, 4, 8, 10, 12, 14, 16, 20, 24)
"""Added servers of the risk curve."""


_POLCA = "POLCA (Patel et al., ASPLOS 2024)"

CONTROLS: tuple[Control, ...] = (
    Control(
        key="added", label="Added servers", group="Row", low=0, high=24, step=1,
        default=12, unit="", badge="published",
        help=f"Servers beyond the {BASE_SERVER_COUNT} the row was provisioned for. "
        f"Deployed = base + added. 12 (+30 %) is the result of {_POLCA}.",
    ),
    Control(
        key="low", label="Low-priority share", group="Row", low=0, high=100, step=5,
        default=50, unit="%", path="fleet.low_priority_frac", per_unit=100,
        badge="published",
        help="Part of the servers and of the traffic that may be slowed first. "
        f"50 %: {_POLCA}, from memory of the paper.",
    ),
    Control(
        key="peak", label="Target peak of base row", group="Load", low=60, high=92,
        step=0.5, default=79, unit="%", path="workload.load.target_peak_frac",
        per_unit=100, badge="published",
        help="Traffic is scaled until the base row, without control, peaks at this "
        f"part of its provisioned power. 79 %: {_POLCA}, six weeks of inference.",
    ),
    Control(
        key="level", label="Load level", group="Load", low=50, high=130, step=1,
        default=100, unit="%", path="workload.load.level", per_unit=100,
        badge="assumed",
        help="Multiplies the traffic found for the target peak: "
        "requests/s = rate × servers × level. 100 % leaves it as found.",
    ),
    Control(
        key="t1", label="Threshold T1", group="Policy", low=60, high=98, step=0.5,
        default=80, unit="%", badge="published",
        help="Row power ÷ provisioned above which low priority is slowed. "
        f"80 %: {_POLCA}.",
    ),
    Control(
        key="t2", label="Threshold T2", group="Policy", low=62, high=100, step=0.5,
        default=89, unit="%", badge="published",
        help="Row power ÷ provisioned above which low priority is slowed more, then "
        f"high priority. The single threshold of the others. 89 %: {_POLCA}.",
    ),
    Control(
        key="hyst", label="Hysteresis", group="Policy", low=0, high=15, step=0.5,
        default=5, unit="pt", badge="published",
        help="Caps are lifted this many points of provisioned power below their "
        f"threshold. 5 points: {_POLCA}.",
    ),
    Control(
        key="clk1", label="Low priority above T1", group="Clocks", low=210, high=1410,
        step=15, default=1275, unit="MHz", badge="published",
        help=f"SM clock cap. 1,275 MHz on A100: {_POLCA}; scaled by top clock on other "
        "GPUs until you move it.",
    ),
    Control(
        key="clk2", label="Low priority above T2", group="Clocks", low=210, high=1410,
        step=15, default=1110, unit="MHz", badge="published",
        help=f"SM clock cap, also of the one-threshold policies. 1,110 MHz on A100: "
        f"{_POLCA}.",
    ),
    Control(
        key="clkh", label="High priority above T2", group="Clocks", low=210, high=1410,
        step=15, default=1305, unit="MHz", badge="published",
        help="SM clock cap, sent only once the low-priority cap did not suffice. "
        f"1,305 MHz on A100: {_POLCA}.",
    ),
    Control(
        key="tele", label="Telemetry delay", group="Delays", low=0, high=30, step=1,
        default=2, unit="s", path="control.telemetry_delay_s", badge="published",
        help=f"Age of the row power reading a policy sees. 2 s: {_POLCA}.",
    ),
    Control(
        key="cap", label="Cap latency", group="Delays", low=0, high=120, step=1,
        default=40, unit="s", path="control.cap_latency_s", badge="published",
        help="Time from a cap command until it holds, out of band. "
        f"40 s, the worst case of {_POLCA}.",
    ),
    Control(
        key="brk", label="Brake latency", group="Delays", low=0, high=30, step=1,
        default=5, unit="s", path="control.brake_latency_s", badge="published",
        help=f"Time from a brake command until it holds. 5 s: {_POLCA}.",
    ),
)  # fmt: skip

BY_KEY = {c.key: c for c in CONTROLS}
GROUPS = tuple(dict.fromkeys(c.group for c in CONTROLS))
CHOICES: dict[str, str] = {
    "policy": "polca",
    "days": "1",
    "seed": "1",
    "server": "dgx-a100",
    "model": "bloom-176b",
    "traffic": GENERATED,
    "units": "kW",
    "theme": "auto",
    "metric": "limit",
    "seeds": "1",
    "zoom": "",
    "scenario": "",
    "base": str(BASE_SERVER_COUNT),
}
"""Everything else in the view, as text, with its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """What the page shows: slider values by key, and choices by name."""

    CONTROLS: ClassVar[tuple[Control, ...]] = CONTROLS
    CHOICES: ClassVar[dict[str, str]] = CHOICES
    ONE_OF: ClassVar[dict[str, tuple[str, ...]]] = {
        "metric": ("limit", "peak", "brakes", "low99")
    }

    @classmethod
    def inside(cls, control: Control, value: Any) -> float:
        """Read a slider's value; clocks may be those of GPUs that clock higher."""
        free = control.group == "Clocks"
        return control.inside(value, high=5000.0 if free else None)


view_from = View.read


# --- the scenario a view means --------------------------------------------------------


def changes(view: View, datasets: dict[str, str] | None = None) -> Json:
    """
    Changes to the base scenario that a view asks for.

    Args:
        view: The view.
        datasets: Kind ("rates" or "requests") by dataset name.

    Returns:
        Dotted scenario path to value, as `POST /api/v1/what-if` takes them.
    """
    asked: Json = {
        c.path: round(view.sliders[c.key] / c.per_unit, 6) for c in CONTROLS if c.path
    }
    base = int(_positive(view["base"], BASE_SERVER_COUNT))
    asked["fleet.server_count"] = base + round(view.sliders["added"])
    asked["fleet.server"] = view["server"]
    asked["fleet.model"] = view["model"]
    asked["policy"] = policy_of(view, view["policy"])
    asked["horizon.days"] = _positive(view["days"], 1.0)
    asked["seed"] = int(_positive(view["seed"], 1.0))
    if view["traffic"] != GENERATED:
        kind = (datasets or {}).get(view["traffic"], "rates")
        asked["workload.arrivals"] = {"kind": kind, "dataset": view["traffic"]}
    return asked


def policy_of(view: View, name: str) -> Json:
    """Settings of a policy as the sliders have them."""
    hysteresis = view.sliders["hyst"] / 100
    if name in ("one-threshold-low", "one-threshold-all"):
        return {
            "name": name,
            "threshold_frac": view.sliders["t2"] / 100,
            "hysteresis_frac": hysteresis,
            "capped_clock_mhz": _clock(view, "clk2"),
        }
    if name != "polca":
        return {"name": name}
    return {
        "name": "polca",
        "t1_frac": view.sliders["t1"] / 100,
        "t2_frac": view.sliders["t2"] / 100,
        "hysteresis_frac": hysteresis,
        "low_clock_t1_mhz": _clock(view, "clk1"),
        "low_clock_t2_mhz": _clock(view, "clk2"),
        "high_clock_t2_mhz": _clock(view, "clkh"),
    }


def _clock(view: View, key: str) -> float | None:
    """Give no clock while the slider rests: the core scales the published one."""
    value = view.sliders[key]
    return None if value == BY_KEY[key].default else value


def _positive(text: str, default: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return default
    return value if 0 < value < math.inf else default


def plan_changes(
    view: View, policy: str, datasets: dict[str, str] | None = None
) -> Json:
    """Changes for the plan of one policy's risk curve."""
    return changes(view, datasets) | {
        "plan.policies": [policy_of(view, policy)],
        "plan.added_servers": list(PLAN_COUNTS),
        "plan.seeds": int(_positive(view["seeds"], 1.0)),
    }


def view_of_scenario(scenario: Json, scenario_id: str, now: View) -> View:
    """
    Set the controls as a stored scenario has them.

    Args:
        scenario: The scenario in JSON.
        scenario_id: Its id, the base of further changes.
        now: The present view, whose display choices stay.

    Returns:
        The view.
    """
    found: Json = dict(now.choices)
    base = scenario["row"]["base_server_count"]
    found |= {
        "added": scenario["fleet"]["server_count"] - base,
        "low": 100 * scenario["fleet"]["low_priority_frac"],
        "peak": 100 * (scenario["workload"]["load"]["target_peak_frac"] or 0.79),
        "level": 100 * scenario["workload"]["load"]["level"],
        "tele": scenario["control"]["telemetry_delay_s"],
        "cap": scenario["control"]["cap_latency_s"],
        "brk": scenario["control"]["brake_latency_s"],
        "days": f"{scenario['horizon']['days']:g}", "seed": scenario["seed"],
        "server": scenario["fleet"]["server"], "model": scenario["fleet"]["model"],
        "traffic": scenario["workload"]["arrivals"].get("dataset") or GENERATED,
        "scenario": scenario_id, "base": base, "zoom": "",
    }  # fmt: skip
    policy = scenario["policy"]
    found["policy"] = policy["name"] if policy["name"] in POLICIES else "polca"
    shares = {"t1_frac": "t1", "t2_frac": "t2", "threshold_frac": "t2",
              "hysteresis_frac": "hyst"}  # fmt: skip
    clocks = {"low_clock_t1_mhz": "clk1", "low_clock_t2_mhz": "clk2",
              "capped_clock_mhz": "clk2", "high_clock_t2_mhz": "clkh"}  # fmt: skip
    found |= {
        k: 100 * policy[f] for f, k in shares.items() if policy.get(f) is not None
    }
    found |= {k: policy[f] for f, k in clocks.items() if policy.get(f) is not None}
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in found.items()}
    return view_from(rounded)


def risk_key(view: View) -> str:
    """
    Name of the risk curve a view needs.

    Moving the server count or choosing another policy keeps the curve, so neither
    computes it again.
    """
    rest = {k: v for k, v in view.sliders.items() if k != "added"}
    ignored = ("policy", "units", "theme", "metric", "zoom")
    rest |= {k: v for k, v in view.choices.items() if k not in ignored}  # type: ignore[misc]
    return urlencode(sorted((k, str(v)) for k, v in rest.items()))


def control_of_field(path: str) -> str:
    """Key of the control that sets a scenario field; empty where none does."""
    direct = {c.path: c.key for c in CONTROLS if c.path}
    policy = {
        "policy.t1_frac": "t1", "policy.t2_frac": "t2", "policy.threshold_frac": "t2",
        "policy.hysteresis_frac": "hyst", "policy.low_clock_t1_mhz": "clk1",
        "policy.low_clock_t2_mhz": "clk2", "policy.capped_clock_mhz": "clk2",
        "policy.high_clock_t2_mhz": "clkh", "fleet.server_count": "added",
    }  # fmt: skip
    return direct.get(path) or policy.get(path, "")


def field_errors(problem: Json) -> dict[str, str]:
    """Messages to put at the knobs they concern, by knob."""
    return errors_at(problem, _key_of)


def _key_of(error: Json) -> str:
    field, rule = str(error.get("field") or ""), str(error.get("rule") or "")
    # a rule between two settings is reported at their parent, the rule names them
    first = (rule.split() or [""])[0]
    return control_of_field(field) or control_of_field(f"{field}.{first}")
