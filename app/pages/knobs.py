"""What every panel is built of: knobs with their sources, and how they are bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.components import ClientsideFunction, Input, Output, State, dmc, html

Badge = Literal["published", "measured", "modelled", "assumed"]
BADGE_TITLES = {
    "published": "Published value",
    "measured": "Measured value",
    "modelled": "Modelled value",
    "assumed": "Assumed value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """
    One slider with its number input.

    Args:
        key: Name in the URL and in the view.
        label: Text beside it.
        group: Heading it stands under.
        low, high, step, default: In display units.
        unit: Display unit.
        path: Scenario field it sets; empty where `changes` handles it.
        per_unit: Display units in one scenario unit: 100 for per cent of a fraction.
        badge: How far to trust the default.
        help: Meaning, formula and source of the default.
    """

    key: str
    label: str
    group: str
    low: float
    high: float
    step: float
    default: float
    unit: str
    path: str = ""
    per_unit: float = 1.0
    badge: Badge = "assumed"
    help: str = ""

    def inside(self, value: Any, *, high: float | None = None) -> float:
        """Read a value; inside the range, the default where it is no number."""
        try:
            given = float(value)
        except (TypeError, ValueError, OverflowError):
            return self.default
        if given != given:
            return self.default
        return min(max(given, self.low), max(self.high, high or self.high))


# --- small parts ----------------------------------------------------------------------


def button(name: str, text: str) -> Any:
    """Draw a small button."""
    return dmc.Button(text, id=name, size="compact-sm", variant="default")


def segmented(
    name: str, options: list[Any], label: str, value: str, **more: Any
) -> Any:
    """One choice of a few, all in sight."""
    return dmc.SegmentedControl(
        id=name, value=value, data=options, size="xs", **{"aria-label": label}, **more,
    )  # fmt: skip


def units(prefix: str, start: str) -> Any:
    """Unit in which a page says power."""
    return segmented(f"{prefix}-units", ["kW", "MW", "W"], "Power unit", start)


# --- knobs ----------------------------------------------------------------------------


def group(title: str, children: list[Any]) -> Any:
    """Knobs under a heading."""
    return html.Section(
        className="np-group",
        children=[html.H2(title, className="np-group-title"), *children],
    )


def fold(title: str, children: list[Any]) -> Any:
    """Knobs under a heading that opens."""
    return html.Details(
        className="np-group np-fold",
        children=[html.Summary(title, className="np-group-title"), *children],
    )


def knob(prefix: str, control: Control) -> Any:
    """Draw a slider with its number and the source of its default."""
    name = f"{prefix}-{control.key}"
    return html.Div(
        className="np-control",
        id=f"{name}-row",
        children=[
            html.Div(
                className="np-control-head",
                children=[
                    html.Label(control.label, htmlFor=name),
                    hint(control),
                    dmc.NumberInput(
                        id=name, value=control.default, min=control.low,
                        max=control.high, step=control.step, size="xs",
                        clampBehavior="blur", hideControls=True,
                        suffix=f" {control.unit}" if control.unit else "",
                        className="np-number", thousandSeparator=",",
                    ),
                ],
            ),
            dmc.Slider(
                id=f"{name}-slider", value=control.default, min=control.low,
                max=control.high, step=control.step, size=3, thumbSize=14,
                updatemode="drag", label=None, thumbLabel=control.label,
                className="np-slider",
            ),
            html.P(id=f"{name}-error", className="np-field-error"),
        ],
    )  # fmt: skip


def hint(control: Control) -> Any:
    """Draw a letter that says how far to trust the default, and why."""
    title = BADGE_TITLES[control.badge]
    default = f"{control.default:g}\u00a0{control.unit}".strip()
    return html.Button(
        control.badge[0].upper(), type="button",
        className=f"np-badge np-badge-{control.badge}",
        **{"aria-label": f"{control.label}: {title}",
           "data-tip": f"{control.help} {title}. Default {default}."},
    )  # fmt: skip


def pick(name: str, label: str, options: list[Any], value: str) -> Any:
    """One choice of many."""
    return html.Div(
        className="np-pick",
        children=[
            html.Label(label, htmlFor=name),
            dmc.Select(
                id=name, value=value, data=options, size="xs",
                allowDeselect=False, checkIconPosition="right",
                comboboxProps={"withinPortal": True}, maxDropdownHeight=320,
            ),
        ],
    )  # fmt: skip


def knobs(prefix: str, controls: Iterable[Control], name: str) -> list[Any]:
    """Draw the knobs of one group."""
    return [knob(prefix, c) for c in controls if c.group == name]


def labelled(label: str, what: Any) -> Any:
    """Put words beside a choice that is no field of its own."""
    return html.Div([html.Span(label, className="np-label"), what], className="np-pick")


def options(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """Values and labels as a choice takes them."""
    return [{"value": value, "label": label} for value, label in pairs]


DEFAULTED = (("P", " published default  "), ("A", " assumed default. Point at "))


def panel(
    prefix: str, groups: list[Any], legend: Iterable[tuple[str, str]] = DEFAULTED
) -> Any:
    """Draw the inputs of a page: groups of knobs, what their letters mean, a reset."""
    letters = [part for letter, words in legend for part in (html.B(letter), words)]
    return html.Aside(
        className="np-panel", **{"aria-label": "Inputs"},
        children=[
            *groups,
            html.P(className="np-legend", children=[
                *letters, html.B("i"), " for its source.",
            ]),
            dmc.Button("Back to defaults", id=f"{prefix}-reset", size="compact-xs",
                       variant="subtle"),
        ],
    )  # fmt: skip


def starts(controls: Iterable[Control], choices: dict[str, str]) -> dict[str, Any]:
    """Every default of a page by its name in the URL."""
    return {**{c.key: c.default for c in controls}, **choices}


# --- bindings -------------------------------------------------------------------------


def bind_knobs(dash: Any, prefix: str, controls: Iterable[Control]) -> None:
    """Keep each slider and its number alike, in the browser."""
    for control in controls:
        number = f"{prefix}-{control.key}"
        slider = f"{number}-slider"
        dash.clientside_callback(
            ClientsideFunction("page", "toNumber"),
            Output(number, "value"),
            Input(slider, "value"), State(number, "value"), State(number, "id"),
            prevent_initial_call=True,
        )  # fmt: skip
        # no output: a question must not wait until the two have settled
        dash.clientside_callback(
            ClientsideFunction("page", "toSlider"),
            Input(number, "value"), State(slider, "value"), State(slider, "id"),
            prevent_initial_call=True,
        )  # fmt: skip


def bind_view(
    dash: Any, prefix: str, inputs: Iterable[Any], *, kept: str = "kept",
    steps: Iterable[tuple[str, list[Any]]] = (),
) -> None:  # fmt: skip
    """
    Let a page's script gather its inputs and hear what is answered.

    Args:
        dash: The page's application.
        prefix: Of its ids and of its functions in the browser.
        inputs: What makes up the view.
        kept: Store with what an answer leaves to the browser.
        steps: Further functions, with what calls them.
    """
    gather = ("gather", [*inputs, State(f"{prefix}-defaults", "data")])
    answered = ("answered", [Input(f"{prefix}-{kept}", "data")])
    for name, given in (gather, answered, *steps):
        dash.clientside_callback(
            ClientsideFunction(prefix, name), *given,
            prevent_initial_call=name != "gather",
        )  # fmt: skip
    dash.clientside_callback(
        ClientsideFunction("page", "scheme"),
        Output(f"{prefix}-mantine", "forceColorScheme"),
        Input(f"{prefix}-theme", "value"),
    )


def bind_copy(dash: Any, name: str, text: str) -> None:
    """Copy a text at the press of a button."""
    dash.clientside_callback(
        ClientsideFunction("page", "copyText"),
        Output(name, "children"),
        Input(name, "n_clicks"), State(text, "children"), State(name, "id"),
        prevent_initial_call=True,
    )  # fmt: skip
