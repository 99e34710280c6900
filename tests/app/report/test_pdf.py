"""PDFs: pages, sheets, nothing fetched, and what is said where they cannot be made."""

from __future__ import annotations

import re
import sys
import threading

import pytest

from api.problems import Refusal
from app.report import pdf
from app.report.kinds import report_of
from app.report.page import Report, written

weasyprint = pytest.importorskip("weasyprint", exc_type=ImportError)
PAGE = written(Report(kind="Test", title="A site", answer="3 MW", rest="are drawn",
                      good=None, sections=(("One", "<p>Words.</p>"),)))  # fmt: skip


def boxes(content):
    """Sizes of the pages. [pt]"""
    found = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", content)
    return {(round(float(w)), round(float(h))) for w, h in found}


@pytest.mark.parametrize(
    ("paper", "size"),
    [("a4", (595, 842)), ("letter", (612, 792))],
    ids=["A4", "Letter"],
)
def test_sheets_are_as_large_as_asked(paper, size):
    content = pdf.as_pdf(PAGE, paper=paper)

    assert content.startswith(b"%PDF-")
    assert boxes(_plainly(paper)) == {size}


def _plainly(paper):
    """The same, with its objects readable."""
    sheet = weasyprint.CSS(string=f"@page{{size:{pdf._SIZES[paper]}}}")
    page = weasyprint.HTML(string=PAGE)
    return page.write_pdf(stylesheets=[sheet], uncompressed_pdf=True)


def test_a_whole_report_becomes_several_pages(whatif):
    document = weasyprint.HTML(string=report_of(whatif)).render()

    assert len(document.pages) > 3


def test_a_page_fetches_nothing(tmp_path):
    """A picture of this machine does not get into the file."""
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
                      "<text>top secret</text></svg>")  # fmt: skip
    page = f'<img src="file://{secret}"><link rel="stylesheet" href="file:///x.css">'
    fetcher = pdf.fetch_nothing(weasyprint)

    for url in (f"file://{secret}", "http://127.0.0.1/", "data:text/plain,x"):
        with pytest.raises(ValueError, match="disallowed protocol"):
            fetcher.fetch(url)
    whole = weasyprint.HTML(string=page).write_pdf()  # a picture that is fetched
    assert len(pdf.as_pdf(page)) < len(whole) - 100


def test_a_pdf_that_takes_too_long_is_refused_and_holds_its_turn(monkeypatch):
    go, begun = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        go.wait(30)
        return b"%PDF-"

    monkeypatch.setattr(pdf, "_laid_out", slow)
    monkeypatch.setattr(pdf, "_TURN", threading.BoundedSemaphore(1))
    try:
        with pytest.raises(Refusal, match="not ready within") as late:
            pdf.as_pdf(PAGE, limit_s=0.05)
        assert late.value.status == 503
        with pytest.raises(Refusal, match="being made already") as busy:
            pdf.as_pdf(PAGE)
        assert busy.value.headers["retry-after"]
    finally:
        go.set()
    assert pdf._TURN.acquire(timeout=30)  # the late one gave its turn back


@pytest.mark.parametrize("error", [ImportError("no module"), OSError("libpango")],
                         ids=["no weasyprint", "no pango"])  # fmt: skip
def test_without_its_library_a_pdf_is_refused_with_the_repair(monkeypatch, error):
    class Missing:
        def find_spec(self, name, *_):
            if name == "weasyprint":
                raise error

    for name in [n for n in sys.modules if n.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])

    with pytest.raises(Refusal) as refused:
        pdf.check_pdf()
    assert refused.value.status == 501
    assert "libpangoft2" in refused.value.errors[0].repair
    assert "-e '.[pdf]'" in refused.value.errors[0].repair
