"""Datasets: read right, pulled whole or not at all, imported only when sound."""

from __future__ import annotations

import csv
import gzip
import io
import json
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from numpy.testing import assert_allclose

from store import csv_files, published, readers, servegen
from store.datasets import DatasetError, DatasetStore, ImportProblem
from store.download import DownloadError, blob_sha1, text_sha256
from twin.errors import Cancelled, ScenarioError

AZURE = published.BY_NAME["azure-llm-2023-conv"]
REQUESTS_CSV = "t_s,prompt_tokens,output_tokens\n10,100,20\n10.5,200,30\n12,50,5\n"
PUBLISHER_CSV = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:15:46.6805900,374,44\r\n"
    "2023-11-16 18:15:50.9951690,396,109"
)


def make_store(tmp_path, *, data_dir=None, handler=None):
    http = None
    if handler is not None:
        http = httpx.Client(transport=httpx.MockTransport(handler))
    folders = SimpleNamespace(data_dir=data_dir, cache_dir=tmp_path / "cache")
    return DatasetStore(folders, http=http)


def write(tmp_path, text, name="mine.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def files_in(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


# --- reading ------------------------------------------------------------------------


def test_publishers_own_csv_and_its_reduced_copy_read_alike(tmp_path):
    copy = (
        "t_s,timestamp_utc,context_tokens,generated_tokens\n"
        "0.0,2023-11-16 18:15:46.6805900,374,44\n"
        "4.3146,2023-11-16 18:15:50.9951690,396,109\n"
    )

    own = readers.read_requests(write(tmp_path, PUBLISHER_CSV, "own.csv"))
    reduced = readers.read_requests(write(tmp_path, gzip.compress(copy.encode())))

    assert_allclose(own.arrived_s, [0.0, 4.314579], atol=1e-6)
    assert_allclose(own.arrived_s, reduced.arrived_s, atol=1e-4)
    assert own.prompt_tokens.tolist() == reduced.prompt_tokens.tolist() == [374, 396]
    assert own.output_tokens.tolist() == reduced.output_tokens.tolist() == [44, 109]


def test_an_empty_variation_is_poisson(tmp_path):
    rates = readers.read_rates(
        write(tmp_path, "t_s,total_rate_rps,rate_weighted_cv\n0,5,2\n9,0,\n18,1,0\n")
    )

    assert rates.window_s == 9
    assert rates.rate_rps.tolist() == [5, 0, 1]
    assert rates.cv.tolist() == [2, 1, 1]


def test_times_start_at_zero_and_offsets_are_minded(tmp_path):
    text = (
        "timestamp,input_tokens,output_tokens\n"
        "2023-11-16 18:00:00.5Z,1,1\n2023-11-16 20:00:02+02:00,1,1\n"
    )

    assert_allclose(readers.read_requests(write(tmp_path, text)).arrived_s, [0.0, 1.5])


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        pytest.param("", 0, "", "must not be empty", id="empty file"),
        pytest.param("t_s,prompt_tokens\n1,2\n", 1, "", "output tokens",
                     id="missing column"),
        pytest.param("a,b,c\n1,2,3\n", 1, "", "column of time", id="wrong columns"),
        pytest.param("t_s,prompt_tokens,output_tokens\n", 0, "", "at least 1",
                     id="zero rows"),
        pytest.param("t_s,prompt_tokens,output_tokens\n0,1,1\nnan,1,1\n", 3, "t_s",
                     "nan", id="not a number"),
        pytest.param("t_s,prompt_tokens,output_tokens\n0,-4,1\n", 2, "prompt_tokens",
                     "-4", id="negative"),
        pytest.param("t_s,prompt_tokens,output_tokens\n0,1.5,1\n", 2, "prompt_tokens",
                     "whole", id="half a token"),
        pytest.param("t_s,prompt_tokens,output_tokens\n0,1,0\n", 2, "output_tokens",
                     "1 to", id="no output token"),
        pytest.param("t_s,prompt_tokens,output_tokens\n0,1,inf\n", 2, "output_tokens",
                     "inf", id="infinite"),
        pytest.param("t_s,prompt_tokens,output_tokens\n5,1,1\n4,1,1\n", 3, "t_s",
                     "back in time", id="unsorted"),
        pytest.param("t_s,prompt_tokens,output_tokens\n5,1\n", 2, "", "3 cells",
                     id="short line"),
        pytest.param("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1\n", 2,
                     "TIMESTAMP", "yesterday", id="not a time"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", 0, "", "UTF-8", id="a picture"),
        pytest.param(b"t_s\x00,b\n", 0, "", "UTF-8", id="NUL bytes"),
        pytest.param(b"\x1f\x8bnot gzip", 0, "", "gzip", id="broken gzip"),
    ],
)  # fmt: skip
def test_a_bad_line_of_requests_is_named(tmp_path, text, line, column, says):
    store = make_store(tmp_path)

    with pytest.raises(ImportProblem, match=says) as caught:
        store.import_file("mine", "requests", write(tmp_path, text))

    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.repair
    assert files_in(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        pytest.param("t_s,rate_rps\n0,1\n", 0, "at least 2", id="one window"),
        pytest.param("t_s,rate_rps\n0,0\n600,0\n", 0, "some traffic", id="no traffic"),
        pytest.param("t_s,rate_rps\n0,1\n600,1\n1300,1\n", 4, "equal windows",
                     id="a gap"),
        pytest.param("t_s,rate_rps\n0,1\n0,1\n", 3, "back in time", id="same time"),
        pytest.param("t_s,rate_rps,cv\n0,1,1\n600,1,-2\n", 3, "-2",
                     id="negative variation"),
    ],
)  # fmt: skip
def test_a_bad_line_of_rates_is_named(tmp_path, text, line, says):
    with pytest.raises(ImportProblem, match=says) as caught:
        readers.read_rates(write(tmp_path, text))

    assert caught.value.line == line


