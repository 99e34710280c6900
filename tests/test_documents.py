"""Generated documents are what the recorded results make them."""

from __future__ import annotations

import re

from cli.validation.document import documents


def test_validation_page_and_readme_tables_follow_the_recorded_results():
    stale = [path.name for path, text in documents().items()
             if path.read_text() != text]  # fmt: skip

    assert stale == [], "run scripts/document_validation"


def test_no_table_shows_a_negative_zero():
    shown = [zero for text in documents().values()
             for zero in re.findall(r"-0\.00 (?:%|points)", text)]  # fmt: skip

    assert shown == []
