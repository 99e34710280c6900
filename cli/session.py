"""Open a planner, follow its jobs with a progress bar, and turn failures into codes."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cli.problem import (
    ANSWER_IS_NO,
    BAD_INPUT,
    CANCELLED,
    CANNOT,
    Problem,
    ProblemLine,
    code_for,
    parts,
    refusal,
)
from twin.errors import ScenarioError, ScenarioErrors

if TYPE_CHECKING:
    from api.client import ApiProblem, Client
    from cli.scenario_file import SourceFile

F = TypeVar("F", bound=Callable[..., Any])

_PLAIN_WIDTH = 160
_CONFLICT = 409
_PATIENCE_S = 3.0


def out_console() -> Console:
    """Console for answers; wide where nobody's terminal limits it."""
    if sys.stdout.isatty():
        return Console()
    return Console(width=_PLAIN_WIDTH)


def err_console() -> Console:
    """Console for progress and complaints, on stderr."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def planner(
    server: str | None, source: SourceFile | None = None, **settings: Any
) -> Iterator[Client]:
    """
    Open a planner: a server by address, or one inside this process.

    Args:
        server: Address; without one the work is done here.
        source: The file that is asked about: what is wrong with it says its lines.
        settings: Of a planner in this process; None leaves a setting as it is.

    Raises:
        Problem: Exit code 3 where the server is out of reach; what the planner
            refuses, where it is asked about a file.
    """
    from api.client import ApiProblem, Client
    from store.secret_files import secret

    # no option takes it: every user of a machine sees its command lines
    token = secret("NAMEPLATE_TOKEN") if server else None
    client = Client.connect(server, token=token) if server else _in_process(settings)
    try:
        yield client
    except KeyboardInterrupt:
        if not _closed_within(client, _PATIENCE_S):
            raise _StillBusy from None
        raise
    except ApiProblem as error:
        client.close()
        if source is None:
            raise
        raise problem_from(error, source) from error
    except BaseException:
        client.close()
        raise
    client.close()


class _StillBusy(KeyboardInterrupt):
    """Stopped by the user while a kernel was in a stretch it does not leave."""


def _closed_within(client: Client, limit_s: float) -> bool:
    """Close a planner, but do not let a busy kernel hold the user up."""
    closer = threading.Thread(target=client.close, daemon=True)
    closer.start()
    closer.join(limit_s)
    return not closer.is_alive()


def _in_process(overrides: dict[str, Any]) -> Client:
    from api.client import Client
    from api.main import create_app

    given = {name: value for name, value in overrides.items() if value is not None}
    settings = read_settings(**({"allow_user_policy": True} | given))
    # what is asked compiles what it needs; a warm-up would only compete with it
    return Client.in_process(create_app(settings, warm=False))


def read_settings(**overrides: Any) -> Any:
    """
    Read the settings.

    Raises:
        Problem: Exit code 2 where a NAMEPLATE_* variable is wrong.
    """
    from pydantic import ValidationError

    from store.settings import Settings

    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            ProblemLine(
                field="NAMEPLATE_" + ("_".join(map(str, e["loc"])).upper() or "*"),
                rule=e["msg"].removeprefix("Value error, "),
                value=e["input"] if e["loc"] else None,  # without a place: all of them
                repair="correct the variable",
            )
            for e in error.errors()
        ]
        raise Problem("A setting is wrong", lines) from error


def follow(client: Client, job: dict[str, Any], title: str) -> dict[str, Any]:
    """
    Wait for a job behind a progress bar on stderr; Ctrl-C cancels it.

    Args:
        client: The planner.
        job: The job as it was created.
        title: What is under way.

    Returns:
        The finished job.
    """
    try:
        with progress(title) as report:
            return client.wait(job["id"], report)
    except KeyboardInterrupt:
        client.cancel_job(job["id"])
        raise


@contextmanager
def progress(title: str) -> Iterator[Callable[[float, str], None]]:
    """Show a bar with time left; on a pipe it stays silent."""
    console = err_console()
    columns = (
        TextColumn("[bold]{task.description}"), BarColumn(), TaskProgressColumn(),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        TextColumn("{task.fields[phase]}", style="dim"),
    )  # fmt: skip
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task(title, total=1.0, phase="")

        def report(part: float, text: str) -> None:
            bar.update(task, completed=part, phase=text)

        yield report


def problem_from(error: ApiProblem, source: SourceFile | None = None) -> Problem:
    """
    Turn an API's problem document into ours, with lines of the scenario file.

    Args:
        error: What the client raised.
        source: The file the request came from.
    """
    document = error.problem
    items = [
        {key: item.get(key) for key in ("field", "rule", "value", "repair")}
        for item in document.get("errors") or []
    ]
    fields = [str(item["field"]) for item in items]
    code = code_for(error.status, fields)
    if error.status == _CONFLICT:  # a job somebody cancelled
        code = CANCELLED
    title = str(document.get("title") or "The planner refused")
    if document.get("detail") and not items:
        title += f": {document['detail']}"
    if source is not None and code == BAD_INPUT:
        return Problem(title, source.locate(items), code=code)
    return Problem(title, [ProblemLine(**item) for item in items], code=code)


def answering(command: F) -> F:
    """Wrap a command so that every expected failure is a message and a code."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt as stop:
            try:
                complain(Problem("Stopped", code=CANCELLED), as_json=as_json)
            finally:
                if isinstance(stop, _StillBusy):
                    _leave_now()
        except BrokenPipeError:
            raise typer.Exit(CANNOT) from None
        except typer.Exit:
            raise
        except Exception as error:
            problem = _expected(error)
            if problem is None:
                raise
            complain(problem, as_json=as_json)

    return wrapped  # type: ignore[return-value]


def _leave_now() -> None:
    """
    End without waiting for threads.

    The next start finds the job unfinished in the database and marks it failed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(CANCELLED)


def complain(problem: Problem, *, as_json: bool) -> None:
    """Print a problem and leave with its code."""
    console = err_console()
    console.print(f"nameplate: {problem.title}", markup=False, style="bold red")
    for line in problem.lines:
        console.print(f"  {line}", markup=False)
    if as_json:
        print_json(problem.document())
    raise typer.Exit(problem.code)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False, default=str))
    sys.stdout.write("\n")


def show(
    found: Any, draw: Callable[[Console, Any], None], *, as_json: bool, no: Any = False
) -> None:
    """Print an answer, as JSON or as a command draws it; one that is no exits 1."""
    if as_json:
        print_json(found)
    else:
        draw(out_console(), found)
    if no:
        raise typer.Exit(ANSWER_IS_NO)


def _expected(error: Exception) -> Problem | None:
    """What a failure says to the user; None for one that nobody foresaw."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ScenarioError | ScenarioErrors):
        return _refused(error)
    from sqlalchemy.exc import SQLAlchemyError

    from api.client import ApiProblem
    from store.trouble import trouble_of

    if isinstance(error, ApiProblem):
        return problem_from(error)
    if trouble := trouble_of(error):
        return _refused(trouble)
    if not isinstance(error, SQLAlchemyError):
        return None
    return refusal(
        "The database cannot be used",
        "NAMEPLATE_DATABASE_URL", "must be a database in reach", _first_line(error),
        "run `nameplate doctor`", code=CANNOT,
    )  # fmt: skip


def _refused(error: ScenarioError | ScenarioErrors) -> Problem:
    lines = [ProblemLine(**part) for part in parts(error)]
    code = code_for(422, [line.field for line in lines])
    title = "It cannot be done now" if code == CANNOT else "The input is wrong"
    return Problem(title, lines, code=code)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
