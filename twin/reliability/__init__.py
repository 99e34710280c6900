"""Reliability: failure rates and repair times to lost server-hours a year."""

from __future__ import annotations

from twin.reliability.answer import Answer, answer, judge_of
from twin.reliability.items import Item, items_of
from twin.reliability.judge import Judge

__all__ = ["Answer", "Item", "Judge", "answer", "items_of", "judge_of"]
