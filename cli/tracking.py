"""Verbs of the tracking twin: calibrate, forecast, shadow."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from cli.problem import ANSWER_IS_NO, Problem, ProblemLine
from cli.session import answering, out_console, planner, print_json, progress
from twin.types import Document

_SECOND_US = 1_000_000
_KILO = 1e3
_HOUR_S = 3600.0


class Kind(StrEnum):
    """Which model is fitted."""

    gpu_utilisation = "gpu-utilisation"
    gpu_clock = "gpu-clock"
    server = "server"
    conversion = "conversion"
    thermal = "thermal"
    levels = "levels"


Server = Annotated[
    str | None,
    typer.Option(
        envvar="NAMEPLATE_SERVER",
        help="Ask a running server; without it the local database is read here.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout.")
]


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
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where a fit was refused.")
    ] = False,
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
    if as_json:
        print_json(items)
    else:
        for item in items:
            _print_calibration(item)
    if strict and any(item["status"] == "refused" for item in items):
        raise typer.Exit(ANSWER_IS_NO)


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
    if as_json:
        print_json(found)
        return
    peak = f"{_kw(found['peak_w'])} ({_kw(found['peak_low_w'])} to "
    _say(f"{of}, next {hours:g} h: peak {peak}{_kw(found['peak_high_w'])} kW)")
    if found["limit_w"] is not None:
        chance = f"{found['passed_frac']:.1%}"
        _say(f"limit {_kw(found['limit_w'])} kW: headroom {_kw(found['headroom_w'])} "
             f"kW, chance of passing {chance}")  # fmt: skip
    history = found["history"]
    _say(f"model: {found['model']}, {history['have_days']:.1f} days of history, "
         f"{history['day_days']:.3g} know the hours")  # fmt: skip
    if found["backtest"] is not None:
        judged = found["backtest"]
        _say(f"of its own past {judged['covered_frac']:.0%} lay in the 90 % range, "
             f"error {judged['mape_frac']:.1%}")  # fmt: skip
    else:
        _say(f"not judged on its past: {found['backtest_missing']}")
    for words in found["warnings"]:
        _say(f"look again: {words}")


@answering
def shadow(
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where something drifts.")
    ] = False,
    server: Server = None,
    as_json: Json = False,
) -> None:
    """Compare what was measured in the newest hour with what the twin predicts."""
    with planner(server) as client:
        found = client.shadow()
    if as_json:
        print_json(found)
    else:
        out_console().print(_shadow_table([*found["hosts"], *found["nodes"]]))
        for name in found["origins"]:
            _say(f"drift begins at {name}")
    if strict and found["origins"]:
        raise typer.Exit(ANSWER_IS_NO)


# --- parts --------------------------------------------------------------------------


def _instant_us(field: str, text: str) -> int:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(
            "The period cannot be read",
            [ProblemLine(field=field, rule="must be an instant with its UTC offset",
                         value=text, repair="write it as 2026-01-05T00:00:00Z")],
        )  # fmt: skip
    return round(at.timestamp() * _SECOND_US)


def _print_calibration(item: Document) -> None:
    if item["status"] == "refused":
        error = item["error"]
        _say(f"{item['target']}: refused: {error['field']} {error['rule']}: "
             f"{error['value']}; {error['repair']}")  # fmt: skip
        return
    held = item["held_out"] or {}
    errors = ""
    if held.get("mape_after") is not None:
        errors = f"; held out {held['mape_before']:.1%} -> {held['mape_after']:.1%}"
    state = ", active" if item["active"] else ""
    _say(f"{item['target']}: {item['id']}, version {item['version']}{state}{errors}")
    if item["held_back"]:
        _say(f"  worse than its prior: {item['held_back']}")
    for p in item["parameters"]:
        sure = f" +- {p['standard_error']:.3g}" if p["fitted"] else " (prior)"
        _say(f"  {p['name']} = {p['value']:.5g}{sure} {p['unit']}")
    for one in item["refused"]:
        _say(f"  {one['parameter']} cannot be told: {one['why']}; {one['needs']}")
    for words in item["warnings"]:
        _say(f"  look again: {words}")


def _shadow_table(entries: list[Document]) -> Table:
    table = Table(title=Text("Newest hour, kW"), title_justify="left", box=SIMPLE_HEAD)
    for k, name in enumerate(("Name", "Kind", "Basis", "Measured", "Predicted",
                              "Bias, %", "Drift")):  # fmt: skip
        table.add_column(name, justify="left" if k < 3 else "right", no_wrap=True)
    for e in entries:
        bias = "-"
        if e["bias_w"] is not None and e["measured_w"]:
            bias = f"{100 * e['bias_w'] / e['measured_w']:+.1f}"
        drift = e["drift"]
        table.add_row(
            e["name"], e["kind"], e["basis"], _kw(e["measured_w"]),
            _kw(e["predicted_w"]), bias,
            f"{drift['size_w']:+,.0f} W" if drift else "-",
        )  # fmt: skip
    return table


def _kw(watts: float | None) -> str:
    return "-" if watts is None else f"{watts / _KILO:,.2f}"


def _say(text: str) -> None:
    out_console().print(text, markup=False, highlight=False)
