"""The view of the site pages: its knobs, its URL, and the scenario it means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from app.pages.knobs import Control
from app.pages.view import KnobView, errors_at

Json = dict[str, Any]

VIEWS = ("site", "failures", "cooling")
DESIGNS = (
    ("n", "N: one chain"), ("n+1", "N+1: spare UPS module"), ("2n", "2N: two chains"),
    ("3n2", "3N/2: three chains, shared"), ("catcher", "Catcher: one UPS in reserve"),
)  # fmt: skip
PLANTS = (
    ("water-cooled", "Water-cooled chillers, tower"),
    ("cold-water", "Cold water, 7 °C, no economiser"),
    ("air-cooled", "Air-cooled chillers"), ("outside-air", "Outside air, evaporative"),
    ("rear-door", "Rear doors, chillers, tower"), ("liquid-cooled", "Cold plates, CDU"),
)  # fmt: skip
AISLES = (("aisle", "Closed"), ("none", "Open"))
BALANCES = (("sides", "Sides"), ("phases", "Phases"))
PLANS = (("floor", "Floor"), ("elevation", "Elevation"))
LIMITS = (
    ("both", "Any single loss, and cooling"), ("losses", "Any single loss"),
    ("cooling", "Cooling, nothing lost"), ("none", "Power, nothing lost"),
)  # fmt: skip
"""What must hold where servers are added."""
FIT_UNITS = (("servers", "servers"), ("racks", "racks"))
RACK_PDUS = (("off", "Left out"), ("on", "As nodes"))
PLANNED = "planned"
"""What a comparison calls the site as it was planned: nothing added, nothing capped."""
UPS_MODES = (("double-conversion", "Double conv."), ("eco", "Eco"))
POLICIES = (("no-cap", "No cap"), ("polca", "POLCA"))
METRICS = (("power", "Power"), ("gpu", "GPU"), ("inlet", "Inlet"), ("headroom", "Room"))
GENERATED = "generated"
_TEMPLATE = "Counts of the ready-made site; every node follows from them."

CONTROLS: tuple[Control, ...] = (
    Control(
        key="halls", label="Halls", group="Site", low=1, high=8, step=1, default=1,
        unit="", help=f"{_TEMPLATE} Each hall has its own chains, except 3N/2 and "
        "catcher.",
    ),
    Control(
        key="rows", label="Rows per hall", group="Site", low=1, high=16, step=1,
        default=4, unit="", help=_TEMPLATE,
    ),
    Control(
        key="racks", label="Racks per row", group="Site", low=2, high=30, step=1,
        default=10, unit="", help=_TEMPLATE,
    ),
    Control(
        key="servers", label="Servers per rack", group="Site", low=1, high=8, step=1,
        default=4, unit="", help="Servers a rack was planned for: planned servers × "
        "the catalogue's provisioned power is the limit of a row.",
    ),
    Control(
        key="added", label="Added servers per row", group="Site", low=0, high=40,
        step=1, default=12, unit="", badge="published",
        help="Servers beyond the planned ones, spread over the row's racks. 12 on 40 "
        "(+30 %) is the result of POLCA (Patel et al., ASPLOS 2024).",
    ),
    Control(
        key="margin", label="Margin above rows", group="Power", low=0, high=60, step=1,
        default=10, unit="%", help="Room that UPS, PDU and what is above them have "
        "beyond their rows' limits, losses and cooling.",
    ),
    Control(
        key="battery", label="UPS battery", group="Power", low=30, high=1800, step=30,
        default=300, unit="s", help="Time a UPS carries its rating. Less at higher "
        "load: rate-dependent (docs/models/stores.md).",
    ),
    Control(
        key="supply", label="Supply air", group="Cooling", low=16, high=35, step=0.5,
        default=24, unit="°C", help="Air supplied to the servers, inside ASHRAE's "
        "recommended 18 to 27 °C.",
    ),
    Control(
        key="mean", label="Mean outdoor", group="Cooling", low=-5, high=30, step=0.5,
        default=12, unit="°C", help="Mean of the generated year, ± 11 K by season and "
        "± 5 K by day. A weather file overrides it.",
    ),
    Control(
        key="airflow", label="Airflow", group="Cooling", low=60, high=200, step=5,
        default=110, unit="%", help="Air each cold aisle gets ÷ what its planned "
        "servers draw at full load. What lacks is drawn back from the exhaust.",
    ),
    Control(
        key="capacity", label="Cooling capacity", group="Cooling", low=60, high=200,
        step=5, default=120, unit="%", help="Heat the plant can take out ÷ the rows' "
        "limits: one unit in six to spare.",
    ),
    Control(
        key="buffer", label="Cold store", group="Cooling", low=0, high=900, step=30,
        default=0, unit="s", help="Cold water kept in tanks, as time at the rows' "
        "limits.",
    ),
    Control(
        key="peak", label="Target peak of base row", group="Load", low=60, high=92,
        step=0.5, default=79, unit="%", badge="published",
        help="Traffic is scaled until a planned row, without control, peaks at this "
        "part of its limit. 79 %: POLCA (Patel et al., ASPLOS 2024).",
    ),
    Control(
        key="it", label="IT load, year of cooling", group="Load", low=10, high=130,
        step=5, default=75, unit="%", help="IT load ÷ the rows' limits, constant; "
        "counts in the view Cooling alone.",
    ),
)  # fmt: skip
CHOICES: dict[str, str] = {
    "view": "site", "design": "2n", "ups": "double-conversion", "plant": "water-cooled",
    "weather": GENERATED, "policy": "polca", "server": "dgx-a100", "theme": "auto",
    "units": "kW", "metric": "power", "hall": "", "node": "", "failed": "",
    "events": "", "feed": "", "fit": "24", "fit_w": "", "fit_as": "servers",
    "limits": "both", "scenario": "", "aisles": "aisle",
    "balance": "sides", "compare": "", "racks_as": "floor", "rack_pdus": "off",
}  # fmt: skip
"""Everything else in the view, as text, with its default."""
EVENT_KINDS = {
    "lose-node": "node lost", "maintenance": "maintenance",
    "lose-module": "module lost",
    "utility-outage": "utility outage",
    "generator-fails-to-start": "generator does not start",
    "lose-crah": "air handler", "lose-chiller": "chiller", "lose-cdu-pump": "CDU pump",
    "heat-wave": "heat wave", "telemetry-blackout": "telemetry blackout",
    "command-path-down": "command path down", "stuck-cap": "stuck cap",
    "slow-bmc": "slow BMC",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """What the page shows: slider values by key, and choices by name."""

    CONTROLS: ClassVar[tuple[Control, ...]] = CONTROLS
    CHOICES: ClassVar[dict[str, str]] = CHOICES
    ONE_OF: ClassVar[dict[str, tuple[str, ...]]] = {
        "view": VIEWS,
        "metric": tuple(name for name, _ in METRICS),
    }


view_from = View.read


def fit_of(view: View, servers_per_rack: int) -> Json:
    """Return what is looked for a place for, as the server is asked."""
    count = int(_amount(view["fit"]) or 0)
    asked: Json = {
        "servers": count * (servers_per_rack if view["fit_as"] == "racks" else 1),
        "keep_losses": view["limits"] in ("both", "losses"),
        "keep_cooling": view["limits"] in ("both", "cooling"),
    }
    server_w = _amount(view["fit_w"])
    return asked | ({} if server_w is None else {"server_w": server_w})


def _amount(text: str) -> float | None:
    """Read a number as people type it; None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# --- the scenario a view means --------------------------------------------------------


