"""`nameplate doctor`: what is there, what is missing, how to mend it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from cli.options import Json
from cli.session import answering, read_settings, show

State = Literal["good", "note", "bad"]

ROOT = Path(__file__).resolve().parents[1]
_MIN_FREE_BYTES = 1_000_000_000
_GIGA = 1e9
_PG_FOLDER = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Check:
    """
    One finding.

    Args:
        state: "good", "note" (works without it) or "bad" (must be mended).
        found: What is there.
        repair: How to mend it; empty where it is good.
        name: What was looked at.
    """

    state: State
    found: str
    repair: str = ""
    name: str = ""


good = partial(Check, "good")
note = partial(Check, "note")
bad = partial(Check, "bad")


@answering
def doctor(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Save what can be read of a damaged SQLite database, or take one as "
            "it is that is older than it should be; the damaged file is kept aside.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is installed, what is missing and how to mend it."""
    mended = [mend()] if repair else []
    checks = mended + examine()
    sick = any(check.state == "bad" for check in checks)
    show(document(checks), lambda console, _: console.print(table(checks)),
         as_json=as_json, no=sick)  # fmt: skip


def examine() -> list[Check]:
    """Make every check; none of them changes anything."""
    settings = read_settings()
    checks: list[tuple[str, Callable[[], Check]]] = [
        ("python", _python),
        ("packages", lambda: _packages(ROOT / "constraints.txt")),
        ("settings", _settings),
        ("kernels", _kernels),
        ("database", lambda: _database(settings)),
        ("last run", lambda: _last_run(settings)),
        ("datasets", lambda: _datasets(settings)),
        ("disk", lambda: _disk(settings)),
        ("chromium", _chromium),
        ("postgresql", _postgresql),
    ]
    return [_guarded(name, check) for name, check in checks]


def document(checks: list[Check]) -> dict[str, Any]:
    """Return findings for `--json`."""
    return {
        "healthy": all(c.state != "bad" for c in checks),
        "checks": [{"name": c.name} | asdict(c) for c in checks],
    }


def table(checks: list[Check]) -> Table:
    """Build the table of findings."""
    shown = Table(title="nameplate doctor", title_justify="left")
    for name in ("", "What", "Found", "How to mend it"):
        shown.add_column(name, overflow="fold")
    marks = {"good": "[green]good[/]", "note": "[yellow]note[/]", "bad": "[red]bad[/]"}
    for check in checks:
        shown.add_row(marks[check.state], check.name, check.found, check.repair)
    return shown


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    """A check that fails is itself a finding."""
    try:
        found = check()
    except Exception as error:
        text = str(error).strip().splitlines()
        said = f"{type(error).__name__}: {text[0] if text else ''}"
        found = bad(said, "see the message")
    return replace(found, name=name)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - run from elsewhere than our venv
        return bad(found, "install Python 3.11 or newer and run scripts/start")
    return good(found)


def _packages(constraints: Path) -> Check:
    if not constraints.is_file():
        return note("no constraints.txt beside the code",
                    "run from a checkout to compare versions")  # fmt: skip
    wrong = [*_differing(constraints)]
    if not wrong:
        return good("as in constraints.txt")
    said = "; ".join(wrong[:6]) + (" ..." if len(wrong) > 6 else "")
    judged = bad if any("missing" in w for w in wrong) else note
    return judged(said, ".venv/bin/pip install -c constraints.txt -e .")


def _differing(constraints: Path) -> Iterator[str]:
    """Packages whose version is another; absent ones only where we need them."""
    try:
        ours = metadata.requires("nameplate") or []
    except metadata.PackageNotFoundError:
        yield "nameplate itself missing"
        ours = []
    needed = {
        re.split(r"[^\w.-]", line)[0].lower().replace("_", "-")
        for line in ours
        if "extra ==" not in line
    }
    for line in constraints.read_text(encoding="utf-8").splitlines():
        name, equals, wanted = line.partition("#")[0].strip().partition("==")
        if not equals:
            continue
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name.lower().replace("_", "-") in needed:
                yield f"{name} missing (wanted {wanted})"
            continue
        if found != wanted.strip():
            yield f"{name} {found} (wanted {wanted.strip()})"


def _settings() -> Check:
    from store.settings import misspelt

    found = misspelt(os.environ)
    if not found:
        return good("every NAMEPLATE_ variable is known")
    near = [f"{name}: did you mean {known}?" for name, known in found.items() if known]
    return note(f"ignored, no such setting: {', '.join(found)}",
                " ".join([*near, "All are in docs/reference/settings.md"]))  # fmt: skip