def test_a_huge_file_is_refused_however_well_it_is_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_files, "MAX_BYTES", 10_000)
    bomb = gzip.compress(REQUESTS_CSV.encode() + b"13,1,1\n" * 10_000)
    assert len(bomb) < csv_files.MAX_BYTES

    with pytest.raises(ImportProblem, match="at most 10,000 bytes"):
        readers.read_requests(write(tmp_path, bomb))


def test_a_line_without_an_end_is_refused_before_it_is_held(tmp_path):
    bomb = gzip.compress(REQUESTS_CSV.encode() + b"7" * 2_000_000)

    with pytest.raises(ImportProblem, match="lines of at most 1,000,000 bytes"):
        readers.read_requests(write(tmp_path, bomb))

    long = REQUESTS_CSV.encode() + b"\r13,1,1" * 200_000  # a megabyte of short lines
    readers.read_requests(write(tmp_path, long))


def test_too_many_lines_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_files, "MAX_ROWS", 3)

    with pytest.raises(ImportProblem, match="at most 3 lines"):
        readers.read_requests(write(tmp_path, REQUESTS_CSV))


# --- importing ----------------------------------------------------------------------


def test_an_imported_file_is_listed_and_can_be_run(tmp_path):
    store = make_store(tmp_path)

    info = store.import_file("mine", "requests", write(tmp_path, REQUESTS_CSV))

    assert info.present
    assert info.origin == "imported"
    assert "mine" in {d.name for d in store.list()}
    requests = store.recordings({"mine"}).requests["mine"]
    assert_allclose(requests.arrived_s, [0.0, 0.5, 2.0])
    assert requests.output_tokens.tolist() == [20, 30, 5]


