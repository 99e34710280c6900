"""Add up ServeGen's per-client traces into one total rate per 10-minute window."""

from __future__ import annotations

import csv
import io
import math

from twin.errors import ScenarioError

WINDOW_S = 600
WINDOWS = 2016
"""14 days of 10-minute windows, as published."""

MEAN_RPS = {"servegen-m-large": 195.844, "servegen-m-small": 1174.404}
"""Mean total rate of the published data. [1/s]"""

_CELLS = 6  # start, rate, cv, distribution, two parameters; there is no header
_MEAN_TOLERANCE = 1e-3


def reduce_traces(name: str, files: dict[str, bytes]) -> list[list[str]]:
    """
    Sum per-client rates; the variation is weighted by rate.

    Args:
        name: Dataset, for the figures it must come out at.
        files: One CSV per client: start [s], rate [1/s], cv [1], distribution, p1, p2.

    Returns:
        Rows of text with a header: t_s, total_rate_rps, active_clients,
        rate_weighted_cv (empty where nobody sent anything).

    Raises:
        ScenarioError: If a file has another form, or the sum is not the published one.
    """
    rate, clients, weighted = [0.0] * WINDOWS, [0] * WINDOWS, [0.0] * WINDOWS
    for path, data in files.items():
        for window, client_rps, cv in _client(path, data):
            if client_rps > 0:
                rate[window] += client_rps
                clients[window] += 1
                weighted[window] += client_rps * cv
    mean_rps = sum(rate) / WINDOWS
    if abs(mean_rps - MEAN_RPS[name]) > _MEAN_TOLERANCE * MEAN_RPS[name]:
        raise ScenarioError("publisher", f"must add up to {MEAN_RPS[name]:g} "
                            "requests/s", f"{mean_rps:.3f} from {len(files)} clients",
                            "the publisher's files differ from the known ones; report "
                            "this")  # fmt: skip
    rows = [["t_s", "total_rate_rps", "active_clients", "rate_weighted_cv"]]
    for i in range(WINDOWS):
        cv_text = f"{weighted[i] / rate[i]:.5f}" if rate[i] > 0 else ""
        rows.append([str(i * WINDOW_S), f"{rate[i]:.5f}", str(clients[i]), cv_text])
    return rows


def _client(path: str, data: bytes) -> list[tuple[int, float, float]]:
    """(window, rate, cv) of one client."""
    found = []
    try:
        for cells in csv.reader(io.StringIO(data.decode("utf-8"))):
            if not cells:
                continue
            if len(cells) != _CELLS:
                raise ValueError(f"{len(cells)} cells, expected {_CELLS}")
            start_s, client_rps, cv = (float(c or 0.0) for c in cells[:3])
            window = round(start_s / WINDOW_S)
            good = math.isfinite(client_rps) and client_rps >= 0 and math.isfinite(cv)
            if window * WINDOW_S != start_s or not 0 <= window < WINDOWS or not good:
                raise ValueError(f"line {','.join(cells)}")
            found.append((window, client_rps, cv))
    except ValueError as error:
        raise ScenarioError("publisher", "must have the known form of a client trace",
                            f"{path}: {error}",
                            "nothing was stored; report this") from error  # fmt: skip
    return found
