"""The report of Live and Data: what was measured in the period of a page."""

from __future__ import annotations

import time
from typing import Any

from api.client import Client
from app.components import State
from app.pages.asking import bind_files
from app.report.measured import measured_report
from app.report.pdf import as_pdf

Json = dict[str, Any]
REPORTS = (("html", "Report: HTML"), ("pdf", "Report: PDF"))
"""Ids and texts of their places in a page's Export menu."""


def bind_report(dash: Any, client: Client, prefix: str, looked: Any) -> None:
    """
    Write the report at a press.

    Args:
        dash: The page's application.
        client: Way to the server.
        prefix: Of its ids.
        looked: Takes the page's view and the time; returns what is looked at, and the
            start and end of the period. [s]
    """

    def make(kind: str, request: Json | None) -> tuple[Any, str] | None:
        if request is None:
            return None
        of, window_s = looked(request["view"], time.time())
        start_us, end_us = (round(t * 1e6) for t in window_s)
        page = measured_report(
            client.telemetry_now(), client.telemetry_series(of, start_us, end_us),
            client.telemetry_sources(), client.telemetry_events(start_us, end_us),
            (start_us, end_us),
        )  # fmt: skip
        return as_pdf(page) if kind == "pdf" else page, f"nameplate-measured.{kind}"

    kinds = [kind for kind, _ in REPORTS]
    bind_files(dash, prefix, kinds, make, [State(f"{prefix}-request", "data")])
