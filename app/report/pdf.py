"""A report as PDF: laid out by WeasyPrint, which may reach nothing outside the file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, Literal

from api.problems import Refusal
from twin.errors import ScenarioError

Paper = Literal["a4", "letter"]
LIMIT_S = 60.0
"""Longest time for one file. Assumed: the longest report here takes a tenth of it."""
_AT_ONCE = 2
_SIZES = {"a4": "A4", "letter": "Letter"}
_REPAIR = (
    "install the extra pdf (.venv/bin/pip install -c constraints.txt -e '.[pdf]') and "
    "Debian's libpangoft2-1.0-0, libharfbuzz-subset0 and fonts-liberation; or take "
    "HTML and print it from a browser"
)
_TURN = threading.BoundedSemaphore(_AT_ONCE)


def as_pdf(html: str, *, paper: Paper = "a4", limit_s: float = LIMIT_S) -> bytes:
    """
    Lay a report out on paper.

    A thread does it, so that a server goes on meanwhile; one that takes too long is
    left to end by itself and counts against the next ones until it does.

    Args:
        html: The report.
        paper: Size of the sheets.
        limit_s: Longest wait. [s] > 0

    Returns:
        The file.

    Raises:
        Refusal: With status 501 where WeasyPrint or its libraries are missing, 503
            where it takes too long or too many are made already.
    """
    weasyprint = _library()
    if not _TURN.acquire(blocking=False):
        raise Refusal(
            503, f"{_AT_ONCE} PDFs are being made already; ask again in a moment, or "
            "take HTML", retry_s=5,
        )  # fmt: skip
    pool = ThreadPoolExecutor(1, "pdf")

    def work() -> bytes:
        try:
            return _laid_out(weasyprint, html, paper)
        finally:
            _TURN.release()

    try:
        return pool.submit(work).result(timeout=limit_s)
    except Late:
        raise Refusal(
            503, f"The PDF was not ready within {limit_s:g} s; take HTML and print it "
            "from a browser",
        ) from None  # fmt: skip
    finally:
        pool.shutdown(wait=False)


def check_pdf() -> None:
    """
    Look whether PDFs can be made here, before any work is done.

    Raises:
        Refusal: With status 501 where WeasyPrint or its libraries are missing.
    """
    _library()


def _laid_out(weasyprint: Any, html: str, paper: Paper) -> bytes:
    size = weasyprint.CSS(string=f"@page{{size:{_SIZES[paper]}}}")
    page = weasyprint.HTML(string=html, url_fetcher=fetch_nothing(weasyprint))
    written: bytes = page.write_pdf(stylesheets=[size])
    return written


def fetch_nothing(weasyprint: Any) -> Any:
    """Make a fetcher that no address is allowed for, of a file neither."""
    return weasyprint.urls.URLFetcher(allowed_protocols=())


def _library() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: pango's libraries
        wrong = ScenarioError(
            field="format", rule="needs WeasyPrint and pango on the machine that "
            "writes it", value="pdf", repair=_REPAIR,
        )  # fmt: skip
        raise Refusal(501, f"{wrong} ({error})", errors=[wrong]) from error
    return weasyprint
