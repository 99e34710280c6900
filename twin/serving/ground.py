"""From the inputs of a study to the ground its systems share."""

from __future__ import annotations

import numpy as np

from twin.catalogue import find_server
from twin.errors import ScenarioError
from twin.scenario.serving import ServingInput, ServingSlo, ServingTraffic
from twin.scenario.workload import Load, Workload
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.parts import Engine, FleetClass, Requests, plain_requests
from twin.serving.systems.base import Ground, Slo
from twin.serving.traffic import Recordings, arrivals_between, build_traffic
from twin.types import FloatArray

RANGES = ("short prompt", "medium prompt", "long prompt")
EDGES = (256.0, 1024.0, float("inf"))


def slo_of(given: ServingSlo) -> Slo:
    """Limits by length of the prompt."""
    return Slo(
        prompt_below=EDGES,
        ttft_s=(given.ttft_short_s, given.ttft_medium_s, given.ttft_long_s),
        tbt_s=given.tbt_s,
        source="given with the study",
    )


def slo_classes(slo: Slo) -> tuple[FleetClass, ...]:
    """One class per prompt range, all served by the pool "main"."""
    return tuple(
        FleetClass(name=name, prompt_pool="main", ttft_slo_s=ttft, tbt_slo_s=slo.tbt_s)
        for name, ttft in zip(RANGES, slo.ttft_s, strict=True)
    )


def draw_requests(
    given: ServingTraffic, *, seed: int, recordings: Recordings
) -> Requests:
    """
    Draw the traffic of a study; classes by length of the prompt.

    Raises:
        ScenarioError: If a dataset is missing or there is no traffic.
    """
    # priorities do not count here, and a class of only one must not be refused for it
    both = {"low_priority_frac": 0.5}
    workload = Workload(
        classes=tuple(c.model_copy(update=both) for c in given.classes),
        arrivals=given.arrivals,
        load=Load(requests_per_server_s=1),
    )
    try:
        traffic = build_traffic(
            workload, low_priority_frac=0.5, horizon_s=given.length_s,
            start=given.start, time_zone_offset_s=0.0, seed=seed,
            recordings=recordings,
        )  # fmt: skip
    except ScenarioError as error:
        raise ScenarioError("traffic", f"must be there to be drawn: {error}",
                            given.arrivals.kind,
                            "choose other arrivals or datasets") from error  # fmt: skip
    edges = np.array([0.0, given.length_s])
    (drawn,) = arrivals_between(traffic, rate_rps=given.rate_rps, edges_s=edges)
    klass = np.searchsorted(EDGES[:-1], drawn.prompt, side="right")
    return plain_requests(
        drawn.arrived_s, np.maximum(1, drawn.prompt), np.maximum(1, drawn.output),
        klass=klass,
    )  # fmt: skip


def capacity_rps(engine: Engine, requests: Requests) -> float:
    """
    Requests per second one instance keeps up with, at its largest batch.

    Args:
        engine: The instance.
        requests: Traffic whose mean lengths count.

    Returns:
        Rate at which prefill and decode fill the time. [1/s]
    """
    table = engine.table
    prompt, output = float(requests.prompt.mean()), float(requests.output.mean())
    prefill_s = float(np.interp(prompt, table.prefill_tokens, table.prefill_s))
    batch = min(
        float(table.max_batch), max(1.0, table.kv_capacity_tokens / (prompt + output))
    )
    step_s = float(np.interp(batch, table.decode_batch, table.decode_s))
    return 1.0 / (prefill_s + output * step_s / batch)


def make_ground(
    study: ServingInput,
    recordings: Recordings,
    *,
    carbon_g_per_kwh: FloatArray | None = None,
    energy_usd_per_kwh: float | None = None,
    server_count: int | None = None,
    requests: Requests | None = None,
) -> Ground:
    """
    Build the common ground of a study.

    Args:
        study: Inputs.
        recordings: The datasets that the traffic names.
        carbon_g_per_kwh: Hourly intensity from the start; None is the constant given.
        energy_usd_per_kwh: Mean price; None is the one given.
        server_count: Servers instead of the study's.
        requests: Traffic drawn before, to share it; None draws it.

    Returns:
        The ground.

    Raises:
        ScenarioError: If the model does not run on the servers, a dataset is missing,
            or there is no traffic.
    """
    server = find_server(study.server, study.own.server_types())
    slo = slo_of(study.slo)
    site = study.site
    carbon = (
        (site.carbon_g_per_kwh,)
        if carbon_g_per_kwh is None
        else tuple(float(g) for g in carbon_g_per_kwh)
    )
    return Ground(
        model=study.model, server=server,
        server_count=study.server_count if server_count is None else server_count,
        engine=make_engine(
            study.model, server, tensor_parallel=study.gpus_per_instance
        ),
        requests=draw_requests(study.traffic, seed=study.seed, recordings=recordings)
        if requests is None
        else requests,
        classes=slo_classes(slo), horizon_s=study.traffic.length_s, slo=slo,
        pue=site.pue,
        energy_usd_per_kwh=site.energy_usd_per_kwh
        if energy_usd_per_kwh is None
        else energy_usd_per_kwh,
        carbon_g_per_kwh=carbon, seed=study.seed,
        rent_includes_energy=site.rent_includes_energy,
    )  # fmt: skip