def test_importing_again_replaces_the_file_even_with_another_kind(tmp_path):
    store = make_store(tmp_path)
    store.import_file("mine", "requests", write(tmp_path, REQUESTS_CSV))

    store.import_file("mine", "rates", write(tmp_path, "t_s,rate_rps\n0,1\n60,2\n"))

    assert files_in(tmp_path / "cache") == ["mine.rates.csv.gz"]
    rates = store.recordings({"mine"}).rates["mine"]
    assert rates.window_s == 60
    assert rates.rate_rps.tolist() == [1, 2]


def test_a_failed_import_leaves_the_older_one(tmp_path):
    store = make_store(tmp_path)
    store.import_file("mine", "requests", write(tmp_path, REQUESTS_CSV))

    with pytest.raises(ImportProblem):
        store.import_file("mine", "requests", write(tmp_path, "t_s\nx\n"))

    assert store.recordings({"mine"}).requests["mine"].arrived_s.size == 3


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        pytest.param("azure-llm-2023-conv", "requests", "name", id="name is taken"),
        pytest.param("../up", "requests", "name", id="name leaves the folder"),
        pytest.param("", "requests", "name", id="no name"),
        pytest.param("mine", "benchmark", "kind", id="unknown kind"),
    ],
)
def test_a_bad_name_or_kind_is_refused(tmp_path, name, kind, field):
    with pytest.raises(ScenarioError) as caught:
        make_store(tmp_path).import_file(name, kind, write(tmp_path, REQUESTS_CSV))

    assert caught.value.field == field


# --- asking -------------------------------------------------------------------------


def test_an_absent_dataset_says_how_to_get_it(tmp_path):
    with pytest.raises(DatasetError, match="nameplate datasets pull servegen-m-large"):
        make_store(tmp_path).recordings({"servegen-m-large"})


def test_an_unknown_dataset_names_the_known_ones(tmp_path):
    with pytest.raises(DatasetError, match="azure-llm-2023-code"):
        make_store(tmp_path).recordings({"azure"})


# --- pulling ------------------------------------------------------------------------


def with_checksum(monkeypatch, digest):
    entry = published.Published(
        **{f: getattr(AZURE, f) for f in AZURE.__slots__} | {"text_sha256": digest}
    )
    monkeypatch.setitem(published.BY_NAME, AZURE.name, entry)


def test_a_pulled_file_is_verified_whatever_its_line_ends(tmp_path, monkeypatch):
    plain = PUBLISHER_CSV.replace("\r\n", "\n") + "\n"
    with_checksum(monkeypatch, text_sha256(plain.encode()))
    asked = []

    def publisher(request):
        asked.append(str(request.url))
        return httpx.Response(200, content=PUBLISHER_CSV.encode())

    store = make_store(tmp_path, handler=publisher)
    info = store.pull(AZURE.name)

    assert info.present
    assert asked == [
        f"https://raw.githubusercontent.com/{AZURE.repository}/{AZURE.commit}/"
        + AZURE.paths[0]
    ]
    assert store.recordings({AZURE.name}).requests[AZURE.name].arrived_s.size == 2
    receipt = json.loads(
        (tmp_path / "cache/published" / AZURE.name / "receipt.json").read_text()
    )
    assert receipt["licence"] == "CC-BY-4.0"


def test_a_changed_file_is_refused_and_nothing_stays(tmp_path):
    def publisher(request):
        return httpx.Response(200, content=PUBLISHER_CSV.encode())

    store = make_store(tmp_path, handler=publisher)

    with pytest.raises(DownloadError, match="SHA-256"):
        store.pull(AZURE.name)

    assert files_in(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("handler", "field"),
    [
        pytest.param(lambda r: httpx.Response(404), "publisher", id="moved away"),
        pytest.param(lambda r: (_ for _ in ()).throw(httpx.ConnectError("no route")),
                     "network", id="no network"),
    ],
)  # fmt: skip
def test_an_unreachable_publisher_is_said_so(tmp_path, handler, field):
    store = make_store(tmp_path, handler=handler)

    with pytest.raises(DownloadError) as caught:
        store.pull(AZURE.name)

    assert caught.value.field == field
    assert files_in(tmp_path / "cache") == []


