"""The shadow on a schedule: the newest hour, and what is usual at each node."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from api.problems import Refusal
from api.tracking_documents import curve_document, entry_document
from api.tracking_shadow import (
    CALIBRATED,
    Compared,
    Models,
    NodeCurves,
    compare_hosts,
    models_of,
    node_curves,
    usual_of,
)
from store.telemetry.levels import DAY_US, HOUR_US, MINUTES, SECOND_US
from store.tracking import Calibrations
from twin.errors import ScenarioError
from twin.tracking.drift import Baseline
from twin.tracking.shadow import NodeShadow, compare
from twin.types import Document, FloatArray

if TYPE_CHECKING:
    from api.telemetry_service import TelemetryService
    from api.watch_documents import Tree
    from api.watch_service import WatchService

NODE = "node/"
MOST_US = 7 * DAY_US
"""Longest period that is compared at once."""
RECENT = 10
"""Newest minutes whose mean is what drift alerts watch."""
NOT_CALIBRATED = "drift is not looked for: not every host in it has a calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Hosts and nodes of a period, compared; nodes are named with `NODE` in front."""

    start_us: int
    end_us: int
    names: tuple[str, ...]
    t_s: FloatArray
    measured_w: FloatArray
    predicted_w: FloatArray
    hosts: Compared
    nodes: NodeCurves | None
    tree: Tree | None

    @property
    def basis(self) -> tuple[str, ...]:
        """What the prediction of each of `names` rests on."""
        return (*self.hosts.basis, *(self.nodes.basis if self.nodes else ()))


