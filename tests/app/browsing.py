"""What tests in a browser wait for: marks that a page leaves on its body."""

from __future__ import annotations

from tests.app.conftest import ANSWER_MS


def marked(page, name, act=lambda: None):
    """Do something, and wait until a mark on the page has moved."""
    before = page.evaluate(f"document.body.dataset.{name} || ''")
    act()
    page.wait_for_function(
        f"b => (document.body.dataset.{name} || '') !== b", arg=before,
        timeout=ANSWER_MS,
    )  # fmt: skip


def settled(page, act, *, prefix):
    """Do something, and wait for the settled answer."""
    before = page.evaluate(f"document.body.dataset.{prefix}Seq || 0")
    act()
    page.wait_for_function(
        f"b => Number(document.body.dataset.{prefix}Fine || 0) > Number(b)",
        arg=before, timeout=ANSWER_MS,
    )  # fmt: skip


def call_of(page, prefix):
    """Open the API call of the view, return its text, and close it."""
    page.click(f"#{prefix}-api")
    text = page.inner_text(f"#{prefix}-api-text")
    page.keyboard.press("Escape")
    page.wait_for_selector(".mantine-Modal-content", state="detached")
    return text
