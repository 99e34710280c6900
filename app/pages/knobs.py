"""What every page is built of: its header, and knobs with their sources."""

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
        except (TypeError, ValueError):
            return self.default
        if given != given:
            return self.default
        return min(max(given, self.low), max(self.high, high or self.high))


# --- the frame ------------------------------------------------------------------------

PAGES = (
    ("explore", "Explore", "/"),
    ("site", "Site", "/site/"),
    ("failures", "Failures", "/site/?view=failures"),
    ("cooling", "Cooling", "/site/?view=cooling"),
    ("stabilize", "Stabilize", "/stabilize/"),
    ("serving", "Serving", "/serving/"),
    ("study", "Study", "/study/"),
    ("compare", "Compare", "/compare/"),
    ("live", "Live", "/live/"),
    ("data", "Data", "/data/"),
)


def shell(prefix: str, *, top: list[Any], panel: Any, main: Any) -> Any:
    """Frame of a page: skip link, banner, inputs left, answer right, dialogs."""
    return dmc.MantineProvider(
        id=f"{prefix}-mantine",
        defaultColorScheme="auto",
        theme={
            "fontFamily": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
            "primaryColor": "blue", "defaultRadius": "sm", "respectReducedMotion": True,
        },
        children=html.Div(
            className="np-page",
            children=[
                html.A("Skip to the answer", href=f"#{prefix}-main",
                       className="np-skip"),
                *top,
                html.Div(id=f"{prefix}-offline", className="np-banner", hidden=True,
                         role="alert"),
                html.Div(className="np-body", children=[panel, main]),
                _api_modal(prefix),
            ],
        ),
    )  # fmt: skip


def header(prefix: str, page: str, *, about: str, tools: list[Any]) -> Any:
    """Name of the product, the pages, what is looked at, and tools."""
    links = [
        html.A(
            title, href=href, id=f"{prefix}-nav-{key}", className="np-nav-link",
            **({"aria-current": "page"} if key == page else {}),
        )
        for key, title, href in PAGES
    ]  # fmt: skip
    return html.Header(
        className="np-header",
        children=[
            html.Div(
                className="np-brand",
                children=[
                    html.H1("Nameplate", className="np-wordmark"),
                    html.Nav(links, className="np-nav", **{"aria-label": "Pages"}),
                    html.Span(about, id=f"{prefix}-scenario-name",
                              className="np-quiet"),
                ],
            ),
            html.Div(className="np-tools", children=tools),
        ],
    )  # fmt: skip


def theme(prefix: str) -> Any:
    """Light, dark, or as the system has it."""
    options = [
        {"value": "auto", "label": "System"}, {"value": "light", "label": "Light"},
        {"value": "dark", "label": "Dark"},
    ]  # fmt: skip
    return segmented(f"{prefix}-theme", options, "Theme", "auto")


def _api_modal(prefix: str) -> Any:
    return dmc.Modal(
        id=f"{prefix}-api-modal", title="API call for this view", size="lg",
        children=[
            html.P("Answers with this view's numbers, run on the same server.",
                   className="np-quiet"),
            html.Pre(id=f"{prefix}-api-text", className="np-code", tabIndex="0"),
            dmc.Button("Copy", id=f"{prefix}-api-copy", size="compact-sm"),
        ],
    )  # fmt: skip


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


# --- bindings -------------------------------------------------------------------------


def bind_knobs(dash: Any, prefix: str, controls: Iterable[Control]) -> None:
    """Keep each slider and its number alike, in the browser."""
    for control in controls:
        number = f"{prefix}-{control.key}"
        slider = f"{number}-slider"
        dash.clientside_callback(
            ClientsideFunction("page", "toNumber"),
            Output(number, "value"),
            Input(slider, "value"), State(number, "value"),
            prevent_initial_call=True,
        )  # fmt: skip
        # no output: a question must not wait until the two have settled
        dash.clientside_callback(
            ClientsideFunction("page", "toSlider"),
            Input(number, "value"), State(slider, "value"), State(slider, "id"),
            prevent_initial_call=True,
        )  # fmt: skip


def bind_copy(dash: Any, name: str, text: str) -> None:
    """Copy a text at the press of a button."""
    dash.clientside_callback(
        ClientsideFunction("page", "copyText"),
        Output(name, "children"),
        Input(name, "n_clicks"), State(text, "children"), State(name, "id"),
        prevent_initial_call=True,
    )  # fmt: skip