def test_a_cancelled_download_leaves_nothing(tmp_path):
    def publisher(request):
        return httpx.Response(200, content=PUBLISHER_CSV.encode())

    store = make_store(tmp_path, handler=publisher)

    with pytest.raises(Cancelled):
        store.pull(AZURE.name, cancelled=lambda: True)

    assert files_in(tmp_path / "cache") == []


def test_a_first_download_is_trusted_and_a_later_other_one_is_not(tmp_path):
    config = {
        "model_id": "m", "total_params_billions": 1, "activated_params_billions": 1,
        "architecture": "Dense", "weight_precision": "fp8", "avg_power_watts": 300.0,
        "gpu_model": "H100", "num_gpus": 1, "tensor_parallel": 1, "expert_parallel": 1,
        "data_parallel": 1, "avg_batch_size": 8.0, "avg_output_len": 100.0,
        "energy_per_request_joules": 1.0, "energy_per_token_joules": 1.0,
        "max_num_seqs": 8, "median_itl_ms": 10.0,
        "output_throughput_tokens_per_sec": 300.0, "p90_itl_ms": 11.0,
        "p95_itl_ms": 12.0, "p99_itl_ms": 13.0,
    }  # fmt: skip
    served = {"configurations": [config]}
    store = make_store(
        tmp_path, handler=lambda r: httpx.Response(200, content=json.dumps(served))
    )

    info = store.pull("mlenergy-v3")
    assert "first download" in info.checked
    rows = store.table("mlenergy-v3")
    assert [r["task"] for r in rows] == ["gpqa", "lm-arena-chat", "sourcegraph-fim"]
    assert rows[0]["avg_power_watts"] == "300.0"

    config["avg_power_watts"] = 301.0
    with pytest.raises(DownloadError, match="first was"):
        store.pull("mlenergy-v3")
    assert store.table("mlenergy-v3")[0]["avg_power_watts"] == "300.0"


def test_pickles_are_not_pulled(tmp_path):
    with pytest.raises(DownloadError, match="pickle"):
        make_store(tmp_path).pull("acme-power-cdf")


