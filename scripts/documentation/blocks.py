"""
The commands that pages show, run as they stand, their output beside what is printed.

A fenced block of `sh` or `console` is run in a folder with a copy of examples/, a
database of its own and, where it asks for 127.0.0.1:8050, a server. In `console`, lines
after a `$ command` are what it prints: numbers within 1 %, `…` for anything. `python`
blocks of a page are one script; a bare block right below one is what it prints. A line
`export X=Y` counts for the lines below it.

Above a block may stand `<!-- slow -->`: the tests run it on the examples of `short.py`
and ask only that it succeeds and answers, scripts/docs --run runs it whole and
compares; or `<!-- shown: why -->`: it needs what is not here, and only its verbs and
options are compared with the code. Every block with a command is one of these.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.documentation.picture import serving
from scripts.documentation.reference_cli import commands, options
from scripts.documentation.short import shorten

ROOT = Path(__file__).resolve().parents[2]
SERVER = "127.0.0.1:8050"
LOUD = re.compile(r"^(\$ )?(\(.*; )?(\.venv/bin/)?(nameplate|curl|python|pip|scripts/)")
MARK = re.compile(r"<!-- (slow|shown)(?:: ([^>]*))? -->")
FENCE = re.compile(
    r"^(?P<mark><!-- [^>]*-->\n\n?)?```(?P<kind>\w*)\n(?P<text>.*?)^```$"
    r"(?:\n```\n(?P<prints>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
NUMBER = r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])"
RUN = ("sh", "console", "python")
TOLERANCE = 0.01
SHELL = set("|<>&;$`(*")
LIMIT_S = 900


class Block(NamedTuple):
    """One fenced block of a page."""

    page: Path
    line: int
    kind: str
    mark: str
    text: str
    prints: str | None = None
    why: str = ""

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The pages whose commands are tried: all but the generated ones."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    found += [p for p in sorted((ROOT / "docs").rglob("*.md")) if _told(p)]
    return found


def _told(page: Path) -> bool:
    return page.parent.name != "reference" and not page.name.endswith(".in.md")


def blocks(page: Path) -> list[Block]:
    """Every block of a page that has a command, or is Python to be run."""
    text = page.read_text()
    return [
        Block(page, text[: found.start()].count("\n") + 1, found["kind"],
              *_marked(found["mark"], found["text"], found["prints"]))
        for found in FENCE.finditer(text)
        if found["kind"] == "python" or any(map(LOUD.match, found["text"].split("\n")))
    ]  # fmt: skip


def _marked(comment: str | None, *said: str) -> tuple[str, ...]:
    found = MARK.search(comment or "")
    return (found[1], *said, found[2] or "") if found else ("", *said)


# --- what is only shown -----------------------------------------------------------


def misspelt(block: Block) -> list[str]:
    """Verbs and options of `nameplate` in a block that the code does not have."""
    known = commands()
    wrong = []
    for line in _joined(block.text):
        line = line.split("#")[0]
        found = re.search(r"(?:^|.*[ (;])(?:\.venv/bin/)?nameplate ([a-z].*)", line)
        if not found:
            continue
        words = found[1].split()
        verb = next((v for v in (" ".join(words[:2]), words[0]) if v in known), None)
        if verb is None:
            wrong.append(f"{block.name}: no command is called {' '.join(words[:2])!r}")
            continue
        said = {w.split("=")[0] for w in words if re.match(r"--[a-z]", w)}
        wrong += [f"{block.name}: nameplate {verb} has no {option}"
                  for option in sorted(said - options(known[verb]))]  # fmt: skip
    return wrong


def _joined(text: str) -> list[str]:
    return text.replace("\\\n", " ").split("\n")


# --- running ----------------------------------------------------------------------


def run_pages(which: list[Path]) -> list[str]:
    """Run pages whole, one after the other with one server; what went wrong."""
    wrong = []
    with serving() as address:
        for page in which or pages():
            print(page.relative_to(ROOT), flush=True)
            wrong += run_page(page, address.removeprefix("http://"), short=False)
    return wrong


def run_page(page: Path, server: str, *, short: bool) -> list[str]:
    """
    Run a page's blocks in their order, in one folder.

    Args:
        page: The page.
        server: Host and port that stand in for 127.0.0.1:8050.
        short: Slow ones on shortened examples, and their figures not compared.

    Returns:
        What went wrong: place, command, what was wanted and what came.
    """
    wrong: list[str] = []
    wanted = [b for b in blocks(page) if b.kind in RUN and b.mark != "shown"]
    names: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)):
        for block in wanted:
            part = short and block.mark == "slow"
            with _short(Path(folder)) if part else contextlib.nullcontext():
                for command, output in _steps(block):
                    asked = command.replace(SERVER, server)
                    code, came = (_in_python(asked, names) if block.kind == "python"
                                  else _asked(asked))  # fmt: skip
                    fault = _fault(code, came, None if part else output)
                    if part and output and not came.strip():
                        fault = "it printed nothing"
                    wrong += [f"{block.name}: {command}\n{fault}"] if fault else []
    for made in names.values():
        if hasattr(type(made), "close"):
            made.close()  # type: ignore[attr-defined]  # a client left open
    return wrong


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[None]:
    """Shortened examples in the place of the whole ones."""
    shorten(folder / "examples")
    try:
        yield
    finally:
        shutil.copytree(ROOT / "examples", folder / "examples", dirs_exist_ok=True)


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[None]:
    """Work in a folder with a copy of the examples and a database of its own."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    own = {
        "NAMEPLATE_DATABASE_URL": f"sqlite:///{folder}/np.db",
        "NAMEPLATE_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "clients/python")]),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    before = dict(os.environ)
    os.environ.update(own)
    sys.path.insert(0, str(ROOT / "clients/python"))
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        sys.path.pop(0)
        os.environ.clear()
        os.environ.update(before)