def question(view: View, *, model: str = "", events: bool = False) -> Json:
    """
    Return what a view asks the server: a stored scenario, or changes to the default.

    Args:
        view: The view.
        model: Model that the server type runs; empty leaves the default.
        events: Whether the failures on the timeline happen.

    Returns:
        `scenario_id` and `changes` as the site's questions take them.
    """
    happens = events_of(view["events"]) if events else []
    if view["scenario"]:
        changes: Json = {"facility.events": happens} if events else {}
        return {"scenario_id": view["scenario"], "changes": changes}
    changes = {
        "facility": _facility(view) | {"events": happens},
        "policy": {"name": view["policy"]},
        "workload.load.target_peak_frac": round(view["peak"] / 100, 4),
        "fleet.server": view["server"],
    }
    if model:
        changes["fleet.model"] = model
    return {"scenario_id": None, "changes": changes}


def _facility(view: View) -> Json:
    counts = {
        "halls": "halls", "rows_per_hall": "rows", "racks_per_row": "racks",
        "servers_per_rack": "servers", "added_servers_per_row": "added",
    }  # fmt: skip
    weather = view["weather"]
    return {
        "template": {
            "design": view["design"], "ups_mode": view["ups"],
            "rack_pdus": view["rack_pdus"] == "on",
            "battery_s": view["battery"], "margin_frac": round(view["margin"] / 100, 4),
        } | {name: int(view[key]) for name, key in counts.items()},
        "cooling": {
            "plant": view["plant"], "supply_c": view["supply"],
            "capacity_frac": round(view["capacity"] / 100, 4),
            "airflow_frac": round(view["airflow"] / 100, 4),
            "containment": view["aisles"], "buffer_s": view["buffer"],
        },
        "weather": {"mean_c": view["mean"], "dew_point_c": view["mean"] - 6.0}
        | ({} if weather == GENERATED else {"dataset": weather}),
    }  # fmt: skip


