"""What a reader sees of a report, and what no report may hold."""

from __future__ import annotations

import html
import re

HOSTILE = '</title><script>alert(1)</script><img src=x onerror="alert(2)">'


def plain(page):
    """Text of a report, one space between words."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def section(page, name):
    """Text of one section."""
    parts = re.split(r"<section id=", page)
    return next(plain(f"<s {p}") for p in parts if f"</span> {name}</h2>" in p)


def answer(page):
    """The sentence that answers, and the number at its head."""
    found = re.search(r'<p class="verdict[^"]*"><b>(.*?)</b>(.*?)</p>', page)
    return html.unescape(found[1]), html.unescape(found[2]).strip()


def assert_alone(page):
    """Nothing is fetched, nothing runs: links lead inside, data stands in the file."""
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b", page)
    bare = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    for target in re.findall(r'\b(?:src|href)="([^"]*)"', bare):
        assert target.startswith(("#part-", "data:application/yaml;base64,")), target
    assert not re.search(r"<[^>]*\son\w+\s*=", bare)
    assert "url(" not in bare
    assert "@import" not in bare
    assert page.count("<!DOCTYPE html>") == 1


def hostile(value, kept=frozenset()):
    """Replace every text of a document that is no key and not in `kept` by markup."""
    if isinstance(value, dict):
        return {k: v if k in kept else hostile(v, kept) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(item, kept) for item in value]
    return HOSTILE if isinstance(value, str) else value
