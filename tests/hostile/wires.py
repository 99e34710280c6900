"""Hostile telemetry and imports: batches, remote-write, OTLP, files of every kind."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq

from tests.api import wire_format as wire
from tests.hostile import mutate
from tests.hostile.fire import Shot
from tests.live.hostile import batches, good
from tests.live.hostile import bomb as bomb_of

API = "/api/v1"
IMPORTS = Path(__file__).parents[2] / "examples" / "imports"
PROTOBUF = {"content-type": "application/x-protobuf"}
CSV = "time,host,gpu,power_w,temp_c\n" + "".join(
    f"2026-01-01T00:00:{s:02d}Z,node,GPU-{s % 2},{400 + s},61\n" for s in range(20)
)
REQUESTS = "t_s,prompt_tokens,output_tokens\n" + "".join(
    f"{n * 0.5},{100 + n},{20 + n}\n" for n in range(40)
)
RATES = "t_s,rate_rps,cv\n" + "".join(f"{n * 60},{3 + n % 5},1.1\n" for n in range(40))
WEATHER = "time,temp_c,wet_bulb_c\n" + "".join(
    f"2026-01-{1 + n // 24:02d}T{n % 24:02d}:00:00Z,{5 + n % 9},3\n" for n in range(48)
)
DPS: dict[str, Any] = {
    "Entities": [{"Name": "rack-1", "Type": "Rack", "OperatingLimit": 40_000},
                 {"Name": "node-1", "Type": "ComputerSystem", "Model": "DGX_GB300"}],
    "Topology": {"Name": "hall", "Entities": [{"Name": "rack-1", "Children": ["node-1"]}]},  # noqa: E501
    "Policies": [{"Name": "low", "Watts": 1000}],
}  # fmt: skip


bomb = cache(bomb_of)


def telemetry_shots(rng: Random, tokens: dict[str, str]) -> Iterator[Shot]:
    """What an agent, a Prometheus, an OTLP exporter or a person may send broken."""
    node = {"authorization": f"Bearer {tokens['node']}"}
    collector = {"authorization": f"Bearer {tokens['collector']}"}
    agent = {"content-type": "application/json", **node}
    for _, body, headers in batches():
        yield Shot(part="telemetry", target=f"{API}/telemetry", body=body,
                   headers=agent | headers)  # fmt: skip
    kinds = (_batch, _batch, _remote_write, _otlp, _otlp_json, _upload)
    while True:
        path, headers, body = rng.choice(kinds)(rng)
        who = agent if path == "/telemetry" else collector
        if path.startswith("/telemetry/upload"):
            who = {}
        yield Shot(part="telemetry", target=API + path, body=body,
                   headers={**who, **headers})  # fmt: skip


Wire = tuple[str, dict[str, str], bytes]


def _batch(rng: Random) -> Wire:
    now_us = time.time_ns() // 1000 + rng.choice((0, 0, -(10**12), 10**12))
    found = good(now_us, sequence=rng.randrange(10**6))
    body = mutate.as_json(mutate.document(found, rng), rng)
    if rng.random() < 0.3:
        packed = gzip.compress(body, 1)
        cut = mutate.spoiled(packed, rng) if rng.random() < 0.3 else packed
        return "/telemetry", {"content-encoding": "gzip"}, cut
    return "/telemetry", {}, body


def _series(rng: Random) -> list[Any]:
    now_ms = time.time_ns() // 10**6
    names = ("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_GPU_TEMP", "node_load1", "", "\0")
    return [
        ({"__name__": rng.choice(names), "Hostname": rng.choice(("n1", *mutate.TEXTS[:12])  # noqa: E501
          ).encode("utf-8", "replace").decode(), "gpu": str(n), "UUID": f"GPU-{n}"},
         [(float(rng.choice(mutate.NUMBERS[:13])), now_ms + rng.choice((0, n, -(10**12),
          2**62)))])
        for n in range(rng.choice((1, 1, 3, 200)))
    ]  # fmt: skip


def _remote_write(rng: Random) -> Wire:
    second = rng.random() < 0.5
    data = (wire.write_v2 if second else wire.write_v1)(*_series(rng))
    if rng.random() < 0.5:
        data = _protobuf_spoiled(data, rng)
    packed = wire.snappy(data)
    if rng.random() < 0.3:
        packed = mutate.spoiled(packed, rng)
    kind = dict(PROTOBUF)
    if second and rng.random() < 0.9:
        kind["content-type"] += ";proto=io.prometheus.write.v2.Request"
    encoding = rng.choice(("snappy",) * 9 + ("gzip", "", "x"))
    return "/prometheus/write", {**kind, "content-encoding": encoding}, packed


def _protobuf_spoiled(data: bytes, rng: Random) -> bytes:
    """Lengths, tags and depths that lie."""
    roll, at = rng.randrange(5), rng.randrange(len(data) + 1)
    if roll == 0:
        return data[:at] + wire.varint(rng.choice((2**63, 2**35, 10**9))) + data[at:]
    if roll == 1:
        return data[:at] + b"\x80" * rng.choice((5, 11, 5000)) + data[at:]
    if roll == 2:
        inner = data
        for _ in range(rng.choice((5, 200, 3000))):
            inner = wire.message(rng.choice((1, 2, 5)), inner[:50_000])
        return inner
    if roll == 3:
        return data * rng.choice((2, 50))
    return mutate.spoiled(data, rng)


def _otlp(rng: Random) -> Wire:
    now_ns = time.time_ns()
    value = rng.choice((400.0, 1e308, float("nan"), -1.0, 7))
    points = [wire.point(value, rng.choice((now_ns, 0, 2**62)), {"gpu": n, "host.name": "n"})  # noqa: E501
              for n in range(rng.choice((1, 5, 100)))]  # fmt: skip
    resource = {"host.name": rng.choice(("node", "", "\u202e", "n" * 3000)), "x": 1}
    some = [wire.gauge("hw.gpu.power", *points), wire.histogram("h", 3),
            wire.total("hw.energy", *points)]  # fmt: skip
    data = wire.export(resource, *some[: rng.choice((1, 2, 3))])
    if rng.random() < 0.6:
        data = _protobuf_spoiled(data, rng)
    return "/otlp/v1/metrics", dict(PROTOBUF), data


def _otlp_json(rng: Random) -> Wire:
    point = {"asDouble": 400.0, "timeUnixNano": str(time.time_ns()), "attributes": [
        {"key": "gpu", "value": {"intValue": "0"}}]}  # fmt: skip
    found = {"resourceMetrics": [{
        "resource": {"attributes": [{"key": "host.name", "value": {"stringValue": "n"}}]},  # noqa: E501
        "scopeMetrics": [{"metrics": [{"name": "hw.gpu.power", "unit": "W", "gauge": {
            "dataPoints": [point, point]}}]}],
    }]}  # fmt: skip
    body = mutate.as_json(mutate.document(found, rng), rng)
    return "/otlp/v1/metrics", {"content-type": "application/json"}, body


def _upload(rng: Random) -> Wire:
    query = {"source": "node", "kind": rng.choice(("gpu", "host", "x"))}
    if rng.random() < 0.3:
        query[rng.choice(("time_zone", "start", "device", "source"))] = rng.choice(
            mutate.TEXTS
        ).encode("utf-8", "replace").decode()  # fmt: skip
    roll = rng.random()
    kind = "text/csv"
    if roll < 0.6:
        body = mutate.text_table(CSV, rng)
        body = gzip.compress(body, 1) if rng.random() < 0.2 else body
    elif roll < 0.98:
        body, kind = parquet(rng), "application/vnd.apache.parquet"
    else:
        body = bomb(rng.choice((10_000_000, 200_000_000)))
    return f"/telemetry/upload?{urlencode(query)}", {"content-type": kind}, body


def parquet(rng: Random) -> bytes:
    """A table in Parquet with pages, footers or types that lie."""
    rows = rng.choice((1, 20, 5000))
    columns: dict[str, Any] = {
        "time": [1_767_225_600 + n for n in range(rows)],
        "gpu": [f"GPU-{n % 8}" for n in range(rows)],
        "power_w": [400.0 + n % 7 for n in range(rows)],
    }
    roll = rng.random()
    if roll < 0.2:
        columns["power_w"] = [rng.choice(mutate.NUMBERS[:9]) * 1.0 for _ in range(rows)]
    elif roll < 0.3:
        columns["power_w"] = [[1.0]] * rows
    elif roll < 0.4:
        columns["time"] = ["2026-01-01T00:00:00Z"] * rows
    elif roll < 0.5:
        columns |= {f"c{n}": [0] * rows for n in range(200)}
    elif roll < 0.55:
        columns["gpu"] = ["g" * 100_000] * min(rows, 20) + ["g"] * (
            rows - min(rows, 20)
        )
    file = io.BytesIO()
    codec = rng.choice(("snappy", "gzip", "zstd", "none"))
    version = rng.choice(("1.0", "2.0"))
    pq.write_table(
        pa.table(columns), file, compression=codec, data_page_version=version
    )
    data = file.getvalue()
    if rng.random() < 0.7:
        few = bytearray(data)
        for _ in range(rng.choice((1, 2, 8, 60))):
            few[rng.randrange(len(few))] = rng.randrange(256)
        data = bytes(few)
    return mutate.spoiled(data, rng) if rng.random() < 0.1 else data


# --- imports --------------------------------------------------------------------------


def import_shots(rng: Random) -> Iterator[Shot]:
    """Files of other tools, some of them packed, cut or not what they say."""
    seeds = _import_seeds()
    while True:
        roll = rng.random()
        if roll < 0.12:
            yield _dataset(rng)
            continue
        if roll < 0.18:
            yield _learn(rng)
            continue
        kind, content = rng.choice(seeds)
        if isinstance(content, str):
            body = mutate.text_table(content, rng)
        else:
            body = mutate.as_json(_spoil_files(mutate.document(content, rng), rng), rng)
        if rng.random() < 0.03:
            body = _archive(rng)
        elif rng.random() < 0.001:
            body = mutate.many_keys(200_000)
        asked = {"kind": kind if rng.random() < 0.9 else rng.choice(seeds)[0],
                 "name": rng.choice(("hall-1", "prices", "../x", "n" * 80))}  # fmt: skip  # noqa: E501
        if kind in {"price", "carbon"}:
            asked |= {"column": "price_eur", "unit": "EUR/MWh", "zone": "UTC"}
        if rng.random() < 0.1:
            key = rng.choice(("servers", "column", "zone", "unit", "scenario_id"))
            trick = rng.choice(mutate.TEXTS)
            asked[key] = trick.encode("utf-8", "replace").decode()
        yield Shot(part="imports", target=f"{API}/imports/preview?{urlencode(asked)}",
                   headers={"content-type": "application/octet-stream"}, body=body)  # fmt: skip  # noqa: E501


def _import_seeds() -> list[tuple[str, Any]]:
    folders = {
        name: {"files": {p.name: p.read_text() for p in sorted(folder.iterdir())}}
        for name, folder in ((n, IMPORTS / n) for n in ("netbox", "opendcim"))
    }
    rows = {"racks": [{"id": 1, "name": "A1"}], "devices": [
        {"id": 1, "name": "n1", "rack": {"id": 1}, "device_type": {"model": "DGX"}}],
        "power-feeds": [{"id": 1, "name": "F", "voltage": 400, "amperage": 32,
                         "rack": {"id": 1}}]}  # fmt: skip
    return [
        ("csv", (IMPORTS / "hall.csv").read_text()),
        ("price", (IMPORTS / "prices.csv").read_text()),
        ("carbon", (IMPORTS / "prices.csv").read_text()),
        ("weather-csv", WEATHER), ("epw", WEATHER), ("tmy3", WEATHER),
        ("netbox", folders["netbox"]), ("netbox", rows), ("dps", DPS),
        ("opendcim", folders["opendcim"]),
    ]  # fmt: skip


def _spoil_files(found: Any, rng: Random) -> Any:
    """The texts of a bundle, changed as tables."""
    files = found.get("files") if isinstance(found, dict) else None
    if isinstance(files, dict) and rng.random() < 0.7:
        for name, text in files.items():
            if isinstance(text, str) and text.strip() and rng.random() < 0.4:
                files[name] = mutate.text_table(text, rng).decode("utf-8", "replace")
    return found


def _archive(rng: Random) -> bytes:
    """An archive, of names that climb or of zeros; nothing here may unpack one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            rng.choice(("../../etc/cron.d/x", "/etc/passwd", "a" * 300)), "x"
        )
        packed.writestr("hall.csv", "0" * rng.choice((10, 5_000_000)))
    return rng.choice(
        (file.getvalue(), gzip.compress(file.getvalue()), bomb(50_000_000))
    )


def _dataset(rng: Random) -> Shot:
    kind = rng.choice(("requests", "rates"))
    body = mutate.text_table(REQUESTS if kind == "requests" else RATES, rng)
    if rng.random() < 0.25:
        body = gzip.compress(body, 1)
        body = mutate.spoiled(body, rng) if rng.random() < 0.5 else body
    elif rng.random() < 0.01:
        body = bomb(300_000_000)
    asked = urlencode({"name": f"d{rng.randrange(5)}", "kind": kind})
    return Shot(part="imports", target=f"{API}/datasets/import?{asked}", body=body,
                headers={"content-type": "text/csv"})  # fmt: skip


def _learn(rng: Random) -> Shot:
    count = rng.choice((16, 400, 3000))
    found = {"t_s": [n * 0.1 for n in range(count)],
             "power_w": [6000.0 + 900 * (n % 20 < 10) for n in range(count)],
             "node_count": 2}  # fmt: skip
    content = mutate.as_json(mutate.document(found, rng), rng)
    return Shot(part="imports", target=f"{API}/stabilize/learn", body=content,
                headers={"content-type": "application/json"})  # fmt: skip