def _kernels() -> Check:
    folder = ROOT / "twin" / "serving" / "__pycache__"
    cached = [*folder.glob("kernel*.nbi")] if folder.is_dir() else []
    override = os.environ.get("NUMBA_CACHE_DIR")
    if cached or override:
        where = override or str(folder)
        return good(f"compiled, cached in {where}")
    if not os.access(folder.parent, os.W_OK):
        return note("not compiled, no place to keep them",
                    "set NUMBA_CACHE_DIR to a folder of yours")  # fmt: skip
    return note("not compiled yet", "the first run compiles them, about 20 s")


def _database(settings: Any) -> Check:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from store.engine import opened
    from store.migrate import revision_of, revisions
    from store.sqlite_files import damage

    url = make_url(settings.database_url)
    shown = url.render_as_string(hide_password=True)
    file = url.database or ""
    memory = file in ("", ":memory:")
    on_disk = url.get_backend_name() == "sqlite" and not memory
    wrong = damage(Path(file), thorough=True) if on_disk else None
    if wrong is not None:
        return bad(f"{shown} is damaged: {wrong}",
                   "`nameplate restore FILE`, or save what can be read with "
                   "`nameplate doctor --repair`")  # fmt: skip
    if on_disk and not Path(file).exists():
        return note(f"{shown} is not there yet",
                    "the first plan or `nameplate serve` makes it")  # fmt: skip
    try:
        with opened(settings.database_url) as engine, engine.connect() as connection:
            present = revision_of(connection)
    except SQLAlchemyError as error:
        return bad(f"{shown}: {str(error).splitlines()[0]}",
                   "start the database or set NAMEPLATE_DATABASE_URL")  # fmt: skip
    head = revisions()[-1]
    if present != head:
        return note(f"{shown} at {present}, newest {head}",
                    "the next plan or `nameplate serve` migrates it")  # fmt: skip
    return good(f"{shown} at {present}")


def _last_run(settings: Any) -> Check:
    """How the newest server is, or ended; and what it found when it started."""
    import sqlalchemy as sa

    from store.engine import opened
    from store.models import JobRow
    from store.sqlite_files import damage, file_of

    newest = sa.select(JobRow).where(JobRow.kind == "server")
    with opened(settings.database_url) as engine:
        path = file_of(engine)
        if path is not None and (not path.exists() or damage(path)):
            return good("nothing to read")
        try:
            with sa.orm.Session(engine) as session:
                row = session.scalars(newest.order_by(JobRow.created_at.desc())).first()
        except sa.exc.SQLAlchemyError:
            row = None  # no database yet; its own check says so
    if row is None:
        return good("none yet")
    ends = {"running": "no goodbye yet", "done": "ended in order"}
    found = f"{row.created_at:%Y-%m-%d %H:%M} UTC: {ends.get(row.state, 'cut off')}"
    if not row.text.startswith("The run before"):
        return good(found)
    return note(f"{found}. At its start: {row.text}",
                "ask again for what was cut off; docs/operations.md")  # fmt: skip


def mend() -> Check:
    """Mend the database; the damaged file is kept aside."""
    from store.engine import opened
    from store.salvage import repair

    with opened(read_settings().database_url) as engine:
        saved, kept = repair(engine)
    rows = ", ".join(f"{name} {count}" for name, count in saved.items() if count)
    found = f"saved {rows or 'no row'}" if saved else "taken as it is"
    return Check("note", found, f"before: {kept}", "repair")


def _datasets(settings: Any) -> Check:
    from store.datasets import DatasetStore

    if settings.data_dir is not None and not Path(settings.data_dir).is_dir():
        return bad(f"NAMEPLATE_DATA_DIR={settings.data_dir} is no folder",
                   "correct or unset it")  # fmt: skip
    known = DatasetStore(settings).list()
    absent = [d.name for d in known if not d.present]
    found = f"{len(known) - len(absent)} of {len(known)} here"
    if not absent:
        return good(found)
    return note(f"{found}; absent: {', '.join(absent)}",
                "`nameplate datasets pull NAME`; the built-in samples need "
                "none")  # fmt: skip


def _disk(settings: Any) -> Check:
    folder = Path(settings.cache_dir)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / _GIGA:.1f} GB free at {folder}"
    if free < _MIN_FREE_BYTES:
        return bad(found, f"free some: {_MIN_FREE_BYTES / _GIGA:g} GB is enough")
    return good(found)


def _chromium() -> Check:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path is not None:
            return good(path)
    return note("not installed; only browser tests need it", "apt-get install chromium")


def _postgresql() -> Check:
    servers = sorted(_PG_FOLDER.glob("*/bin/postgres")) if _PG_FOLDER.is_dir() else []
    if servers:
        return good(str(servers[-1]))
    return note("not installed; SQLite serves, only its tests need it",
                "apt-get install postgresql")  # fmt: skip