def _steps(block: Block) -> Iterator[tuple[str, str | None]]:
    """Each command of a block and, where it is told, what it prints."""
    if block.kind == "python":
        yield block.text, block.prints
    elif block.kind != "console":
        for line in _joined(block.text):
            if line.strip() and not line.startswith("#"):
                yield line.strip(), None
    else:
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            found = re.match(r"((?:[^\n]*\\\n|[^\n']*'(?:[^']*)'|[^\n'])*)\n?", part)
            assert found
            yield found[1], part[found.end() :]


def _asked(command: str) -> tuple[int, str]:
    if command.startswith("export "):
        os.environ |= dict(word.split("=", 1) for word in shlex.split(command)[1:])
        return 0, ""
    command = command.replace(".venv/bin/nameplate", "nameplate")
    plain, into, file = command.partition(" > ")
    if not (_plain(plain) and file.replace("-", "").isalnum() | (not into)):
        return _in_shell(command)
    code, came = _in_process(plain)
    if into:
        Path(file).write_text(came)
    return code, "" if into else came


def _fault(code: int, came: str, output: str | None) -> str:
    if code != 0:
        return f"ended with {code}:\n{came}"
    if output is not None and (difference := differs(output, came)):
        return f"{difference}\n--- all that came:\n{came}"
    return ""


def _in_python(text: str, names: dict[str, object]) -> tuple[int, str]:
    """A page's Python, with the names that its earlier blocks made."""
    came = io.StringIO()
    try:
        with contextlib.redirect_stdout(came):
            exec(compile(text, "page", "exec"), names)  # noqa: S102 - our pages
    except Exception as error:
        return 1, f"{came.getvalue()}{type(error).__name__}: {error}"
    return 0, came.getvalue()


def _plain(command: str) -> bool:
    return command.startswith("nameplate ") and not SHELL & set(command.split("#")[0])


def _in_process(command: str) -> tuple[int, str]:
    """A command of ours without a shell: a start-up saved."""
    from typer.testing import CliRunner

    from cli.main import app

    words = shlex.split(command, comments=True)[1:]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout if done.exit_code == 0 else done.output


def _in_shell(command: str) -> tuple[int, str]:
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", command],
        capture_output=True, text=True, check=False,
        timeout=LIMIT_S, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout if done.returncode == 0 else (
        done.stdout + done.stderr
    )


# --- comparing --------------------------------------------------------------------


def differs(told: str, came: str) -> str:
    """
    Compare what a page prints with what came; nothing where they agree.

    Numbers agree within 1 %, blanks and empty lines do not count, `…` is anything.
    """
    rest = [" ".join(line.split()) for line in came.splitlines() if line.strip()]
    skipping = False
    for line in (" ".join(x.split()) for x in told.splitlines() if x.strip()):
        if line == "…":
            skipping = True
            continue
        place = next((k for k, got in enumerate(rest) if same(line, got)), None)
        if place is None or (place > 0 and not skipping):
            got = rest[0] if rest else "nothing"
            return f"the page says: {line}\nwhat came was: {got}"
        rest, skipping = rest[place + 1 :], False
    return "" if skipping or not rest else f"the page does not say: {rest[0]}"


def same(told: str, came: str) -> bool:
    """Whether two lines say the same."""
    numbers = [_number(n) for n in re.findall(NUMBER, told)]
    parts = re.split(NUMBER, told)
    shape = rf"({NUMBER})".join(
        re.escape(part).replace("…", ".*?").replace(r"\ ", r"\s*") for part in parts
    )
    found = re.fullmatch(shape, came)
    return found is not None and all(
        math.isclose(told_n, _number(came_n), rel_tol=TOLERANCE)
        for told_n, came_n in zip(numbers, found.groups(), strict=True)
    )


def _number(text: str) -> float:
    return float(text.replace(",", ""))
