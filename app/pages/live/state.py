"""What the Live page looks at: its place in the URL, and the period it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.pages.view import EVERYWHERE, KnobView

RANGES = (
    ("15min", "15 min"), ("1h", "1 h"), ("1d", "1 d"), ("1w", "1 w"), ("1mo", "1 mo"),
)  # fmt: skip
RANGE_S = {
    "15min": 900, "1h": 3_600, "1d": 86_400, "1w": 7 * 86_400, "1mo": 30 * 86_400,
}  # fmt: skip
QUANTITIES = (
    ("power", "Power"), ("temp", "Temperature"), ("clock", "Clock"), ("busy", "Busy"),
)  # fmt: skip
METRICS = (
    ("power", "Power"), ("temp", "Hottest"), ("busy", "Busy"),
    ("throttle", "Held back"), ("age", "Age"),
)  # fmt: skip
SCALES = (("curve", "Curve"), ("limit", "To limit"))
LEVELS = (("feeds", "Feeds"), ("racks", "Racks"))
SHAPES = (("map", "Map"), ("table", "Table"))
_ONE_OF = {
    "range": tuple(RANGE_S), "quantity": tuple(k for k, _ in QUANTITIES),
    "metric": tuple(k for k, _ in METRICS), "scale": tuple(k for k, _ in SCALES),
    "level": tuple(k for k, _ in LEVELS), "shape": tuple(k for k, _ in SHAPES),
    **EVERYWHERE, "sort": ("order", "power", "load", "hosts"),
}  # fmt: skip
CHOICES: dict[str, str] = {name: known[0] for name, known in _ONE_OF.items()} | {
    "node": "", "host": "", "gpu": "", "zoom": "",
}  # fmt: skip
"""Every choice with its default."""
_LEAST_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View(KnobView):
    """Choices of the page by name."""

    CHOICES: ClassVar[dict[str, str]] = CHOICES
    ONE_OF: ClassVar[dict[str, tuple[str, ...]]] = _ONE_OF
    PLAIN: ClassVar[str] = ",~"

    @property
    def of(self) -> str:
        """What the chart shows, as the API names it."""
        if self["host"]:
            return str(self["host"])
        return f"node/{self['node']}" if self["node"] else "site"

    @property
    def device(self) -> str:
        """Key of the device the chart shows; empty for a sum."""
        return self["gpu"] if self["host"] else ""

    @property
    def quantity(self) -> str:
        """What is drawn; sums have nothing but power."""
        return self["quantity"] if self.device else "power"

    @property
    def unit(self) -> str:
        """Power unit of the chart: a device's watts would be lost in MW."""
        return "W" if self.device else self["units"]

    def zoom_s(self) -> tuple[float, float] | None:
        """Period looked at, since 1970; none where the newest is. [s]"""
        try:
            from_s, to_s = (float(part) for part in self["zoom"].split("~"))
        except ValueError:
            return None
        return (from_s, to_s) if from_s >= 0 and from_s + _LEAST_S <= to_s else None

    def period_s(self, now_s: float) -> tuple[float, float]:
        """Period on the chart. [s]"""
        return self.zoom_s() or (now_s - RANGE_S[self["range"]], now_s)


view_from = View.read
