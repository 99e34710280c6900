"""
An import of your own: a function from a file's bytes to a `Topology`.

A line in `TOPOLOGIES` of `store/exchange/sources.py` registers it, everywhere:

    "rackbook": Source("Rack book (JSON)", read_rackbook),
"""

from __future__ import annotations

from store.exchange.files import read_json, refuse
from twin.exchange.tables import read_table
from twin.exchange.topology import Topology


def read_rackbook(content: bytes) -> Topology:
    """
    Read `{"feeds": {NAME: watts}, "racks": [{name, feed, servers}]}`.

    Raises:
        ScenarioError: If it is not that.
    """
    book = read_json(content)
    if not isinstance(book, dict) or not {"feeds", "racks"} <= set(book):
        raise refuse("must have feeds and racks", sorted(book), "export it again")
    rows = [{"id": "grid", "kind": "utility", "name": "GRID", "rated_w": "1e7"}]
    for name, rated_w in book["feeds"].items():
        rows.append(
            {"id": name, "kind": "busway", "name": name, "fed_by": "GRID",
             "rated_w": str(rated_w)}
        )  # fmt: skip
    for k, rack in enumerate(book["racks"], start=1):
        rows.append(
            {"id": rack["name"], "kind": "rack", "name": rack["name"],
             "fed_by": rack["feed"], "hall": "H1", "row": rack["feed"],
             "position": str(k), "server": "dgx-h100",
             "server_count": str(rack["servers"])}
        )  # fmt: skip
    return read_table(rows)
