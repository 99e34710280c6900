"""Components of the answer: verdict, key numbers, headroom bar, problems, tables."""

from __future__ import annotations

from typing import Any

from app import format as say
from app.components import html
from app.frames import Figure, Headroom
from app.pages.parts import number_cell, status_line

Json = dict[str, Any]


def numbers(frames: list[Figure]) -> list[Any]:
    """One cell per key number: title, value, share, change against the base row."""
    return [
        number_cell(
            f"explore-number-{f.key}", f.title, f.value, f.part, _delta(f),
            tip=f.tooltip, alarm=f.alarm,
        )
        for f in frames
    ]  # fmt: skip


def _delta(frame: Figure) -> list[Any]:
    return [html.B(frame.delta), " vs base"] if frame.delta else [frame.note]


def headroom(frame: Headroom, *, unit: str) -> Any:
    """Draw the bar of nameplate, expected and limit on one scale."""
    marks = [
        ("base", "base row peak", frame.baseline_peak_w),
        ("limit", "limit", frame.limit_w),
    ]
    if frame.nameplate_w is not None:
        marks.append(("nameplate", "nameplate", frame.nameplate_w))
    return html.Div(
        className="np-headroom", role="img",
        **{"aria-label": _headroom_text(frame, unit)},
        children=[
            html.Div(className="np-bar", children=[
                *([_span("nameplate", frame.at(frame.nameplate_w))]
                  if frame.nameplate_w is not None else []),
                _span("peak" + (" np-over" if frame.peak_w > frame.limit_w else ""),
                      frame.at(frame.peak_w)),
                _span("mean", frame.at(frame.mean_w)),
                *(
                    html.Div(className=f"np-mark np-mark-{name}",
                             style={"left": f"{100 * frame.at(at):.2f}%"})
                    for name, _, at in marks if name != "nameplate"
                ),
            ]),
            html.Ul(className="np-bar-key", children=[
                _key("mean", "mean", frame.mean_w, unit),
                _key("peak", "expected peak", frame.peak_w, unit),
                *(_key(name, title, at, unit) for name, title, at in marks),
            ]),
        ],
    )  # fmt: skip


def _span(name: str, part: float) -> Any:
    return html.Div(
        className=f"np-span np-span-{name}", style={"width": f"{100 * part:.2f}%"}
    )


def _key(name: str, title: str, watts: float, unit: str) -> Any:
    return html.Li([
        html.Span(className=f"np-key np-key-{name}", **{"aria-hidden": "true"}),
        f"{title} ", html.B(say.power(watts, unit)),
    ])  # fmt: skip


def _headroom_text(frame: Headroom, unit: str) -> str:
    nameplate = (
        "" if frame.nameplate_w is None
        else f"nameplate {say.power(frame.nameplate_w, unit)}, "
    )  # fmt: skip
    return (
        f"Row power: mean {say.power(frame.mean_w, unit)}, expected peak "
        f"{say.power(frame.peak_w, unit)}, {nameplate}limit "
        f"{say.power(frame.limit_w, unit)}"
    )


def status(whatif: Json) -> list[Any]:
    """Provenance of the numbers on screen, and their age."""
    provenance = whatif.get("provenance") or whatif["run"].get("provenance") or {}
    arrived = sum(whatif["run"][side]["arrived"] for side in ("low", "high"))
    sha = str(provenance.get("scenario_sha256") or "")[:12]
    return status_line("explore-age", (
        f"seed {whatif['run']['seed']}",
        f"model {provenance.get('model_version', say.MISSING)}",
        f"scenario {sha}" if sha else "",
        f"{say.number(arrived)} requests simulated",
    ))  # fmt: skip


def compare_table(pins: list[Json], *, unit: str) -> Any:
    """Pinned runs side by side, each with its change against the first."""
    rows = []
    for title, field, shape in COMPARED:
        first = pins[0]["numbers"].get(field)
        cells: list[Any] = [html.Th(title, scope="row")]
        for index, pin in enumerate(pins):
            value = pin["numbers"].get(field)
            delta = ""
            if index and value is not None and first is not None:
                delta = _shown(value - first, shape, unit, signed=True)
            cells.append(
                html.Td([_shown(value, shape, unit),
                         html.Span(delta, className="np-delta") if delta else None])
            )  # fmt: skip
        rows.append(html.Tr(cells))
    head = [html.Th("", scope="col")] + [
        html.Th(pin["label"], scope="col") for pin in pins
    ]
    return html.Table(
        className="np-table np-compare",
        children=[
            html.Caption("Small figures: change against the first run"),
            html.Thead(html.Tr(head)), html.Tbody(rows),
        ],
    )  # fmt: skip


COMPARED = (
    ("Peak row power", "peak_w", "power"),
    ("Peak ÷ limit", "peak_frac", "percent"),
    ("Mean row power", "mean_w", "power"),
    ("Throughput [tok/s]", "tokens_per_s", "count"),
    ("Energy per token [J]", "energy_per_token_j", "tenth"),
    ("Cap commands", "caps", "count"),
    ("Power brakes", "brakes", "count"),
    ("High priority P50 rise", "high_p50_impact_frac", "percent"),
    ("High priority P99 rise", "high_p99_impact_frac", "percent"),
    ("Low priority P50 rise", "low_p50_impact_frac", "percent"),
    ("Low priority P99 rise", "low_p99_impact_frac", "percent"),
)


def _shown(value: float | None, shape: str, unit: str, *, signed: bool = False) -> str:
    if shape == "power":
        return say.power(value, unit, signed=signed)
    if shape == "percent":
        text = say.percent(value, 1, signed=signed)
        return text.replace("%", "pt") if signed else text
    return say.number(value, 1 if shape == "tenth" else 0, signed=signed)