def events_of(text: str) -> list[Json]:
    """
    Read the timeline: events parted by `;`, each `t~kind~target~duration~severity`.

    Events that cannot be read are left out: a URL is typed by people.
    """
    found = []
    for part in filter(None, text.split(";")):
        t_s, kind, target, duration_s, severity = (part.split("~") + [""] * 5)[:5]
        try:
            found.append({
                "t_s": max(0.0, float(t_s)), "kind": kind, "target": target,
                "duration_s": float(duration_s) if duration_s else None,
                "severity": float(severity) if severity else None,
            })  # fmt: skip
        except ValueError:
            continue
    return [event for event in found if event["kind"] in EVENT_KINDS]


def compared_of(view: View) -> list[str]:
    """Sites to compare with: `PLANNED` or ids of stored ones, three at most."""
    return view.listed("compare")[:3]


def planned(view: View) -> View:
    """The same site with nothing added and nothing capped."""
    return View(
        sliders=view.sliders | {"added": 0.0},
        choices=view.choices | {"policy": "no-cap"},
    )


def failed_of(view: View) -> list[str]:
    """Nodes lost in the story shown."""
    return view.listed("failed")


_FIELDS = {
    "facility.template.halls": "halls", "facility.template.rows_per_hall": "rows",
    "facility.template.racks_per_row": "racks",
    "facility.template.servers_per_rack": "servers",
    "facility.template.added_servers_per_row": "added",
    "facility.template.margin_frac": "margin", "facility.template.battery_s": "battery",
    "facility.cooling.supply_c": "supply", "facility.weather.mean_c": "mean",
    "facility.cooling.capacity_frac": "capacity", "facility.cooling.buffer_s": "buffer",
    "facility.cooling.airflow_frac": "airflow",
    "workload.load.target_peak_frac": "peak", "it_frac": "it",
}  # fmt: skip


def field_errors(problem: Json) -> dict[str, str]:
    """Messages to put at the knobs they concern, by knob."""
    return errors_at(problem, lambda error: _FIELDS.get(str(error.get("field"))))
