"""Verbs of the tracking twin: calibrate, forecast, shadow."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.format import MISSING, number
from cli.options import Json, Server, strict_if
from cli.problem import refusal
from cli.session import answering, planner, progress, show
from cli.tables import kilo, look_again, make_table, row, say
from twin.types import Document

_SECOND_US = 1_000_000
_HOUR_S = 3600.0


class Kind(StrEnum):
    """Which model is fitted."""

    gpu_utilisation = "gpu-utilisation"
    gpu_clock = "gpu-clock"
    server = "server"
    conversion = "conversion"
    thermal = "thermal"
    levels = "levels"


@answering
def calibrate(
    source: Annotated[str, typer.Argument(help="Host whose readings are used.")],
    kind: Annotated[Kind, typer.Option(help="Which model.")],
    start: Annotated[
        str, typer.Option("--from", help="First instant, e.g. 2026-01-05T00:00:00Z.")
    ],
    end: Annotated[str, typer.Option("--to", help="End.")],
    device: Annotated[
        str, typer.Option(help="One of its devices; every GPU, or the host, if empty.")
    ] = "",
    held_out: Annotated[
        float, typer.Option(min=0.1, max=0.9, help="Last part it is judged on.")
    ] = 0.3,
    prior: Annotated[
        str | None, typer.Option(help="Server of the catalogue to start from.")
    ] = None,
    output: Annotated[
        str | None, typer.Option(help="Source of a conversion stage's output.")
    ] = None,
    rated_w: Annotated[
        float | None, typer.Option(min=1, help="Rated output of a stage [W].")
    ] = None,
    activate: Annotated[
        bool, typer.Option("--activate", help="Let the fit count at once.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even if it is worse than its prior.")
    ] = False,
    strict: Annotated[bool, strict_if("a fit was refused")] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Fit a model to a stored period and judge it on time it has not seen."""
    asked = {
        "kind": kind.value, "source": source, "device": device,
        "start_us": _instant_us("--from", start), "end_us": _instant_us("--to", end),
        "held_out_frac": held_out, "server": prior, "output_source": output,
        "rated_w": rated_w, "activate": activate, "force": force,
    }  # fmt: skip
    with planner(server) as client, progress(f"calibrating {source}") as report:
        job = client.calibrate(on_progress=report, **asked)
    items = (job.get("answer") or {"items": []})["items"]
    refused = any(item["status"] == "refused" for item in items)
    show(items, _print_calibrations, as_json=as_json, no=strict and refused)


@answering
def forecast(
    of: Annotated[
        str, typer.Option("--of", help='"site", "node/NAME" or a host.')
    ] = "site",
    hours: Annotated[
        float, typer.Option(min=0.1, max=1440, help="How far ahead [h].")
    ] = 24.0,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Forecast power and what is left of the limit, from stored history."""
    with planner(server) as client:
        found = client.forecast(of, hours * _HOUR_S)
    show(found, partial(_print_forecast, of=of, hours=hours), as_json=as_json)


@answering
def shadow(
    strict: Annotated[bool, strict_if("something drifts")] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Compare what was measured in the newest hour with what the twin predicts."""
    with planner(server) as client:
        found = client.shadow()
    show(found, _print_shadow, as_json=as_json, no=strict and found["origins"])


# --- printing -------------------------------------------------------------------------


def _print_forecast(
    console: Console, found: Document, *, of: str, hours: float
) -> None:
    chances = f"{kilo(found['peak_low_w'], 2)} to {kilo(found['peak_high_w'], 2)} kW"
    history = found["history"]
    say(console, f"{of}, next {hours:g} h: peak {kilo(found['peak_w'], 2)} ({chances})")
    if found["limit_w"] is not None:
        say(
            console,
            f"limit {kilo(found['limit_w'], 2)} kW: headroom "
            f"{kilo(found['headroom_w'], 2)} kW, chance of passing "
            f"{found['passed_frac']:.1%}",
        )
    say(
        console,
        f"model: {found['model']}, {history['have_days']:.1f} days of history, "
        f"{history['day_days']:.3g} know the hours",
        _backtest(found),
        *look_again(found),
    )  # fmt: skip


def _backtest(found: Document) -> str:
    judged = found["backtest"]
    if judged is None:
        return f"not judged on its past: {found['backtest_missing']}"
    return (
        f"of its own past {judged['covered_frac']:.0%} lay in the 90 % range, "
        f"error {judged['mape_frac']:.1%}"
    )


def _print_calibrations(console: Console, items: list[Document]) -> None:
    for item in items:
        say(console, *_calibration(item))


def _calibration(item: Document) -> list[str]:
    """What was fitted, how sure it is, and what could not be."""
    if item["status"] == "refused":
        error = item["error"]
        why = f"{error['field']} {error['rule']}: {error['value']}; {error['repair']}"
        return [f"{item['target']}: refused: {why}"]
    held = item["held_out"] or {}
    errors = ""
    if held.get("mape_after") is not None:
        errors = f"; held out {held['mape_before']:.1%} -> {held['mape_after']:.1%}"
    state = ", active" if item["active"] else ""
    back = item["held_back"]
    return [
        f"{item['target']}: {item['id']}, version {item['version']}{state}{errors}",
        *([f"  worse than its prior: {back}"] if back else []),
        *map(_parameter, item["parameters"]),
        *(f"  {one['parameter']} cannot be told: {one['why']}; {one['needs']}"
          for one in item["refused"]),
        *(f"  look again: {words}" for words in item["warnings"]),
    ]  # fmt: skip


def _parameter(p: Document) -> str:
    sure = f" +- {p['standard_error']:.3g}" if p["fitted"] else " (prior)"
    return f"  {p['name']} = {p['value']:.5g}{sure} {p['unit']}"


def _print_shadow(console: Console, found: Document) -> None:
    console.print(_shadow_table([*found["hosts"], *found["nodes"]]))
    say(console, *(f"drift begins at {name}" for name in found["origins"]))


def _instant_us(field: str, text: str) -> int:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise refusal(
            "The period cannot be read",
            field, "must be an instant with its UTC offset", text,
            "write it as 2026-01-05T00:00:00Z",
        )  # fmt: skip
    return round(at.timestamp() * _SECOND_US)


def _shadow_table(entries: list[Document]) -> Table:
    table = make_table(
        "Newest hour, kW", "Name", ("Kind", "left"), ("Basis", "left"), "Measured",
        "Predicted", "Bias, %", "Drift",
    )  # fmt: skip
    for e in entries:
        bias = MISSING
        if e["bias_w"] is not None and e["measured_w"]:
            bias = number(100 * e["bias_w"] / e["measured_w"], 1, signed=True)
        drift = e["drift"]
        row(
            table, e["name"], e["kind"], e["basis"], kilo(e["measured_w"], 2),
            kilo(e["predicted_w"], 2), bias,
            f"{drift['size_w']:+,.0f} W" if drift else MISSING,
        )  # fmt: skip
    return table
