"""Hostile and broken files: refused with a reason, never unpacked, never endless."""

from __future__ import annotations

import contextlib
import gzip
import json
import tracemalloc

import pytest

from store.exchange.files import MAX_BYTES, read_csv, read_json, read_yaml, stem
from store.exchange.sources import netbox_tables, read_topology
from twin.errors import ScenarioError
from twin.exchange.facility import wanted

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"[" * 100_000, "nested", id="deep"),
        pytest.param(b'{"a":' * 100_000, "nested", id="deep objects"),
        pytest.param(b'{"Value": NaN}', "finite", id="NaN"),
        pytest.param(b'{"Value": -Infinity}', "finite", id="infinite"),
        pytest.param(b'{"Value": 1e999}', "finite", id="overflows"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "18 digits", id="long number"),
        pytest.param(b'{"a": "\\u0000"}', "zero", id="zero character"),
        pytest.param(b'{"a": "\\ud800"}', "Unicode", id="half a character"),
        pytest.param(b"\xff\xfe", "UTF-8", id="not UTF-8"),
        pytest.param(b"{", "JSON", id="broken"),
        pytest.param(b'{"a": "', "JSON", id="open string"),
        pytest.param(gzip.compress(b"{}" * 1000), "archive", id="gzip"),
        pytest.param(b"PK\x03\x04" + b"\0" * 100, "archive", id="zip"),
        pytest.param(b" " * (MAX_BYTES + 1), "bytes", id="too large"),
    ],
)
def test_hostile_json_is_refused(content, said):
    with pytest.raises(ScenarioError, match=said):
        read_json(content)


def test_brackets_inside_strings_are_no_depth():
    assert read_json(json.dumps({"a": "[" * 500 + '\\"' * 5}).encode())


def test_aliases_that_multiply_are_refused():
    with pytest.raises(ScenarioError, match="aliases"):
        read_yaml(BOMB)


def test_yaml_makes_no_objects():
    with pytest.raises(ScenarioError, match="YAML"):
        read_yaml("!!python/object/apply:os.system ['true']")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "column names", id="empty"),
        pytest.param("a," * 300 + "b\n", "column names", id="columns"),
        pytest.param("a,b\n1,2,3\n", "line 2", id="cells"),
        pytest.param("a\n" + "x" * 30_000, "cells", id="long cell"),
    ],
)
def test_broken_tables_are_refused(content, said):
    with pytest.raises(ScenarioError, match=said):
        read_csv(content)


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_separators_are_told_by_the_header(comma):
    assert read_csv(f"a{comma}b\n1{comma}2\n") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\x\\netbox_racks.csv", "netbox_racks"),
        ("a/b/fac_Cabinet.csv", "fac_Cabinet"),
    ],
)  # fmt: skip
def test_a_path_is_only_a_label(name, label):
    assert stem(name) == label


def test_a_page_with_more_behind_it_is_refused():
    with pytest.raises(ScenarioError, match="every page"):
        netbox_tables({"racks": {"results": [], "next": "http://x/?offset=2"}})


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        pytest.param("dps", [1, 2], id="list"),
        pytest.param("dps", {"Entities": "many"}, id="text for a list"),
        pytest.param("dps", {"Entities": [None, 1, [], {}]}, id="odd rows"),
        pytest.param("dps", {"Topology": {"Entities": [{"Name": {}}]}}, id="odd name"),
        pytest.param(
            "dps", {"Policies": [{"Name": "p", "Limits": 3}]}, id="odd limits"
        ),
        pytest.param("netbox", {"racks": 3}, id="number for a table"),
        pytest.param("netbox", {"power-feeds": [{}], "racks": [{}]}, id="empty rows"),
        pytest.param("netbox", {"cables": [{"a_terminations": [3]}]}, id="odd cable"),
        pytest.param("netbox", {"power-ports": [{"device": [[]]}]}, id="odd device"),
        pytest.param("opendcim", {"files": {"x": 3}}, id="odd file"),
        pytest.param("opendcim", {"files": {}}, id="no file"),
    ],
)
def test_documents_of_odd_shape_end_in_errors_not_crashes(kind, document):
    found = None
    with contextlib.suppress(ScenarioError):
        found = read_topology(kind, json.dumps(document).encode())

    assert found is None or not found.nodes


def test_a_large_file_of_errors_stays_small_in_memory():
    rows = [{"Type": "PowerDomain", "Name": "x"}] * 50_000
    content = json.dumps({"Entities": rows}).encode()
    tracemalloc.start()
    found = read_topology("dps", content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(found.errors) == 49_999
    assert peak < 40 * len(content)


def test_names_that_all_look_alike_are_told_apart_at_once():
    rows = [{"Type": "PowerDomain", "Name": "U"}]
    racks = [f"{'x' * 100}{k:05d}{'y' * 60}" for k in range(8000)]
    rows += [{"Type": "PowerDistribution", "Name": name} for name in racks]
    rows += [{"Type": "ComputerSystem", "Name": "n-1", "Model": "DGX_H100"}]
    tree = [{"Name": "U", "Children": racks}]
    tree += [{"Name": name, "Children": ["n-1"]} for name in racks]
    document = {"Entities": rows, "Topology": {"Name": "t", "Entities": tree}}

    topology = read_topology("dps", json.dumps(document).encode())
    names = [item.name for item in wanted(topology, {}).items if item.kind == "node"]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 60
