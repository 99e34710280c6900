"""Bodies made to take memory: each is refused or read, and none takes much of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numba import njit

from api import memory
from api.memory import Large
from api.site_service import SiteService
from twin.errors import Cancelled
from twin.plan.memo import Memo
from twin.scenario import parse_scenario

MOST_MB = 300.0
"""What one body may take beside itself."""
CHILD = """
import io, resource, sys
import numpy, pyarrow, pyarrow.parquet
from twin.errors import NameplateError
{setup}
body = {body}
def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before_mb = peak_mb()
try:
    read(body)
    said = "read"
except NameplateError as error:
    said = "refused"
print(said, peak_mb() - before_mb)
"""
BATCH = "from api.telemetry_batch import parse_batch as read"
OTLP = "from api.wire.otlp_json import read_json as read"
JSON = "from store.exchange.files import read_json as read"
CSV = "from store.exchange.files import read_csv as read"
YAML = "from store.exchange.files import read_yaml as read"
FILE = """
import tempfile
from pathlib import Path
from store.telemetry_files import TelemetryFile
from store.telemetry_rows import FileSource
import pyarrow as pa

def parquet(**how):
    n = 50_000
    file = io.BytesIO()
    texts = ["m" * 20_000] * n
    pyarrow.parquet.write_table(pa.table({
        "time": numpy.arange(n) + 1_763_733_600_000_000, "uuid": texts,
        "power_w": numpy.ones(n)}), file, compression="zstd", **how)
    del texts
    return file.getvalue()

def read(body):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(body)
        TelemetryFile(path, FileSource()).look()
