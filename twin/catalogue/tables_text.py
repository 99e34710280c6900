"""The catalogue as Markdown: the generated part of its pages in docs/models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from twin.catalogue.figure import Figure
from twin.catalogue.gpus import GPUS, Gpu
from twin.catalogue.models import list_models
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.catalogue.servers import SERVERS, Server


def catalogue_tables() -> str:
    """Every server, GPU and model of the catalogue with unit, mark and source."""
    parts = ["## Servers\n"]
    parts += [_server_table(s) for s in SERVERS.values()]
    parts.append("## GPUs\n")
    parts += [_table(f"{g.label} (`{g.key}`)", _figures(g)) for g in GPUS.values()]
    parts.append(_model_table(SERVERS.values()))
    return "\n".join(parts)


def _figures(record: Server | Gpu) -> dict[str, Figure]:
    named = {f.name: getattr(record, f.name) for f in fields(record)}
    return {name: v for name, v in named.items() if isinstance(v, Figure)}


def _server_table(server: Server) -> str:
    measured = {f"measured, {name}": v for name, v in server.measured.items()}
    text = _table(f"{server.label} (`{server.key}`)", _figures(server) | measured)
    return (
        f"{text}\nWith all {server.gpu_count} GPUs idle {server.idle_w:,.0f} W, "
        f"with all at TDP {server.full_w:,.0f} W.\n"
    )


def _table(title: str, figures: dict[str, Figure]) -> str:
    lines = [
        f"### {title}\n",
        "| value | | unit | mark | source |",
        "|---|--:|---|---|---|",
    ]
    lines += [
        f"| {name} | {v.value:,g} | {v.unit} | {v.mark} | {v.source} |"
        for name, v in figures.items()
    ]
    return "\n".join(lines) + "\n"


def _model_table(servers: Iterable[Server]) -> str:
    lines = [
        "## Models by server\n",
        "| server | model | GPUs a copy | copies | table of | decode | prefill |",
        "|---|---|--:|--:|---|---|---|",
    ]
    for server in servers:
        choices = list_models(server)
        lines += [
            f"| {server.key} | {c.model} | {c.gpus_per_instance} "
            f"| {c.instances_per_server} | {c.table.gpu} | {c.marks['decode_time']} "
            f"| {c.marks['prefill_time']} |"
            for c in choices
        ]
        if not choices:
            lines.append(f"| {server.key} | none measured | | | | | |")
    return "\n".join(lines) + "\n"


def phase_tables_text() -> str:
    """One line per phase table: range, speed, power, cache and source."""
    columns = (
        "model", "GPU", "GPUs", "batch", "decode [ms]", "decode ÷ TDP",
        "prefill of 2,048 [ms]", "cache [tokens]", "source and fit error",
    )  # fmt: skip
    lines = [f"| {' | '.join(columns)} |", "|---|---|--:|--:|--:|--:|--:|--:|---|"]
    for t in PHASE_TABLES:
        prefill_ms = 1e3 * t.prefill_s[t.prefill_tokens.index(2048.0)]
        lines.append(
            f"| {t.model} | {t.gpu} | {t.tensor_parallel} | 1 to {t.max_batch} "
            f"| {_span(1e3 * t.decode_s[0], 1e3 * t.decode_s[-1], 1)} "
            f"| {_span(t.decode_power_frac[0], t.decode_power_frac[-1], 2)} "
            f"| {prefill_ms:.0f} | {t.kv_capacity_tokens:,.0f} | {t.source} |"
        )
    return "\n".join(lines) + "\n"


def _span(low: float, high: float, digits: int) -> str:
    """Text of a range, one number where its ends are the same."""
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return first if first == last else f"{first} to {last}"
