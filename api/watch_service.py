"""What is measured now and was before, against the limits of the watched scenario."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from api.documents import numbers
from api.metrics import Live
from api.problems import Refusal
from api.shared import Service
from api.telemetry_service import RACK
from api.watch_documents import (
    STALE_S,
    Fleet,
    Tree,
    binned,
    chosen_level,
    counts_below,
    curves_document,
    followed_by,
    hosts_now,
    number,
    of_device,
    per_host,
    series_document,
    state_of,
)
from store.telemetry.folder import SITE
from store.telemetry.levels import SECOND_US, Level
from store.telemetry.live import KEPT_S, held
from twin.errors import ScenarioError
from twin.facility.electrical import electrical_network
from twin.scenario import parse_scenario
from twin.telemetry.alerting import Snapshot
from twin.telemetry.rollup import Rollup
from twin.telemetry.tree import node_power_w
from twin.types import Document

if TYPE_CHECKING:
    from api.services import AppState

NODE = "node/"


class WatchService(Service):
    """The live view of what the server's telemetry has."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self._telemetry = state.telemetry
        self._lock = threading.Lock()
        self._tree: Tree | None = None
        self._fleet: Fleet | None = None

    # --- placement ----------------------------------------------------------------

    def placement(self) -> Document:
        """Where sources stand, and which have no place yet."""
        found = self._telemetry.placements.get()
        names = [s.name for s in self._telemetry.hosts()]
        return {
            "version": found.version, "scenario_id": found.scenario_id,
            "nodes": dict(found.nodes),
            "unplaced": [n for n in names if n not in found.nodes],
        }  # fmt: skip

    def place(
        self, scenario_id: str | None, nodes: dict[str, str], version: int
    ) -> Document:
        """
        Watch a scenario, with sources on its nodes.

        Raises:
            ScenarioError: If a node does not exist there.
            NotFoundError: If the scenario does not.
        """
        if scenario_id is not None:
            known = self._read_tree(scenario_id).network.index
            for source, node in nodes.items():
                if node not in known:
                    raise ScenarioError(f"nodes.{source}"[:90],
                                        "must be a node of the scenario", node[:80],
                                        "such as "
                                        f"{', '.join(list(known)[-3:])}")  # fmt: skip
        self._telemetry.placements.put(scenario_id, nodes, version=version)
        self._tree = None
        return self.placement()

    def tree(self) -> Tree | None:
        """The watched tree; None where no scenario is watched, or it is gone."""
        scenario_id = self._telemetry.placements.get().scenario_id
        if scenario_id is None:
            return None
        found = self._tree
        row = self._state.scenarios.find(scenario_id)
        if row is None:
            return None
        now = (scenario_id, row.version)
        if found is None or (found.scenario_id, found.version) != now:
            found = self._tree = self._read_tree(scenario_id)
        return found

    def _read_tree(self, scenario_id: str) -> Tree:
        row = self._state.scenarios.get(scenario_id)
        scenario = parse_scenario(row.body)
        if scenario.facility is None:
            raise ScenarioError("scenario_id", "must have a facility", scenario_id,
                                "choose a site: a row alone has no tree to stand "
                                "in")  # fmt: skip
        network = electrical_network(scenario)
        return Tree(
            scenario_id=scenario_id, version=row.version, network=network,
            limit_w=network.limit_w(), kinds=tuple(n.kind for n in network.nodes),
        )  # fmt: skip

    # --- now ------------------------------------------------------------------------

    def now(self, *, hosts: Sequence[str] | None = None, node: str = "") -> Document:
        """
        What is drawn now.

        Args:
            hosts: Give these hosts with their devices.
            node: Give the hosts on this node, too, without devices; "" gives none,
                "all" every host.

        Returns:
            Site, nodes and the hosts asked for.
        """
        now_us = self._telemetry.clock_us()
        fleet = self._hosts_and_devices()
        latest = self._telemetry.live.now(fleet.ids)
        age_s = (now_us - latest.time_us) * 1e-6
        columns = latest.columns
        power_w = np.where(
            np.isfinite(columns["power_w"]), columns["power_w"],
            columns["power_average_w"],
        )  # fmt: skip
        host_w = per_host(fleet, np.where(age_s <= STALE_S, power_w, np.nan)[:, None])
        seen_us = np.zeros(len(fleet.hosts), np.int64)
        np.maximum.at(seen_us, fleet.host, latest.time_us)
        tree = self.tree()
        entries = self._host_entries(
            fleet, host_w[:, 0], (now_us - seen_us) * 1e-6, columns
        )
        nodes = self._nodes_now(tree, entries)
        chosen = [
            e for e in entries
            if node == "all" or (node and self._is_under(tree, e["node"], node))
        ]  # fmt: skip
        return {
            "time_us": now_us,
            "site": self._site_entry(entries, nodes),
            "nodes": nodes,
            "hosts": chosen,
            "details": [
                e | {"devices": self._devices(fleet, e["name"], latest.columns, age_s)}
                for e in entries
                if hosts and e["name"] in hosts
            ],
        }

    def _host_entries(
        self, fleet: Fleet, power_w: np.ndarray, age_s: np.ndarray,
        columns: dict[str, np.ndarray],
    ) -> list[Document]:  # fmt: skip
        placed = self._telemetry.placements.get().nodes
        said = {
            name: numbers(values) if values.dtype.kind == "f" else values.tolist()
            for name, values in hosts_now(fleet, columns).items()
        }
        drawn_w, ages_s = numbers(power_w), np.minimum(age_s, 1e9).round(1).tolist()
        return [
            {
                "name": source.name, "kind": source.kind,
                "node": placed.get(source.name, ""), "power_w": drawn_w[i],
                "state": state_of(ages_s[i]), "age_s": ages_s[i],
                "meter": bool(fleet.is_meter[i]),
            }
            | {name: values[i] for name, values in said.items()}
            for i, source in enumerate(fleet.hosts)
        ]  # fmt: skip

    def _devices(
        self, fleet: Fleet, host: str, columns: dict[str, np.ndarray],
        age_s: np.ndarray,
    ) -> list[Document]:  # fmt: skip
        source = self._telemetry.source(host)
        place = {int(key): i for i, key in enumerate(fleet.ids)}
        found = []
        for key, own_id in sorted(source.ids.items(), key=lambda kv: kv[1]):
            i, device = place.get(own_id), source.devices[key]
            if i is None:
                continue
            found.append(
                {"key": key, "kind": device.kind, "model": device.model,
                 "index": device.index, "parent": device.parent,
                 "age_s": round(min(float(age_s[i]), 1e9), 1),
                 "facts": dict(device.facts)}
                | {name: number(float(values[i])) for name, values in columns.items()}
            )  # fmt: skip
        return found

    def _nodes_now(self, tree: Tree | None, entries: list[Document]) -> list[Document]:
        if tree is None:
            return []
        by_rack, meters = defaultdict[str, float](float), defaultdict[str, float](float)
        count, fresh = Counter[str](), Counter[str]()
        racks = set(tree.racks)
        for e in entries:
            node, power_w = e["node"], e["power_w"]
            if node in racks and not e["meter"]:
                count[node] += 1
                if power_w is not None:
                    fresh[node] += 1
                    by_rack[node] += power_w
            elif node and power_w is not None:
                meters[node] += power_w
        rack_w = np.array([by_rack.get(r, 0.0) for r in tree.racks])[:, None]
        summed_w = node_power_w(tree.network, rack_w)[:, 0]
        reporting = counts_below(tree, fresh)
        expected = counts_below(tree, count)
        return [
            {
                "name": spec.name, "kind": spec.kind, "fed_by": list(spec.fed_by),
                "power_w": number(meters.get(spec.name, float(summed_w[i]))),
                "summed_w": number(float(summed_w[i])),
                "metered": spec.name in meters,
                "limit_w": number(float(tree.limit_w[i])),
                "reporting": reporting[i], "expected": expected[i],
            }
            for i, spec in enumerate(tree.network.nodes)
        ]  # fmt: skip

    def _site_entry(self, entries: list[Document], nodes: list[Document]) -> Document:
        counted = [e for e in entries if not e["meter"]]
        known = [e["power_w"] for e in counted if e["power_w"] is not None]
        roots = [n for n in nodes if n["kind"] == "utility"]
        limits = [n["limit_w"] for n in roots if n["limit_w"] is not None]
        return {
            "power_w": float(sum(known)) if known else None,
            "limit_w": float(sum(limits)) if limits else None,
            "facility_w": float(sum(n["power_w"] or 0.0 for n in roots))
            if roots
            else None,
            "reporting": len(known), "expected": len(counted),
            "metered": sum(bool(e["metered"]) for e in counted),
            "gpus": sum(e["gpus"] for e in counted),
            "throttled": sum(bool(e["throttle_reasons"] & ~1) for e in counted),
            "worst_age_s": max((e["age_s"] for e in counted), default=None),
        }  # fmt: skip

    def _is_under(self, tree: Tree | None, rack: str, node: str) -> bool:
        if tree is None or rack not in tree.network.index:
            return rack == node
        return node in tree.above(rack)

    def _hosts_and_devices(self) -> Fleet:
        hosts = self._telemetry.hosts()
        generation = self._telemetry.registry.generation
        found = self._fleet
        same = found is not None and found.generation == generation
        if found is not None and same and len(found.hosts) == len(hosts):
            return found
        ids, host, kind, keys = [], [], [], []
        for i, source in enumerate(hosts):
            for key, own_id in list(source.ids.items()):
                ids.append(own_id)
                keys.append(f"{source.name}/{key}")
                host.append(i)
                kind.append(source.devices[key].kind)
        self._fleet = Fleet(
            generation=generation, hosts=tuple(hosts), ids=np.array(ids, np.int64),
            host=np.array(host, np.int64), kind=np.array(kind, dtype="<U8"),
            keys=tuple(keys), is_meter=np.array([s.is_meter for s in hosts], np.bool_),
        )  # fmt: skip
        return self._fleet

    # --- for Prometheus and for alerts ----------------------------------------------

    def live(self) -> Live:
        """The site for Prometheus; what is not known is left out."""
        seen = self.latest()
        power_w = dict(seen.node_power_w)
        return Live(
            site_power_w=power_w.pop("site", None), node_power_w=power_w,
            node_limit_w={n: w for n, w in seen.node_limit_w.items() if n != "site"},
            agent_last_seen_age_s=seen.agent_age_s,
        )  # fmt: skip

    def latest(self) -> Snapshot:
        """The site for alert rules: fresh values alone, the whole of it as "site"."""
        now_us = self._telemetry.clock_us()
        found = self.now(node="all")
        nodes = [*found["nodes"], found["site"] | {"name": "site"}]
        fleet = self._hosts_and_devices()
        latest = self._telemetry.live.now(fleet.ids)
        fresh = (now_us - latest.time_us) * 1e-6 <= STALE_S
        device_w = {
            key: float(latest.columns["power_w"][i])
            for i, key in enumerate(fleet.keys)
            if fresh[i] and np.isfinite(latest.columns["power_w"][i])
        }
        return Snapshot(
            node_power_w=_known(nodes, "power_w"), device_power_w=device_w,
            node_limit_w=_known(nodes, "limit_w"),
            agent_age_s={e["name"]: e["age_s"] for e in found["hosts"]},
            node_drift_frac=self._state.tracking.drift_frac(),
        )  # fmt: skip

    # --- who and what ---------------------------------------------------------------

    def sources(self) -> list[Document]:
        """Everything that reports, by name."""
        now_us = self._telemetry.clock_us()
        placed = self._telemetry.placements.get().nodes
        return [
            {"name": s.name, "kind": s.kind, "node": placed.get(s.name, ""),
             "first_us": s.first_us, "last_us": s.last_us,
             "age_s": round((now_us - s.last_us) * 1e-6, 1), "devices": len(s.ids),
             "models": sorted({d.model for d in s.devices.values() if d.model})}
            for s in self._telemetry.hosts()
        ]  # fmt: skip

    def stored(self, name: str, start_us: int, end_us: int) -> Document:
        """How much of a source is stored, and its holes in a period."""
        source = self._telemetry.source(name)
        found = self._telemetry.reader.stored(source)
        return {
            "name": name, "readings": found.readings, "bytes": found.bytes,
            "waiting": found.waiting,
            "gaps": self._telemetry.reader.gaps(source, start_us, end_us),
        }  # fmt: skip

    def events(self, start_us: int, end_us: int) -> list[Document]:
        """What agents reported, newest first."""
        hosts = self._telemetry.hosts()
        return self._telemetry.reader.events(hosts, start_us, end_us)

    # --- before -----------------------------------------------------------------------

    def series(
        self, of: str, start_us: int, end_us: int, *, level: str = "", device: str = ""
    ) -> Document:
        """
        Power over time.

        Args:
            of: "site", "node/NAME", or a host's name.
            start_us: First instant. [µs]
            end_us: End. [µs]
            level: "1s", "1min" or "1h"; "" takes the finest with `MOST_POINTS` bins.
            device: One device of a host, by its key; "*" gives all, "" their sum.

        Returns:
            Bins as columns, and what they are.

        Raises:
            Refusal: 404 for an unknown name.
            ScenarioError: If more bins are asked for than are given.
        """
        chosen = chosen_level(start_us, end_us, level)
        if device:
            found = self._telemetry.reader.bins(
                self._telemetry.source(of), start_us, end_us, chosen
            )
            return series_document(of, chosen, of_device(found, device))
        if of == "site":
            return series_document(
                of, chosen, self._sum(SITE, None, start_us, end_us, chosen)
            )
        if of.startswith(NODE):
            return self._node_series(of, start_us, end_us, chosen)
        source = self._telemetry.source(of)
        found = self._telemetry.reader.host_sum(source, start_us, end_us, chosen)
        return series_document(of, chosen, found)

    def _node_series(
        self, of: str, start_us: int, end_us: int, level: Level
    ) -> Document:
        name, tree = of.removeprefix(NODE), self.tree()
        if tree is None or name not in tree.network.index:
            raise Refusal(404, f"No node of the watched site is called {name[:80]!r}")
        racks = [r for r in tree.racks if self._is_under(tree, r, name)]
        parts = {r: self._sum(RACK + r, r, start_us, end_us, level) for r in racks}
        times = np.unique(
            np.concatenate(
                [np.zeros(0, np.int64), *(p.start_us for p in parts.values())]
            )
        )
        place = {r: i for i, r in enumerate(tree.racks)}
        curves = {}
        for column in ("power_least_w", "power_mean_w", "power_highest_w"):
            rack_w = np.zeros((len(place), times.size))
            for r, part in parts.items():
                at = np.searchsorted(times, part.start_us)
                rack_w[place[r], at] = np.nan_to_num(part.columns[column])
            row = tree.network.index[name]
            curves[column] = node_power_w(tree.network, rack_w)[row]
        covered_s = np.zeros(times.size)
        for part in parts.values():
            at = np.searchsorted(times, part.start_us)
            covered_s[at] += part.columns["covered_s"] / max(len(parts), 1)
        document = curves_document(of, level, times, curves, covered_s)
        limit_w = float(tree.limit_w[tree.network.index[name]])
        return document | {"limit_w": number(limit_w)}

    def _sum(
        self, name: str, rack: str | None, start_us: int, end_us: int, level: Level
    ) -> Rollup:
        """A stored sum, and after it what only memory knows yet."""
        source = self._telemetry.registry.by_name.get(name)
        parts = []
        folded_us = 0
        if source is not None:
            parts = list(
                self._telemetry.reader.sums([source], start_us, end_us, level).values()
            )
            folded_us = self._telemetry.reader.folded_until_us(source)
        tail = self._tail(rack, max(folded_us, start_us), end_us, level)
        return followed_by(parts, tail, level)

    def _tail(
        self, rack: str | None, start_us: int, end_us: int, level: Level
    ) -> Rollup:
        """The newest seconds from memory, summed over the hosts of a rack or all."""
        now_us = self._telemetry.clock_us()
        end_us = min(end_us, now_us)
        start_us = max(start_us, now_us - (KEPT_S - 1) * SECOND_US)
        count = (end_us - start_us) // SECOND_US
        if count <= 0:
            return Rollup.none(level.bin_us)
        fleet = self._hosts_and_devices()
        first_s = start_us // SECOND_US
        power_w = held(
            self._telemetry.live.power_w(fleet.ids, first_s, int(count)), STALE_S
        )
        host_w = per_host(fleet, power_w)
        placed = self._telemetry.placements.get().nodes
        chosen = [
            not s.is_meter and (rack is None or placed.get(s.name) == rack)
            for s in fleet.hosts
        ]  # fmt: skip
        some = host_w[np.array(chosen, np.bool_)] if chosen else host_w[:0]
        total_w = np.where(
            np.isfinite(some).any(axis=0), np.nansum(some, axis=0), np.nan
        )
        return binned(total_w, first_s, level)


def _known(nodes: list[Document], field: str) -> dict[str, float]:
    return {n["name"]: n[field] for n in nodes if n[field] is not None}
