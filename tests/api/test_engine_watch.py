"""A worker that dies half way through its answer."""

from __future__ import annotations

import os
import signal
import struct
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from api.engines import open_engine

PATIENCE_S = 60.0


def half_an_answer(size=1_000_000):
    """Begin to write an answer as the pool's worker does, and die."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        frame = frame.f_back
    writer = frame.f_locals["result_queue"]._writer
    os.write(writer.fileno(), struct.pack("!i", size) + b"begun")
    os.kill(os.getpid(), signal.SIGKILL)


def test_half_an_answer_breaks_the_pool_and_a_new_one_works():
    engine = open_engine("processes", workers=2)
    try:
        lost = engine.submit(half_an_answer)
        with pytest.raises(BrokenProcessPool) as broken:
            lost.result(timeout=PATIENCE_S)
        assert engine.mend(broken.value)
        assert engine.submit(pow, 2, 5).result(timeout=PATIENCE_S) == 32
    finally:
        engine.close()