"""


@pytest.mark.parametrize(
    ("setup", "body", "said"),
    [
        pytest.param(BATCH, "b'[' + b'[],' * 13_300_000 + b'0]'", "refused",
                     id="a batch of 13 million lists"),
        pytest.param(BATCH, "b'[' + b'{},' * 13_300_000 + b'0]'", "refused",
                     id="a batch of 13 million objects"),
        pytest.param(BATCH, "b'[' + b'\"ab\",' * 8_000_000 + b'0]'", "refused",
                     id="a batch of 8 million texts"),
        pytest.param(BATCH, "b'[' + b'{\"\":0},' * 290_000 + b'0]'", "refused",
                     id="a batch with as many parts as it may have"),
        pytest.param(BATCH, "b'[\"' + b'a' * 39_900_000 + '\\U0001f600\"]'.encode()",
                     "refused", id="one letter that makes a text four times as large"),
        pytest.param(OTLP, "b'[' + b'{},' * 2_600_000 + b'0]'", "refused",
                     id="OTLP of 3 million objects"),
        pytest.param(JSON, "b'[' + b'[],' * 6_600_000 + b'0]'", "refused",
                     id="an import of 7 million lists"),
        pytest.param(JSON, "b'[' + b'\"ab\",' * 1_900_000 + b'0]'", "read",
                     id="an import of 2 million texts"),
        pytest.param(JSON,
                     "b'[\"' + b'a' * 19_900_000 + '\\U0001f600\\\\u0000\"]'.encode()",
                     "refused", id="an import of one wide text"),
        pytest.param(CSV, "b','.join(b'%d' % i for i in range(200)) + b'\\n'"
                     " + (b',' * 199 + b'\\n') * 99_000", "refused",
                     id="a table of 20 million empty cells"),
        pytest.param(YAML, "'[' + '[],' * 333_000 + '0]'", "refused",
                     id="a megabyte of YAML's lists"),
        pytest.param(FILE, "parquet()", "refused",
                     id="one long text in a dictionary of Parquet"),
        pytest.param(FILE, "parquet(use_dictionary=False)", "refused",
                     id="long texts in Parquet, packed well"),
        pytest.param(FILE, "b'time,uuid,power_w\\n' +"
                     " (b'1763733600000000,a,' + b'1' * 90_000 + b'\\n') * 600",
                     "refused", id="numbers of 90,000 digits in a CSV"),
    ],
)  # fmt: skip
def test_no_body_takes_much_memory(setup, body, said):
    script = CHILD.format(setup=setup, body=body)

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        timeout=120,
    )  # fmt: skip

    found, grown_mb = done.stdout.split()
    assert found == said
    assert float(grown_mb) < MOST_MB


def test_a_full_batch_of_packed_columns_is_taken():
    """As large as an agent makes them: 200,000 readings of every field."""
    import base64
    import json

    from api.telemetry_batch import MAX_READINGS, MAX_TEXT_BYTES, parse_batch
    from twin.telemetry.fields import FIELDS

    def packed(kind):
        zeros = np.zeros(MAX_READINGS, "<" + kind).tobytes()
        return {kind: base64.b64encode(zeros).decode()}

    text = json.dumps({
        "format": 1, "sequence": 0, "start_us": 0,
        "agent": {"name": "n", "spool": "a" * 32}, "devices": [{"key": "GPU-0"}],
        "columns": {"device": packed("i4"), "offset_us": packed("i8"),
                    **{field.name: packed("f8") for field in FIELDS}},
    }).encode()  # fmt: skip

    assert len(text) < MAX_TEXT_BYTES
    assert len(parse_batch(text).readings) == MAX_READINGS


def test_a_large_question_waits_for_its_turn_and_hears_a_cancel(monkeypatch):
    turns, forgot, asked = Large(at_once=1), [], []

    def cancelled():
        asked.append(True)
        return len(asked) == 2

    monkeypatch.setattr(memory, "TIGHT_BYTES", memory.held_bytes() + 10**12)
    with turns.turn(lambda: False, lambda: forgot.append(1)):
        with pytest.raises(Cancelled), turns.turn(cancelled, list):
            pass
        assert forgot == []  # there is room

    monkeypatch.setattr(memory, "TIGHT_BYTES", -1)
    with turns.turn(lambda: False, lambda: forgot.append(1)):
        assert forgot == [1]


@pytest.mark.parametrize(
    ("facility", "waits"),
    [
        pytest.param({"template": {"design": "2n"}}, False, id="the ready-made site"),
        pytest.param({"template": {"design": "2n", "halls": 8}}, True, id="8 halls"),
    ],
)
def test_only_a_large_site_waits_and_spares_what_its_kind_remembers(facility, waits):
    service = SiteService(SimpleNamespace())
    scenario = parse_scenario({"facility": facility})

    assert service.large(scenario) is (service.answers if waits else None)


def test_what_is_remembered_is_forgotten_where_a_large_question_needs_room():
    memo = Memo(limit=4)
    memo.remember("site:a", lambda: np.zeros(100))
    memo.forget()

    assert memo.known("site:a") is None


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
def test_code_that_is_let_go_comes_back_when_it_is_run():
    def resident_kb():
        found = re.findall(
            r"r-xp \S+ \S+ [1-9]\d* +(\S*llvmlite\S*)\n(?:\S+: .*\n)*?Rss: +(\d+)",
            Path("/proc/self/smaps").read_text("utf-8"),
        )
        return sum(int(kb) for _, kb in found)

    double = njit(lambda x: 2 * x)
    assert double(2) == 4
    before = resident_kb()
    memory.drop_code()

    assert 0 <= resident_kb() < 0.5 * before
    assert njit(lambda x: 3 * x)(2) == 6  # the compiler runs again


def test_only_large_stretches_that_are_as_in_their_files_are_let_go():
    def stretch(first, mode, inode, anonymous_kb, size=0x200000):
        return (
            f"{first:x}-{first + size:x} {mode} 00000000 08:01 {inode} /lib/a.so\n"
            f"Rss: 8 kB\nAnonymous: {anonymous_kb} kB\nVmFlags: rd mr\n"
        )

    found = memory._as_in_files("".join([
        stretch(0x10000000, "r-xp", 7, 0), stretch(0x20000000, "r--p", 7, 0),
        stretch(0x30000000, "r--p", 7, 4), stretch(0x40000000, "rw-p", 7, 0),
        stretch(0x50000000, "r-xp", 0, 0), stretch(0x60000000, "r-xp", 7, 0, 0x1000),
    ]))  # fmt: skip

    assert list(found) == [(0x10000000, 0x10200000), (0x20000000, 0x20200000)]
