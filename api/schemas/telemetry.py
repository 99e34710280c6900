"""Documents of telemetry: acknowledgements, what is measured now, and series."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import ValidationInfo, field_validator

from api.schemas.base import In, Out, said

TIME = 1_763_733_600_000_000


class RefusedOut(Out):
    """Readings or values that were left out of a batch."""

    reason: Literal["future", "late", "unit"] = said("Which rule they broke", "late")
    field: str = said("Which field", "offset_us")
    count: int = said("How many", 3)
    repair: str = said("What the sender can do", "set the host's clock (NTP)")


class AcknowledgementOut(Out):
    """A batch is on disk."""

    stored: int = said("Readings stored by this call", 4)
    duplicate: bool = said("Whether the batch was stored before", False)
    same: bool | None = said(
        "With a duplicate: whether it was these bytes; null if nobody remembers",
        None, None,
    )  # fmt: skip
    refused: list[RefusedOut] = said("What was left out", [])
    server_time_us: int = said("The server's clock", TIME, unit="µs")
    pace_s: float = said("Wait at least this long before the next", 0.0, unit="s")


class HelloOut(Out):
    """What an agent wants to know before it sends."""

    server_time_us: int = said("The server's clock", TIME, unit="µs")
    agent: str = said("Name the token is bound to", "node017")
    next_sequence: int = said("Number after the newest stored of the spool", 42)
    max_readings: int = said("Most readings in a batch", 200_000)
    max_bytes: int = said("Largest body as sent", 8_000_000, unit="B")


class SiteNowOut(Out):
    """The whole site now."""

    power_w: float | None = said("Sum over hosts; null if none reports", 84e3, unit="W")
    limit_w: float | None = said("Limit of its utility feeds", 2e6, unit="W")
    facility_w: float | None = said(
        "At the utility: hosts and modelled losses of the tree", 91e3, unit="W"
    )
    reporting: int = said("Hosts with a fresh reading", 16)
    expected: int = said("Hosts known", 16)
    metered: int = said("Hosts whose own power is measured", 12)
    gpus: int = said("GPUs", 128)
    throttled: int = said("Hosts with a GPU slowed down", 0)
    worst_age_s: float | None = said("Age of the oldest host's reading", 1.2, unit="s")


class NodeNowOut(Out):
    """A node of the watched tree now."""

    name: str = said("Node", "ups-a")
    kind: str = said("What it is", "ups")
    fed_by: list[str] = said("Its feeds", ["utility-a"])
    power_w: float | None = said("Its meter, else the sum below it", 91e3, unit="W")
    summed_w: float | None = said(
        "Racks below with modelled losses: what a meter should read", 90.8e3, unit="W"
    )
    metered: bool = said("Whether a meter stands on it", False)
    limit_w: float | None = said("What it may carry for ever", 1e6, unit="W")
    reporting: int = said("Hosts below with a fresh reading", 16)
    expected: int = said("Hosts below", 16)


class HostNowOut(Out):
    """A host now."""

    name: str = said("Host", "node017")
    kind: str = said("How it reports", "agent")
    node: str = said("Where it stands", "row-1-rack-3")
    power_w: float | None = said("Its meter, else its GPUs and CPUs", 5.2e3, unit="W")
    metered: bool = said("Whether its own power is measured", True)
    meter: bool = said("Whether it measures what others draw", False)
    state: Literal["ok", "stale", "lost"] = said("By the age of its reading", "ok")
    age_s: float = said("Age of its newest reading", 0.8, unit="s")
    gpus: int = said("GPUs", 8)
    hottest_c: float | None = said("Hottest GPU", 71.0, unit="°C")
    utilisation_frac: float | None = said("Mean over its GPUs", 0.97)
    limit_w: float | None = said("Sum of its GPUs' limits", 5600.0, unit="W")
    throttle_reasons: int = said("NVML's bits of any of its GPUs", 4)


class DeviceNowOut(Out):
    """A device now."""

    key: str = said("Identity", "GPU-8f6c")
    kind: str = said("What it is", "gpu")
    model: str = said("What it is called", "NVIDIA H100 80GB HBM3")
    index: int = said("Its place", 0)
    parent: str = said("The device it is part of", "")
    age_s: float = said("Age of its reading", 0.8, unit="s")
    facts: dict[str, float | str] = said("What does not change", {"slowdown_c": 87.0})
    power_w: float | None = said("Instantaneous power", 612.0, unit="W")
    power_average_w: float | None = said("The driver's average", 605.0, unit="W")
    sm_clock_hz: float | None = said("SM clock", 1.755e9, unit="Hz")
    gpu_c: float | None = said("Temperature", 64.0, unit="°C")
    memory_c: float | None = said("Temperature of its memory", 72.0, unit="°C")
    utilisation_frac: float | None = said("Share of time busy", 0.98)
    throttle_reasons: float | None = said("NVML's bits", 4.0)
    power_limit_w: float | None = said("Enforced limit", 700.0, unit="W")
    inlet_c: float | None = said("Air at the inlet", 24.0, unit="°C")


class HostDetailOut(HostNowOut):
    """A host now, with its devices."""

    devices: list[DeviceNowOut] = said("Its devices", [])


class NowOut(Out):
    """What is drawn now."""

    time_us: int = said("The server's clock", TIME, unit="µs")
    site: SiteNowOut = said("The whole site", {"power_w": 84e3})
    nodes: list[NodeNowOut] = said("Nodes of the watched tree", [])
    hosts: list[HostNowOut] = said("Hosts on the node asked for", [])
    details: list[HostDetailOut] = said("Hosts asked for by name", [])


class SeriesOut(Out):
    """Power over time as columns; null is missing."""

    of: str = said("What", "site")
    level: Literal["1s", "1min", "1h"] = said("Level of detail", "1min")
    bin_s: float = said("Length of a bin", 60.0, unit="s")
    time_us: list[int] = said("Start of each bin", [TIME], unit="µs")
    columns: dict[str, list[float | None]] = said(
        "power_least_w, power_mean_w, power_highest_w and what else is known",
        {"power_mean_w": [84e3]},
    )
    device: list[str] | None = said(
        "Key of each bin's device, where several were asked for", None, None
    )
    limit_w: float | None = said("Limit of a node", 1e6, None, unit="W")


class SourceOut(Out):
    """A source, and how much of it there is."""

    name: str = said("Host", "node017")
    kind: str = said("How it reports", "agent")
    node: str = said("Where it stands; empty if nowhere yet", "row-1-rack-3")
    first_us: int = said("Oldest reading", TIME, unit="µs")
    last_us: int = said("Newest reading", TIME, unit="µs")
    age_s: float = said("Age of the newest", 0.8, unit="s")
    devices: int = said("Devices", 9)
    models: list[str] = said("What its devices are called", ["NVIDIA H100 80GB HBM3"])


class SourceList(Out):
    """All sources."""

    items: list[SourceOut] = said("Sources by name", [])


class StoredOut(Out):
    """How much of a source is stored, and where it has holes."""

    name: str = said("Host", "node017")
    readings: int = said("Readings in full that are folded", 86_400)
    bytes: int = said("Their size", 2_600_000, unit="B")
    waiting: int = said("Readings not folded yet", 4800)
    gaps: list[tuple[int, int]] = said(
        "Periods without a reading, start and end",
        [(TIME, TIME + 600_000_000)],
        unit="µs",
    )


class EventOut(Out):
    """Something an agent reported."""

    time_us: int = said("When", TIME, unit="µs")
    source: str = said("Host", "node017")
    device: str = said("Device; empty for the host", "GPU-8f6c")
    kind: str = said("What kind", "lost")
    text: str = said("In words", "GPU is lost")


class EventList(Out):
    """Events, newest first."""

    items: list[EventOut] = said("Events", [])


class PlacementIn(In):
    """Which scenario is watched, and where sources stand in it."""

    version: int = said("Version this change was made on", 0, ge=0, le=2**31 - 1)
    scenario_id: str | None = said(
        "Stored scenario with a facility; null watches hosts alone",
        "sample-site",
        None,
        max_length=64,
    )
    nodes: dict[str, str] = said(
        "Source name to node: hosts in racks, meters on any node",
        {"node017": "row-1-rack-3"},
        {},
        max_length=20_000,
    )


class PlacementOut(Out):
    """Where sources stand."""

    version: int = said("Grows with each change", 1)
    scenario_id: str | None = said("Watched scenario", "sample-site")
    nodes: dict[str, str] = said("Source name to node", {"node017": "row-1-rack-3"})
    unplaced: list[str] = said("Sources without a place", [])


class Period(In):
    """A period."""

    start_us: int = said("First instant", TIME, unit="µs", ge=0, le=2**53)
    end_us: int = said("End, not included", TIME + 1, unit="µs", ge=1, le=2**53)

    @field_validator("end_us")
    @classmethod
    def _after_start(cls, end_us: int, info: ValidationInfo) -> int:
        if end_us <= info.data.get("start_us", 0):
            raise ValueError("must be after start_us; swap them, or raise end_us")
        return end_us


class SeriesQuery(Period):
    """Which series."""

    of: str = said("site, node/NAME, or a host's name", "site", "site", max_length=140)
    level: Literal["", "1s", "1min", "1h"] = said(
        "Level of detail; empty takes the finest of at most 2,000 bins", "1min", ""
    )
    device: str = said(
        "One device of a host by its key; * for all; empty for the sum",
        "",
        "",
        max_length=120,
    )


class NowQuery(In):
    """What of now."""

    node: str = said(
        "Give the hosts on this node; all for every host", "all", "", max_length=120
    )
    host: Annotated[list[str], Query(max_length=20)] = said(
        "Give these hosts with their devices", ["node017"], []
    )
