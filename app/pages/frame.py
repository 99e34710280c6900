"""The frame of every page: its header, notices and dialogs, and the pages there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.components import dmc, html
from app.figures.template import sisters
from app.pages.exports import menu
from app.pages.knobs import button, segmented

PAGES = (
    ("explore", "Explore", "/", "e"),
    ("site", "Site", "/site/", "s"),
    ("failures", "Failures", "/site/?view=failures", "f"),
    ("cooling", "Cooling", "/site/?view=cooling", "c"),
    ("stabilize", "Stabilize", "/stabilize/", "t"),
    ("serving", "Serving", "/serving/", "v"),
    ("study", "Study", "/study/", "u"),
    ("compare", "Compare", "/compare/", "p"),
    ("live", "Live", "/live/", "l"),
    ("data", "Data", "/data/", "d"),
)
"""Key, title, address, and the letter that goes there after g."""
WARM = ("site", "study", "compare", "live")
"""Pages that show temperatures; Failures and Cooling are views of the site's."""
QUESTIONS = (
    ("servers", "How many more servers?", "/?guide=servers"),
    ("failure", "What if this UPS fails?",
     "/site/?view=failures&failed=UPS-H1-A&guide=failure"),
    ("utility", "Will the utility accept this job?", "/stabilize/?guide=utility"),
)  # fmt: skip
"""What a first visit asks the sample site."""


def shell(prefix: str, *, top: list[Any], panel: Any, main: Any) -> Any:
    """Frame of a page: skip link, banner, inputs left, answer right, dialogs."""
    return dmc.MantineProvider(
        id=f"{prefix}-mantine",
        defaultColorScheme="auto",
        theme={
            "fontFamily": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
            "primaryColor": "blue", "primaryShade": 8, "defaultRadius": "sm",
            "respectReducedMotion": True,
        },
        children=html.Div(
            className="np-page", **{"data-sisters": json.dumps(sisters())},
            children=[
                html.A("Skip to the answer", href=f"#{prefix}-main",
                       className="np-skip"),
                *top,
                html.Div(id=f"{prefix}-offline", className="np-banner", hidden=True,
                         role="alert"),
                html.Div(id=f"{prefix}-draft", className="np-draft", hidden=True,
                         role="status"),
                html.Div(className="np-body", children=[panel, main]),
                _api_modal(prefix),
            ],
        ),
    )  # fmt: skip


def header(
    prefix: str, page: str, *, tools: list[Any], exports: Iterable[Any] = (),
    about: str = "", edits: bool = True,
) -> Any:  # fmt: skip
    """
    Top of a page: the same on all of them, in the same order.

    Args:
        prefix: Of the page's ids.
        page: Its key in PAGES.
        tools: What this page has besides, units first.
        exports: Id and text of the files that it makes besides the usual.
        about: What is looked at.
        edits: Whether its inputs are edited, so that there is something to undo.
    """
    steps = [_icon("undo", "↶", "Undo", disabled=True),
             _icon("redo", "↷", "Redo", disabled=True)]  # fmt: skip
    return html.Header(className="np-header", children=[
        html.Div(className="np-top", children=[
            html.H1("Nameplate", className="np-wordmark"),
            _nav(prefix, page),
            html.Div(className="np-top-tools", children=[
                html.Button(["Search ", html.Kbd("/")], type="button", id="np-search",
                            className="np-search", **{"aria-haspopup": "dialog",
                            "aria-keyshortcuts": "/ Control+K"}),
                theme(prefix),
                html.Form(id="np-who", className="np-who", action="/logout",
                          method="POST", hidden=True, children=[
                    html.Span(id="np-who-name"),
                    html.Button("Log out", type="submit", className="np-mini",
                                **{"data-command": "Log out"}),
                ]),
                _icon("help", "?", "Help and keys"),
            ]),
        ]),
        html.Div(className="np-second", children=[
            html.Div(className="np-where", children=[
                html.B(next(title for key, title, *_ in PAGES if key == page),
                       id=f"{prefix}-where"),
                html.Span(about, id=f"{prefix}-scenario-name", className="np-quiet"),
            ]),
            html.Div(className="np-tools", role="toolbar", children=[
                *tools[:1], *temperatures(prefix, page), *tools[1:],
                *(steps if edits else []),
                button(f"{prefix}-copy", "Copy link"),
                button(f"{prefix}-api", "API call"), menu(prefix, exports),
            ], **{"aria-label": "This view"}),
        ]),
    ])  # fmt: skip


def _nav(prefix: str, page: str) -> Any:
    links = [
        html.A(
            title, href=href, id=f"{prefix}-nav-{key}", className="np-nav-link",
            **{"data-go": letter},
            **({"aria-current": "page"} if key == page else {}),
        )
        for key, title, href, letter in PAGES
    ]  # fmt: skip
    return html.Nav(links, className="np-nav", **{"aria-label": "Pages"})


def _icon(name: str, sign: str, words: str, *, disabled: bool = False) -> Any:
    return html.Button(
        html.Span(sign, **{"aria-hidden": "true"}), id=f"np-{name}", type="button",
        className="np-icon", disabled=disabled,
        **{"aria-label": words, "data-tip": words},
    )  # fmt: skip


def welcome() -> Any:
    """Say to a first visitor what this is, and what to ask; hidden to all others."""
    asks = [html.A(text, href=href, className="np-ask") for _, text, href in QUESTIONS]
    return html.Aside(className="np-welcome", children=[
        html.Span("You are looking at a sample site, simulated now. Ask it:"),
        *asks,
        html.Button("✕", type="button", id="np-welcome-close", className="np-icon",
                    **{"aria-label": "Close; Help has these questions, too"}),
    ], **{"aria-label": "First visit"})  # fmt: skip


def theme(prefix: str) -> Any:
    """Light, dark, or as the system has it."""
    options = [
        {"value": "auto", "label": "System"}, {"value": "light", "label": "Light"},
        {"value": "dark", "label": "Dark"},
    ]  # fmt: skip
    return segmented(f"{prefix}-theme", options, "Theme", "auto")


def temperatures(prefix: str, page: str) -> list[Any]:
    """°C or °F, on a page that shows temperatures (assets/base.temps.js)."""
    options = [{"value": "C", "label": "°C"}, {"value": "F", "label": "°F"}]
    if page not in WARM:
        return []
    return [segmented(f"{prefix}-temps", options, "Temperature unit", "C")]


def _api_modal(prefix: str) -> Any:
    return dmc.Modal(
        id=f"{prefix}-api-modal", title="API call for this view", size="lg",
        closeButtonProps={"aria-label": "Close"},
        children=[
            html.P("Answers with this view's numbers, run on the same server.",
                   className="np-quiet"),
            html.Pre(id=f"{prefix}-api-text", className="np-code", tabIndex="0"),
            dmc.Button("Copy", id=f"{prefix}-api-copy", size="compact-sm"),
        ],
    )  # fmt: skip