def client_trace(rate_rps, cv):
    rows = [[i * 600, rate_rps, cv, "Gamma", 1, 1] for i in range(servegen.WINDOWS)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def servegen_server(files, listing=None):
    tree = [{"path": p, "type": "blob", "sha": blob_sha1(d)} for p, d in files.items()]

    def answer(request):
        url = str(request.url)
        if "/git/trees/" in url:
            return httpx.Response(200, json=listing or {"tree": tree})
        path = url.partition(published.BY_NAME["servegen-m-large"].commit + "/")[2]
        return httpx.Response(200, content=files[path])

    return answer


@pytest.fixture
def two_clients(monkeypatch):
    monkeypatch.setitem(servegen.MEAN_RPS, "servegen-m-large", 4.0)
    folder = "data/language/m-large"
    return {
        f"{folder}/chunk-1-trace.csv": client_trace(3.0, 1.0),
        f"{folder}/chunk-2-trace.csv": client_trace(1.0, 2.0),
        f"{folder}/chunk-1-dataset.json": b"{}",
        "data/language/m-small/chunk-1-trace.csv": client_trace(50.0, 1.0),
    }


def test_servegen_clients_are_added_and_variation_weighted_by_rate(
    tmp_path, two_clients
):
    store = make_store(tmp_path, handler=servegen_server(two_clients))

    store.pull("servegen-m-large")

    rates = store.recordings({"servegen-m-large"}).rates["servegen-m-large"]
    assert rates.rate_rps.size == 2016
    assert_allclose(rates.rate_rps, 4.0)
    assert_allclose(rates.cv, (3 * 1 + 1 * 2) / 4)
    assert rates.client_count == 2


def test_servegen_with_a_client_missing_is_refused(tmp_path, two_clients):
    del two_clients["data/language/m-large/chunk-2-trace.csv"]
    store = make_store(tmp_path, handler=servegen_server(two_clients))

    with pytest.raises(ScenarioError, match="must add up to 4"):
        store.pull("servegen-m-large")

    assert files_in(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("listing", "says"),
    [
        pytest.param({"tree": []}, "file list", id="folder is gone"),
        pytest.param({"truncated": True, "tree": []}, "cut short", id="list is cut"),
        pytest.param({"message": "no"}, "another form", id="another form"),
    ],
)
def test_another_file_list_is_refused(tmp_path, two_clients, listing, says):
    store = make_store(tmp_path, handler=servegen_server(two_clients, listing))

    with pytest.raises(DownloadError, match=says):
        store.pull("servegen-m-large")


def test_a_trace_of_another_form_is_refused(tmp_path, two_clients):
    two_clients["data/language/m-large/chunk-1-trace.csv"] = b"start,rate\n0,1\n"
    store = make_store(tmp_path, handler=servegen_server(two_clients))

    with pytest.raises(ScenarioError, match="2 cells, expected 6"):
        store.pull("servegen-m-large")


def test_git_names_bytes_like_git_does():
    # `printf 'hello\n' | git hash-object --stdin`
    assert blob_sha1(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


# --- the published data -------------------------------------------------------------


@pytest.mark.data
def test_published_traffic_has_its_published_size(tmp_path, data_dir):
    store = make_store(tmp_path, data_dir=data_dir)

    found = store.recordings(
        {"azure-llm-2023-conv", "azure-llm-2023-code", "servegen-m-large",
         "servegen-m-small"}
    )  # fmt: skip

    conv = found.requests["azure-llm-2023-conv"]
    assert conv.arrived_s.size == 19_366
    assert_allclose(conv.prompt_tokens.mean(), 1155, atol=1)
    assert_allclose(conv.output_tokens.mean(), 211, atol=1)
    assert found.requests["azure-llm-2023-code"].arrived_s.size == 8_819
    for name, mean_rps in servegen.MEAN_RPS.items():
        rates = found.rates[name]
        assert rates.window_s == servegen.WINDOW_S
        assert rates.rate_rps.size == servegen.WINDOWS
        assert_allclose(rates.rate_rps.mean(), mean_rps, rtol=1e-5)
        assert np.all(rates.cv > 0)


@pytest.mark.data
@pytest.mark.parametrize("name", ["azure-llm-2023-conv", "azure-llm-2023-code"])
def test_known_checksums_are_those_of_the_published_rows(data_dir, name):
    entry = published.BY_NAME[name]
    rows = csv_files.read_table(data_dir / entry.copy)
    text = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(
        f"{r['timestamp_utc']},{r['context_tokens']},{r['generated_tokens']}"
        for r in rows
    )

    assert text_sha256(text.encode()) == entry.text_sha256


@pytest.mark.data
def test_splitwise_checksum_is_that_of_the_published_rows(data_dir):
    entry = published.BY_NAME["splitwise-perf-power"]
    rows = csv_files.read_table(data_dir / entry.copy)
    for row in rows:  # the copy blanks the zeros
        for column in ("peak_power", "average_power"):
            row[column] = row[column] or "0.0"
    text = "\n".join([",".join(rows[0]), *(",".join(r.values()) for r in rows)])

    assert text_sha256(text.encode()) == entry.text_sha256


@pytest.mark.data
def test_benchmarks_are_tables(tmp_path, data_dir):
    store = make_store(tmp_path, data_dir=data_dir)

    assert len(store.table("splitwise-perf-power")) == 1260
    assert len(store.table("mlenergy-v3")) == 685
    assert len(store.table("acme-power-cdf")) == 6000
    with pytest.raises(DatasetError, match="benchmark"):
        store.recordings({"mlenergy-v3"})
    with pytest.raises(DatasetError, match="traffic"):
        store.table("servegen-m-small")
