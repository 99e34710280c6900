"""The spool loses nothing it took, and a number never means two things."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys

import pytest

from agent.chunk import pack, unpack
from agent.segment import CHUNK, Segment
from agent.spool import Spool, SpoolBusy
from agent.spool_view import batches, frozen, records, summary
from tests.agent.conftest import ROOT
from tests.agent.make import applied, chunk

LIMIT = 4_000_000


def open_spool(folder, **more):
    return Spool(folder, **{"limit_bytes": LIMIT, "segment_bytes": 65_536, **more})


def freeze(spool, readings=1000, span_s=1e9):
    return spool.next_batch(
        max_readings=readings, max_span_s=span_s, version="1", applied=applied
    )


def put(spool, *chunks):
    return [spool.append(pack(c), len(c)) for c in chunks]


def times(batch):
    return [t for p in batch.parts for t in p.chunk.boot_us[p.rows.start : p.rows.stop]]


def test_a_chunk_comes_back_as_it_went_in():
    before = chunk(5, 3, events=["started"])

    after = unpack(pack(before))

    assert after == before


def test_a_batch_takes_chunks_until_it_is_full(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10), chunk(1_000_000, 10), chunk(2_000_000, 10))

    first, second = freeze(spool, 20), freeze(spool, 20)

    assert (first.freeze.sequence, len(times(first))) == (0, 20)
    assert (second.freeze.sequence, len(times(second))) == (1, 10)
    assert freeze(spool) is None
    assert spool.unsent_readings == 0
    assert spool.unsent_chunks == 0


def test_a_chunk_larger_than_a_batch_is_cut(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10, events=["started"]))

    cut = [freeze(spool, 4) for _ in range(3)]

    assert [len(times(b)) for b in cut] == [4, 4, 2]
    assert [t for b in cut for t in times(b)] == [i * 100_000 for i in range(10)]
    assert [b.parts[0].with_events for b in cut] == [True, False, False]


def test_a_batch_ends_after_its_seconds(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, *(chunk(i * 1_000_000, 10) for i in range(8)))

    batch = freeze(spool, span_s=5.0)

    assert len(times(batch)) == 50


def test_boots_are_never_mixed_in_a_batch(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10), chunk(0, 10, boot_id="b2"))

    assert len(times(freeze(spool))) == 10
    assert freeze(spool).parts[0].chunk.anchor.boot_id == "b2"


def test_nothing_is_frozen_before_the_clock_is_known(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk())

    batch = spool.next_batch(
        max_readings=9, max_span_s=9, version="1", applied=lambda _: None
    )

    assert batch is None
    assert freeze(spool).freeze.sequence == 0


def test_a_killed_agent_finds_its_batch_under_the_same_number_and_times(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10), chunk(1_000_000, 10))
    before = freeze(spool, 10)
    copy = shutil.copytree(tmp_path, tmp_path.with_name("after"))

    again = open_spool(copy)

    assert again.inflight() == before.freeze
    assert again.batch(again.inflight()) == before
    again.done(before.freeze)
    assert freeze(again).freeze.sequence == 1


def test_every_crash_leaves_each_number_with_one_meaning(tmp_path):
    """Cut the file after every byte: what was durable is there, and nothing else."""
    spool = open_spool(tmp_path / "whole")
    meant = {}
    for i in range(4):
        put(spool, chunk(i * 1_000_000, 3))
        batch = freeze(spool)
        meant[batch.freeze.sequence] = times(batch)
        if i % 2:
            spool.done(spool.inflight())
    (path,) = (tmp_path / "whole").glob("*.seg")
    data = path.read_bytes().rstrip(b"\0")

    for cut in range(0, len(data), 7):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / path.name).write_bytes(data[:cut] + b"\0" * (65_536 - cut))
        again = open_spool(folder)
        for under_way in again.state.inflight:
            assert times(again.batch(under_way)) == meant[under_way.sequence]
        known = frozen(folder)
        assert again.state.next_sequence == len(known)
        assert not again.state.damaged
        again.close()
        shutil.rmtree(folder)


def test_every_crash_while_the_spool_id_changes_leaves_one_meaning_too(tmp_path):
    spool = open_spool(tmp_path / "whole")
    put(spool, chunk(0, 3))
    spool.done(freeze(spool).freeze)
    put(spool, chunk(1_000_000, 3))
    before = freeze(spool)
    spool.renumber(before.freeze)
    after = spool.inflight()
    assert after.spool != before.freeze.spool
    assert (after.sequence, spool.state.next_sequence) == (0, 1)
    meant = {before.freeze.key: times(before), after.key: times(before)}
    put(spool, chunk(2_000_000, 3))
    last = freeze(spool)
    meant[last.freeze.key] = times(last)
    assert last.freeze.key == (after.spool, 1)
    (path,) = (tmp_path / "whole").glob("*.seg")
    data = path.read_bytes().rstrip(b"\0")

    for cut in range(data.index(before.freeze.spool.encode()), len(data), 7):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / path.name).write_bytes(data[:cut] + b"\0" * (65_536 - cut))
        again = open_spool(folder)
        for under_way in again.state.inflight:
            if under_way.key in meant:
                assert times(again.batch(under_way)) == meant[under_way.key]
        put(again, chunk(9_000_000, 2))
        fresh = freeze(again).freeze
        assert again.state.spool == fresh.spool
        assert fresh.key not in {f.key for f in frozen(folder)} - {fresh.key}
        again.close()
        shutil.rmtree(folder)
    spool.close()


def test_a_torn_tail_is_dropped_and_said(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10), chunk(1_000_000, 10))
    spool.close()
    (path,) = tmp_path.glob("*.seg")
    last = [r for r in records(tmp_path) if r.kind == CHUNK][-1]
    with path.open("r+b") as file:
        file.seek(last.end - 5)
        file.write(b"\xff" * 5)

    again = open_spool(tmp_path)

    assert again.unsent_readings == 10
    assert "torn tail" in again.take_notices()[0]
    put(again, chunk(2_000_000, 5))
    assert times(freeze(again))[-1] == 2_400_000
    again.close()
    assert open_spool(tmp_path).torn_bytes == 0  # wiped, not stepped over


def test_damage_in_the_middle_costs_its_records_and_starts_new_numbers(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10))
    first = freeze(spool)
    put(spool, chunk(1_000_000, 10), chunk(2_000_000, 10))
    spool.close()
    (path,) = tmp_path.glob("*.seg")
    hurt = [r for r in records(tmp_path) if r.kind == CHUNK][1]
    with path.open("r+b") as file:
        file.seek(hurt.end - 5)
        file.write(b"\xff" * 5)

    again = open_spool(tmp_path)

    assert again.inflight() == first.freeze  # under its old name
    renewed = freeze(again)
    assert renewed.freeze.spool != first.freeze.spool
    assert renewed.freeze.sequence == 0
    assert times(renewed)[0] == 2_000_000
    name = again.state.spool
    again.close()
    assert open_spool(tmp_path).state.spool == name  # told once


def test_a_full_spool_drops_the_oldest_and_counts_it(tmp_path):
    spool = open_spool(tmp_path, limit_bytes=4 * 65_536)
    noise = [float(b) for b in os.urandom(4000)]
    total = 0
    for i in range(60):
        c = chunk(i * 1_000_000_000, 500)
        c.columns["power_w"][:] = type(c.columns["power_w"])("d", noise[i : i + 500])
        c.columns["energy_j"] = type(c.columns["power_w"])("d", noise[-500:])
        put(spool, c)
        total += 500

    assert spool.bytes <= 4 * 65_536
    assert spool.state.dropped_readings > 0
    assert spool.unsent_readings + spool.state.dropped_readings == total
    assert "dropped, the oldest first" in spool.take_notices()[0]
    kept = []
    while batch := freeze(spool, 5000):
        kept += times(batch)
        spool.done(batch.freeze)
    assert len(kept) == total - spool.state.dropped_readings
    assert kept == sorted(kept)
    assert kept[-1] == 59 * 1_000_000_000 + 499 * 100_000


def test_a_segment_that_was_made_but_never_begun_gets_the_state(tmp_path):
    """A power cut between making a file and writing its head."""
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10))
    spool.done(freeze(spool).freeze)
    spool.close()
    (tmp_path / "000000000001.seg").write_bytes(b"\0" * 65_536)

    again = open_spool(tmp_path)

    assert again.state.next_sequence == 1
    assert [p.name for p in tmp_path.glob("*.seg")] == ["000000000001.seg"]
    name = again.state.spool
    again.close()
    once_more = open_spool(tmp_path)
    assert (once_more.state.spool, once_more.state.next_sequence) == (name, 1)


def test_sent_segments_go_and_the_numbers_stay(tmp_path):
    spool = open_spool(tmp_path)
    for i in range(300):
        put(spool, chunk(i * 10_000_000, 100))
        batch = freeze(spool)
        spool.done(batch.freeze)

    assert len(list(tmp_path.glob("*.seg"))) <= 2
    spool.close()
    assert open_spool(tmp_path).state.next_sequence == 300


def test_a_disk_that_takes_no_new_file_still_lets_the_backlog_out(
    tmp_path, monkeypatch
):
    spool = open_spool(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    taken = 0
    while all(put(spool, chunk(taken * 1_000_000, 100))):
        taken += 1
    assert taken > 5
    assert "No space left" in spool.trouble
    assert spool.waiting_readings == 100

    sent = 0
    while batch := freeze(spool, 200):
        sent += len(times(batch))
        spool.done(batch.freeze)
    assert sent == taken * 100

    monkeypatch.undo()
    assert put(spool, chunk(10**12, 100)) == [True]
    assert spool.trouble == ""
    rest = freeze(spool)
    assert len(times(rest)) == 200  # what had waited, then the new
    assert times(rest)[0] == taken * 1_000_000


@pytest.mark.parametrize("keep_sent", [False, True])
def test_what_was_sent_makes_room_on_a_full_disk(tmp_path, monkeypatch, keep_sent):
    """A disk of three segments, all full: sent ones go, even those to be kept."""
    real = os.posix_fallocate

    def limited(handle, offset, size):
        used = sum(path.stat().st_size for path in tmp_path.glob("*.seg"))
        if used + size > 3 * 65_536:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle, offset, size)

    monkeypatch.setattr(os, "posix_fallocate", limited)
    spool = open_spool(tmp_path, keep_sent=keep_sent)
    taken = 0
    while all(put(spool, chunk(taken * 1_000_000, 100))):
        taken += 1
    while batch := freeze(spool, 1000):
        spool.done(batch.freeze)

    assert put(spool, chunk(10**12, 100)) == [True]

    assert len(times(freeze(spool))) == 200
    assert spool.state.dropped_readings == 0


def test_a_write_that_fails_half_way_leaves_nothing_torn(tmp_path, monkeypatch):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10))
    real = Segment.sync
    failing = [True]

    def sync(segment):
        if failing:
            raise OSError(errno.EIO, "Input/output error")
        real(segment)

    monkeypatch.setattr(Segment, "sync", sync)
    assert put(spool, chunk(1_000_000, 10)) == [False]
    assert spool.unsent_readings == 10
    with pytest.raises(OSError, match="Input/output"):
        freeze(spool)
    failing.clear()

    assert put(spool, chunk(2_000_000, 10)) == [True]
    assert len(times(freeze(spool))) == 30
    spool.close()
    assert len(times(next(batches(tmp_path)))) == 30


FILE_LIMIT = """
import sys, resource
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from agent.chunk import pack
from agent.spool import Spool
from tests.agent.make import chunk
spool = Spool(Path(sys.argv[1]), limit_bytes=4_000_000, segment_bytes=90_000)
big = spool.append(b"x" * 200_000, 7)
print(big, spool.waiting_readings, spool.trouble)
"""


def test_a_file_size_limit_is_a_full_disk_too(tmp_path):
    assert resource.RLIMIT_FSIZE >= 0

    done = subprocess.run(
        [sys.executable, "-c", FILE_LIMIT, str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip

    assert done.stdout.startswith("False 7 "), done.stderr
    assert "File too large" in done.stdout


def test_two_agents_cannot_share_a_spool(tmp_path):
    spool = open_spool(tmp_path)

    with pytest.raises(SpoolBusy, match=f"process {os.getpid()}.*--spool-dir"):
        open_spool(tmp_path)

    spool.close()
    open_spool(tmp_path).close()


def test_halves_of_a_batch_carry_what_the_whole_did(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10, events=["started"]), chunk(1_000_000, 10))
    whole = freeze(spool)

    assert spool.split(whole.freeze)

    halves = [spool.batch(f) for f in spool.state.inflight]
    assert [h.freeze.sequence for h in halves] == [1, 2]
    assert [t for h in halves for t in times(h)] == times(whole)
    assert sum(p.with_events for h in halves for p in h.parts) == 2
    spool.close()
    again = open_spool(tmp_path)
    assert [again.batch(f) for f in again.state.inflight] == halves
    assert {f.sequence for f in frozen(tmp_path)} == {1, 2}


def test_a_batch_of_one_slot_cannot_be_split(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 0, events=["started"]))

    assert not spool.split(freeze(spool).freeze)


def test_a_summary_tells_what_waits_without_holding_the_spool(tmp_path):
    spool = open_spool(tmp_path)
    put(spool, chunk(0, 10), chunk(1_000_000, 10))
    spool.done(freeze(spool, 10).freeze)

    told = summary(tmp_path)

    assert (told["readings"], told["unsent_readings"]) == (20, 10)
    assert told["next_sequence"] == 1
    assert told["spool"] == spool.state.spool
