"""`nameplate learn`: a training job from its recorded power, to paste in a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from cli.options import Json
from cli.problem import refusal
from cli.session import answering, show
from cli.tables import say
from twin.errors import ScenarioError
from twin.types import Document

if TYPE_CHECKING:
    from twin.training.learned import Learned
    from twin.training.recorded import StepLog, Trace

_DIGITS = 6


@answering
def learn(
    trace: Annotated[
        Path, typer.Argument(help="CSV with t_s or t_ms, power_w, and node if several.")
    ],
    events: Annotated[
        Path | None,
        typer.Option(help="CSV log of steps and evaluations: t_ms, event, value."),
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Nodes that the trace is the sum of, if not one; "
            "with a column node, those that the job had.",
        ),
    ] = None,
    gpu: Annotated[
        str, typer.Option(help="GPU type of the recorded nodes.")
    ] = "h100-sxm-80gb",
    gpus_per_node: Annotated[
        int, typer.Option(min=1, help="GPUs of a recorded node.")
    ] = 8,
    gpu_count: Annotated[
        int | None, typer.Option(min=1, help="GPUs of the job; as recorded if empty.")
    ] = None,
    host_w: Annotated[
        float, typer.Option(min=0, help="Steady power of a node beside its GPUs [W].")
    ] = 0.0,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Accept gaps; they stay unknown.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Learn a training job from recorded power, and say how far the fit is off."""
    from api.stabilize_documents import learned_document

    tdp_w = _tdp_w(gpu)
    traces, log = _read(trace, events, gaps=gaps)
    found = _learned(traces, log, nodes, trace)
    job = found.job(
        gpu_count=gpu_count or found.node_count * gpus_per_node, tdp_w=tdp_w,
        gpus_per_node=gpus_per_node, host_w=host_w,
    )  # fmt: skip
    document = learned_document(found, job)
    document["job"] = {"gpu": gpu} | document["job"]
    remarks = [f"# {line}" for line in _said(document, trace)]
    text = _as_yaml(document["job"], host_w)
    show(document, lambda console, _: say(console, *remarks, text), as_json=as_json)


def _tdp_w(gpu: str) -> float:
    """TDP of a GPU of the catalogue. [W]"""
    from twin.catalogue.gpus import GPUS

    if gpu in GPUS:
        return float(GPUS[gpu].tdp_w.value)
    raise refusal("The GPU is not known", "--gpu", "must be in the catalogue", gpu,
                  f"choose among {', '.join(GPUS)}")  # fmt: skip


def _read(
    path: Path, events: Path | None, *, gaps: bool
) -> tuple[dict[str, Trace], StepLog | None]:
    """Read the files; a mistake in one names it, and its line."""
    from store.training_traces import read_log, read_traces

    traces = _named(path, lambda: read_traces(path, gaps_allowed=gaps))
    log = None if events is None else _named(events, lambda: read_log(events))
    return traces, log


def _named(path: Path, read: Any) -> Any:
    """Read a file; what is wrong in it says its name."""
    try:
        return read()
    except ScenarioError as error:
        line = getattr(error, "line", 0) or None
        column = getattr(error, "column", "")
        raise refusal(
            f"{path} cannot be used", f"column {column}" if column else error.field,
            error.rule, error.value, error.repair, file=str(path), line=line,
        ) from error  # fmt: skip
    except OSError as error:
        raise refusal(
            f"{path} cannot be read", "FILE", "must be a file that can be read",
            error.strerror, "check the path", file=str(path),
        ) from error  # fmt: skip


def _learned(
    traces: dict[str, Trace], log: StepLog | None, nodes: int | None, path: Path
) -> Learned:
    """Learn the job of all nodes together, each on its own clock."""
    from twin.training.learn import learn as learn_trace
    from twin.training.recorded import cluster

    def fitted() -> Learned:
        if len(traces) == 1:
            (one,) = traces.values()
            return learn_trace(one, node_count=nodes or 1, log=log)
        total = cluster(list(traces.values()), node_count=nodes)
        return learn_trace(total.trace, node_count=total.node_count, log=log)

    return _named(path, fitted)  # type: ignore[no-any-return]


def _as_yaml(job: Document, host_w: float) -> str:
    """Write the job as `training` takes it; the meter's losses are in its levels."""
    plant = {"host_w_per_gpu": 0.0, "supply_efficiency": 1.0} if not host_w else None
    part: Document = {"jobs": [_short(job)]} | ({"plant": plant} if plant else {})
    text = yaml.safe_dump({"training": part}, sort_keys=False, allow_unicode=True)
    return text.rstrip()


def _short(job: Document) -> Document:
    """What differs from a job's defaults, with the digits that mean something."""
    from twin.scenario.training import Job, Levels

    levels = _differing(job["levels"], Levels())
    short = _differing({k: v for k, v in job.items() if k != "levels"}, Job())
    return {"gpu": job["gpu"], "gpu_count": job["gpu_count"]} | short | {
        "levels": levels
    }  # fmt: skip


def _differing(given: Document, default: Any) -> Document:
    return {
        name: float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
        for name, value in given.items()
        if value not in (getattr(default, name), []) or name == "compute_s"
    }


def _said(found: Document, path: Path) -> list[str]:
    """What was seen, how far the fit is off, and what the trace cannot tell."""
    from app.format import percent

    period, seen, error = found["period_s"], found["evaluations"], found["error"]
    rhythm = (
        "no rhythm found" if period is None
        else f"iterations of {period:.2f} s (from the {found['period_from']}), "
        f"{percent(found['duty'], 0)} of it high"
    )  # fmt: skip
    dips = (
        f", {seen['count']} evaluations every {seen['every']} iterations of "
        f"{seen['lasts_s']:.1f} s" if seen else ""
    )  # fmt: skip
    off = ", ".join(
        f"{name} {percent(error[key], 1, signed=True)}"
        for name, key in (("mean", "mean_frac"), ("P1", "p1_frac"),
                          ("P50", "p50_frac"), ("P99", "p99_frac"),
                          ("period", "period_frac"), ("dip depth", "dip_depth_frac"))
        if error[key] is not None
    )  # fmt: skip
    counts = f"dips {error['dips_modelled']} of {error['dips_recorded']}"
    return [
        f"{path.name}: {found['node_count']} nodes, {rhythm}{dips}",
        f"fit error, on the same trace: {off}, {counts}",
        *(f"limit: {words}" for words in found["limits"]),
    ]