class ShadowWatch:
    """
    Measured beside predicted.

    Args:
        telemetry: Where readings are.
        watch: The watched tree.
        calibrations: Stored fits.
    """

    def __init__(
        self, telemetry: TelemetryService, watch: WatchService,
        calibrations: Calibrations,
    ) -> None:  # fmt: skip
        self._telemetry, self._watch = telemetry, watch
        self._calibrations = calibrations
        self._lock = threading.Lock()
        self._usual: tuple[Any, dict[str, Baseline | str]] = (None, {})
        self._since: dict[str, tuple[str, float]] = {}
        self._newest: Document | None = None
        self.drift_frac: Mapping[str, float] = {}

    def forget(self) -> None:
        """Look afresh: calibrations have changed."""
        self._newest = None
        self._since = {}

    def look(self) -> Document:
        """Shadow the newest hour and remember it; nothing to do without a fit."""
        end_us = self._telemetry.clock_us() // MINUTES.bin_us * MINUTES.bin_us
        seen = self._seen(end_us - HOUR_US, end_us)
        document = self._document(seen, follow=True)
        self.drift_frac = _recent(seen)
        self._newest = document
        return document

    def document(self, start_us: int | None, end_us: int | None, node: str) -> Document:
        """
        Shadow a period.

        Args:
            start_us: First instant; None with `end_us` is the newest hour. [µs]
            end_us: End. [µs]
            node: Give curves of this host or "node/NAME", too; "" gives none.

        Raises:
            Refusal: 404 for an unknown host or node.
            ScenarioError: If the period is empty or too long.
        """
        if start_us is None or end_us is None:
            if not node:
                return self._newest or self.look()
            end_us = self._telemetry.clock_us() // MINUTES.bin_us * MINUTES.bin_us
            start_us = end_us - HOUR_US
        if not 0 < end_us - start_us <= MOST_US:
            raise ScenarioError("end_us", "must be after start_us, by seven days at "
                                "most", end_us, "ask for a shorter period")  # fmt: skip
        seen = self._seen(start_us, end_us)
        return self._document(seen, node=node)

    # --- one look -------------------------------------------------------------------

    def _seen(self, start_us: int, end_us: int) -> Seen:
        models = models_of(self._calibrations.active())
        found = compare_hosts(self._telemetry, models, start_us, end_us)
        return self._with_nodes(found, start_us, end_us)

    def _with_nodes(self, found: Compared, start_us: int, end_us: int) -> Seen:
        tree, nodes = self._watch.tree(), None
        names, measured, predicted = found.hosts, found.measured_w, found.predicted_w
        if tree is not None:
            placed = self._telemetry.placements.get().nodes
            meters = self._meters(tree, placed, start_us, end_us, found.t_s.size)
            nodes = node_curves(tree, placed, found, meters)
            names = (*names, *(NODE + name for name in nodes.names))
            measured = np.concatenate([measured, nodes.measured_w])
            predicted = np.concatenate([predicted, nodes.predicted_w])
        return Seen(
            start_us=start_us, end_us=end_us, names=names, t_s=found.t_s,
            measured_w=measured, predicted_w=predicted, hosts=found, nodes=nodes,
            tree=tree,
        )  # fmt: skip

    def _meters(
        self, tree: Tree, placed: Mapping[str, str], start_us: int, end_us: int,
        count: int,
    ) -> dict[str, FloatArray]:  # fmt: skip
        """Power by meters that stand on nodes. [W]"""
        known, first = tree.network.index, start_us // MINUTES.bin_us
        found: dict[str, FloatArray] = {}
        for source in self._telemetry.hosts():
            node = placed.get(source.name, "")
            if not source.is_meter or node not in known:
                continue
            bins = self._telemetry.reader.host_sum(source, start_us, end_us, MINUTES)
            own = np.full(count, np.nan)
            own[bins.start_us // MINUTES.bin_us - first] = bins.columns["power_mean_w"]
            found[node] = found[node] + own if node in found else own
        return found

    # --- what is usual ----------------------------------------------------------------

    def _baselines(self, seen: Seen) -> dict[str, Baseline | str]:
        """How each host and node behaves on time held out, or why nobody knows."""
        rows = self._calibrations.active()
        placed = self._telemetry.placements.get()
        version = None if seen.tree is None else seen.tree.version
        key = (tuple(row.id for row in rows), placed.version, version)
        with self._lock:
            if self._usual[0] != key:
                self._usual = key, self._learned(models_of(rows), seen)
            return self._usual[1]

    def _learned(
        self, models: Mapping[str, Models], seen: Seen
    ) -> dict[str, Baseline | str]:
        windows: dict[tuple[int, int], list[str]] = {}
        for host, own in models.items():
            windows.setdefault(own.held_us, []).append(host)
        if seen.nodes is not None:
            for name, basis in zip(seen.nodes.names, seen.nodes.basis, strict=True):
                if basis == CALIBRATED:
                    below = [models[h] for h in seen.nodes.hosts[name] if h in models]
                    window = (max(m.held_us[0] for m in below),
                              min(m.held_us[1] for m in below))  # fmt: skip
                    windows.setdefault(window, []).append(NODE + name)
        found: dict[str, Baseline | str] = {}
        for (start_us, end_us), names in windows.items():
            start_us = max(start_us, end_us - MOST_US)
            if end_us <= start_us:
                found |= dict.fromkeys(names, "its hosts share no time held out")
                continue
            past = self._with_nodes(
                compare_hosts(
                    self._telemetry, models, start_us, end_us, calibrated_only=True
                ), start_us, end_us,
            )  # fmt: skip
            place = {name: i for i, name in enumerate(past.names)}
            for name in names:
                if name in place:
                    residual_w = past.measured_w - past.predicted_w
                    found[name] = usual_of(
                        past.t_s, residual_w[place[name]], (start_us, end_us), name
                    )
        return found

    # --- documents ------------------------------------------------------------------

    def _document(
        self, seen: Seen, *, node: str = "", follow: bool = False
    ) -> Document:
        if node and node not in seen.names:
            node = NODE + node
        if node and node not in seen.names:
            raise Refusal(404, f"No host or node is called {node[len(NODE) :][:80]!r}")
        usual = self._baselines(seen)
        known = {n: b for n, b in usual.items() if isinstance(b, Baseline)}
        fed_by = _fed_by(seen, self._telemetry.placements.get().nodes)
        found = compare(
            seen.t_s, seen.measured_w, seen.predicted_w, names=seen.names,
            baselines=known, fed_by=fed_by,
        )  # fmt: skip
        nodes = [self._lasting(one) if follow else one for one in found.nodes]
        whys = {n: b for n, b in usual.items() if isinstance(b, str)}
        entries = [_entry(seen, i, one, whys) for i, one in enumerate(nodes)]
        count = len(seen.hosts.hosts)
        curves = None
        if node:
            i = seen.names.index(node)
            curves = {"of": node} | curve_document(
                seen.t_s, seen.measured_w[i], seen.predicted_w[i],
                MINUTES.bin_us / SECOND_US,
            )  # fmt: skip
        return {
            "start_us": seen.start_us, "end_us": seen.end_us,
            "computed_us": self._telemetry.clock_us(), "hosts": entries[:count],
            "nodes": entries[count:], "origins": list(found.origins), "series": curves,
        }  # fmt: skip

    def _lasting(self, one: NodeShadow) -> NodeShadow:
        """A drift that lasts from look to look began when it was first seen."""
        if one.drift is None:
            if one.compared:  # silence does not end a drift
                self._since.pop(one.name, None)
            return one
        before = self._since.get(one.name)
        since_s = one.drift.since_s
        if before is not None and before[0] == one.drift.direction:
            since_s = min(since_s, before[1])
        self._since[one.name] = one.drift.direction, since_s
        return replace(one, drift=replace(one.drift, since_s=since_s))


def _entry(seen: Seen, i: int, one: NodeShadow, whys: Mapping[str, str]) -> Document:
    hosts, nodes, basis = seen.hosts, seen.nodes, seen.basis[i]
    unwatched = whys.get(one.name, "" if basis == CALIBRATED else NOT_CALIBRATED)
    common = {"of": one.name, "basis": basis, "unwatched": unwatched}
    if i < len(hosts.hosts):
        return entry_document(
            one, name=one.name, kind="host", note=hosts.notes.get(one.name, ""),
            metered=False, hosts=1, hosts_predicted=int(basis != "none"), **common,
        )  # fmt: skip
    assert nodes is not None  # noqa: S101 - names beyond the hosts are nodes
    assert seen.tree is not None  # noqa: S101 - same
    k = i - len(hosts.hosts)
    name = nodes.names[k]
    return entry_document(
        one, name=name, kind=seen.tree.kinds[k], note="",
        metered=name in nodes.metered, hosts=len(nodes.hosts[name]),
        hosts_predicted=nodes.compared[name], **common,
    )  # fmt: skip


def _fed_by(seen: Seen, placed: Mapping[str, str]) -> dict[str, list[str]]:
    """What feeds each host and node."""
    if seen.tree is None:
        return {}
    found = {
        NODE + n.name: [NODE + feed for feed in n.fed_by]
        for n in seen.tree.network.nodes
    }
    for host in seen.hosts.hosts:
        if placed.get(host):
            found[host] = [NODE + placed[host]]
    return found


def _recent(seen: Seen) -> dict[str, float]:
    """Measured less predicted of the newest minutes, over predicted, by plain name."""
    found = {}
    each = zip(seen.names, seen.basis, seen.measured_w, seen.predicted_w, strict=True)
    for name, basis, measured, predicted in each:
        both = np.flatnonzero(np.isfinite(measured) & np.isfinite(predicted))
        both = both[both >= measured.size - RECENT]
        said_w = float(predicted[both].sum())
        if basis == CALIBRATED and both.size and said_w > 0.0:
            off = float(measured[both].sum()) / said_w - 1.0
            found[name.removeprefix(NODE)] = off if math.isfinite(off) else 0.0
    return found
