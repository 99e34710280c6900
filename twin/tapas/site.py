"""
A site as the fleet that TAPAS's levers are tried on.

Taken from the facility: halls, rows, aisles, each rack's place, the servers in it and
their type, every row's limit and the servers it was planned for, the air of a hall, its
supply temperature, and the share of IaaS where racks say so. `NOT_TAKEN` has the rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from twin.catalogue.cooling import ServerThermal, server_thermal
from twin.catalogue.servers import Server
from twin.errors import ScenarioError
from twin.scenario.facility import Facility, Rack
from twin.scenario.model import Scenario
from twin.scenario.row_limits import row_limits_w
from twin.simulate import fleet_server
from twin.tapas.fleet import Demand, Grounds, make_demand
from twin.types import FloatArray, IntArray

MOST_SERVERS = 20_000
"""Larger fleets would take minutes per lever."""
ROWS_PER_AISLE = 2
SERVERS_PER_CUSTOMER = 24
SERVERS_PER_ENDPOINT = 80
"""Forty customers and twelve endpoints on a thousand servers. Assumed."""
HEIGHT_K = 1.0
"""Warmest place in a rack above its coolest; drawn, racks do not say. Assumed."""
END_K = 1.0
"""Rack at a row's end above one in its middle. Assumed; both make TAPAS's 1 to 2 K."""

NOT_TAKEN: tuple[str, ...] = (
    "traffic: customers and endpoints are generated; the workload is not used",
    "power network: rows' limits count, nodes above them and failures do not",
    "control: a row above its limit is slowed as a whole; the policy is not used",
    "weather and plant: supply air is held at its setpoint, plus 2 K in a full hall",
    "IaaS by rack: its share counts; where machines stand is what placing decides",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """
    A site ready for the levers.

    Args:
        grounds: Servers, rows, aisles, halls and their limits.
        demand: Machines and their load, the same for every lever.
        planned: Servers that power was planned for.
        iaas_frac: Share of IaaS asked for. 0..1
        notes: What of this site had to be simplified, in words.
    """

    grounds: Grounds
    demand: Demand
    planned: int
    iaas_frac: float
    notes: tuple[str, ...]


def fleet_of(
    scenario: Scenario,
    facility: Facility,
    *,
    oversubscription_frac: float | None = None,
    iaas_frac: float = 0.5,
    days: int = 2,
) -> Fleet:
    """
    Map a site onto the levers' fleet.

    Args:
        scenario: The question; its seed draws places, machines and loads.
        facility: Its facility with racks, templates expanded.
        oversubscription_frac: Servers in each row beyond those planned ÷ those planned,
            spread over its racks. None takes what stands in the racks.
        iaas_frac: Share of IaaS machines where no rack says that it is IaaS. 0..1
        days: Length. [d]

    Returns:
        The fleet.

    Raises:
        ScenarioError: If the site has no server, or too many to try levers on.
    """
    racks = sorted(facility.racks, key=lambda r: (r.hall, r.row, r.position, r.name))
    server, notes = _server(scenario, racks)
    grounds, aisle_notes = _grounds(
        scenario, facility, racks, server, oversubscription_frac
    )
    known = any(rack.kind == "iaas" for rack in racks)
    share = _iaas_share(racks) if known else iaas_frac
    demand = make_demand(
        grounds.servers, days=days, saas_frac=1.0 - share, seed=scenario.seed,
        customers=max(2, round(grounds.servers / SERVERS_PER_CUSTOMER)),
        endpoints=max(2, round(grounds.servers / SERVERS_PER_ENDPOINT)),
    )  # fmt: skip
    return Fleet(
        grounds=grounds, demand=demand, planned=round(float(grounds.planned.sum())),
        iaas_frac=share, notes=(*notes, *aisle_notes),
    )  # fmt: skip


def _server(scenario: Scenario, racks: list[Rack]) -> tuple[Server, tuple[str, ...]]:
    """Most frequent server type; a fleet has one."""
    count: Counter[str] = Counter()
    for rack in racks:
        count[rack.server or scenario.fleet.server] += rack.server_count
    key, most = count.most_common(1)[0]
    notes = []
    if len(count) > 1:
        other = count.total() - most
        notes.append(f"{other} servers of other types are taken as {key}")
    if not key.startswith("dgx-a100"):
        notes.append(f"steps of the ladder are the A100's, taken for {key} too")
    return fleet_server(scenario, key), tuple(notes)


def _iaas_share(racks: list[Rack]) -> float:
    whole = sum(rack.server_count for rack in racks)
    iaas = sum(rack.server_count for rack in racks if rack.kind == "iaas")
    return iaas / whole if whole else 0.0


def _grounds(
    scenario: Scenario, facility: Facility, racks: list[Rack], server: Server,
    added_frac: float | None,
) -> tuple[Grounds, tuple[str, ...]]:  # fmt: skip
    """Rows of racks as rows of servers."""
    thermal = server_thermal(server)
    rows: dict[str, list[Rack]] = {}
    for rack in racks:
        rows.setdefault(rack.row, []).append(rack)
    limits_w = row_limits_w(scenario, facility.racks)
    row_limit_w = np.array([limits_w[row] for row in rows], dtype=np.float64)
    planned = np.maximum(1.0, np.round(row_limit_w / server.provisioned_w.value))
    counts = [
        _counts(row, of_row, added_frac)
        for row, of_row in zip(rows.values(), planned.tolist(), strict=True)
    ]
    servers = int(sum(int(c.sum()) for c in counts))
    _check(servers)
    halls = list(dict.fromkeys(row[0].hall for row in rows.values()))
    aisle_of, notes = _aisles(rows)
    place = [np.repeat(_ends(row), c) for row, c in zip(rows.values(), counts,
                                                      strict=True)]  # fmt: skip
    rng = np.random.Generator(np.random.Philox(key=scenario.seed))
    in_aisle = np.bincount(aisle_of, planned).astype(np.float64)
    return Grounds(
        row_of=np.repeat(np.arange(len(rows)), [int(c.sum()) for c in counts]),
        aisle_of=aisle_of,
        hall_of=np.array([halls.index(row[0].hall) for row in rows.values()]),
        planned=planned, row_limit_w=row_limit_w,
        aisle_air_m3_s=_air(in_aisle, thermal, facility.cooling.airflow_frac),
        server=server, thermal=thermal,
        position_k=np.concatenate(place) + rng.uniform(0, HEIGHT_K, servers),
        gpu_offset_k=rng.uniform(0.5, 1.0, servers) * thermal.position_spread_k,
        gpu_limit_c=thermal.limit_c, setpoint_c=facility.cooling.supply_c,
    ), notes  # fmt: skip


def _counts(row: list[Rack], planned: float, added_frac: float | None) -> IntArray:
    """Servers of each rack of a row."""
    if added_frac is None:
        return np.array([rack.server_count for rack in row])
    edge = np.arange(len(row) + 1) * round(planned * (1 + added_frac)) // len(row)
    return np.diff(edge)


def _check(servers: int) -> None:
    if servers == 0:
        raise ScenarioError("facility.racks", "hold no server", 0,
                            "set server_count of a rack")  # fmt: skip
    if servers > MOST_SERVERS:
        raise ScenarioError("facility", f"may have {MOST_SERVERS:,} servers here at "
                            "most", servers, "ask for fewer halls; halls share nothing "
                            "that levers act on")  # fmt: skip


def _aisles(rows: dict[str, list[Rack]]) -> tuple[IntArray, tuple[str, ...]]:
    """Aisle of each row; where racks name none, two rows of a hall face each other."""
    index: dict[tuple[str, str], int] = {}
    nameless: Counter[str] = Counter()
    found, notes = [], []
    for name, row in rows.items():
        hall, aisle = row[0].hall, row[0].aisle
        if not aisle:
            aisle = f" {nameless[hall] // ROWS_PER_AISLE}"
            nameless[hall] += 1
        if len({rack.aisle for rack in row}) > 1:
            notes.append(f"row {name} stands in several aisles; taken to be in one")
        found.append(index.setdefault((hall, aisle), len(index)))
    if nameless:
        notes.append("racks name no aisle; two rows are taken to face each other")
    return np.array(found), tuple(notes)


def _ends(row: list[Rack]) -> FloatArray:
    """Warmer towards the ends of a row. [K], (racks,)"""
    place = np.array([rack.position for rack in row], dtype=np.float64)
    middle = (1.0 + place.max()) / 2.0
    ends: FloatArray = END_K * np.abs(place - middle) / max(0.5, middle - 1.0)
    return ends


def _air(planned: FloatArray, thermal: ServerThermal, spare: float) -> FloatArray:
    """Air of each aisle: what its planned servers draw at full load, and spare."""
    return planned * (thermal.airflow_m3_s * spare)
