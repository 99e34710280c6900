"""How callbacks ask the server: never on the event loop that they share with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread

from api.client import ApiProblem
from api.problems import Refusal, problem_of
from app.components import Input, Output, ctx, dcc, no_update
from app.pages import parts

Json = dict[str, Any]
T = TypeVar("T")

SUPERSEDED = 409
"""Status of a question that a newer one of the same view has ended."""
NOTHING = (no_update, no_update)


async def away(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a blocking call on a thread."""
    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))


def bind(
    dash: Any, prefix: str, asked: str, drawn: Iterable[tuple[str, str]],
    call: Callable[..., Any], *more: Any, shared: Iterable[str] = (),
    at_start: bool = False,
) -> None:  # fmt: skip
    """
    Have a call answer what a store of the page asks.

    Args:
        dash: The page's application.
        prefix: Of its ids.
        asked: Store that asks.
        drawn: Name and property of all that the call returns.
        call: Takes what is asked; it may block.
        *more: Inputs and states that the call takes besides.
        shared: Names in `drawn` that other callbacks draw, too.
        at_start: Whether it is called when the page opens, too.
    """

    @dash.callback(
        *(Output(f"{prefix}-{name}", prop, allow_duplicate=name in shared)
          for name, prop in drawn),
        Input(f"{prefix}-{asked}", "data"), *more, prevent_initial_call=not at_start,
    )  # fmt: skip
    async def answer(*values: Any) -> Any:
        return await away(call, *values)


def bind_answer(
    dash: Any, prefix: str, drawn: Iterable[tuple[str, str]],
    respond: Callable[..., tuple[Any, ...]], *more: Any, asked: str = "request",
    kept: str = "kept", shared: Iterable[str] = (),
) -> None:  # fmt: skip
    """Let one round trip draw a page, say its problem, and keep what it leaves."""
    outputs = (*drawn, ("problem", "children"), (kept, "data"))
    bind(dash, prefix, asked, outputs, respond, *more, shared=("problem", *shared))


def bind_progress(
    dash: Any, prefix: str, told: Callable[[Json], Json], cancel: Callable[[Json], None]
) -> None:
    """Say how far the questions of a tab are, and stop them."""

    def look(asked: Json) -> Json:
        return told(asked) | {"n": asked["n"]}

    def stop(asked: Json) -> Json:
        cancel(asked)
        return asked

    bind(dash, prefix, "progress-ask", [("progress", "data")], look)
    bind(dash, prefix, "cancel-ask", [("cancelled", "data")], stop)


def answered(
    draw: Callable[[], tuple[tuple[Any, ...], Json]], kept: Json, *, parts_count: int,
    fields: Callable[[Json], Json] = lambda _: {},
    in_words: Callable[[Json], Json] = dict,
) -> tuple[Any, ...]:  # fmt: skip
    """
    Draw a page, or leave it as it is and say what is wrong.

    Args:
        draw: Asks and draws: the parts, and what the browser keeps besides.
        kept: What the browser keeps in any case.
        parts_count: How many parts there are.
        fields: What a problem says of single inputs, for the browser.
        in_words: Puts a problem as the page names its inputs.

    Returns:
        The parts, the problem, and what the browser keeps.
    """
    same = (no_update,) * parts_count
    try:
        found, more = draw()
    except ApiProblem as error:
        if error.status == SUPERSEDED and not error.problem.get("errors"):
            return (*same, no_update, kept | {"superseded": True})
        shown = parts.problem(in_words(error.problem))
        return (*same, shown, kept | fields(error.problem))
    return (*found, None, kept | {"ok": True} | more)


def respond_to(
    state: Any, request: Json, draw: Callable[[Any], tuple[tuple[Any, ...], Json]],
    parts_count: int, **kept: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """
    Answer a request of a page with knobs.

    Args:
        state: Module of the page's view.
        request: `{seq, view}` of the page, and whether a `coarse` answer will do.
        draw: Takes the view; as `answered` has it.
        parts_count: How many parts there are.
        **kept: What the browser keeps besides.

    Returns:
        The parts, the problem, and what the browser keeps.
    """
    view = state.view_from(request["view"])
    first = {
        "seq": request["seq"], "query": view.to_query(),
        "coarse": bool(request.get("coarse")), **kept,
    }  # fmt: skip
    return answered(
        lambda: draw(view), first, parts_count=parts_count,
        fields=lambda problem: {"field_errors": state.field_errors(problem)},
    )  # fmt: skip


def call_of(path: str, asked: Json) -> Json:
    """Path and body of the call that answers the same."""
    body = {k: v for k, v in asked.items() if v not in (None, {})}
    return {"path": path, "body": body if "scenario_id" in body
            else {"scenario": {}} | body}  # fmt: skip


def bind_files(
    dash: Any, prefix: str, kinds: Iterable[str], make: Callable[..., Any],
    states: Iterable[Any],
) -> None:  # fmt: skip
    """
    Make a file at the press of a button; say what is wrong where there can be none.

    Args:
        dash: The page's application.
        prefix: Of its ids.
        kinds: Names of the buttons.
        make: Takes the name pressed and the states; returns content, name and, if it
            matters, media type, or None where there is nothing to keep yet.
        states: What `make` needs of the page.
    """
    buttons = [Input(f"{prefix}-{kind}", "n_clicks") for kind in kinds]

    @dash.callback(
        Output(f"{prefix}-download", "data"),
        Output(f"{prefix}-problem", "children", allow_duplicate=True),
        *buttons, *states, prevent_initial_call=True,
    )  # fmt: skip
    async def download(*given: Any) -> Any:
        pressed = str(ctx.triggered_id).removeprefix(f"{prefix}-")
        if not any(given[: len(buttons)]):
            return NOTHING
        try:
            found = await away(make, pressed, *given[len(buttons) :])
        except ApiProblem as error:
            return no_update, parts.problem(error.problem, of_file=True)
        except Refusal as error:
            return no_update, parts.problem(problem_of(error), of_file=True)
        if found is None:
            return NOTHING
        content, name, *media = found
        content = content.encode() if isinstance(content, str) else content
        return dcc.send_bytes(
            content, name, type=media[0] if media else None
        ), no_update
