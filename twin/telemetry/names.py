"""
What a foreign series speaks of: which source, which device, which of our fields.

A series is a metric's name and its labels, as Prometheus and OpenTelemetry have them;
dots in names of labels are read as underscores, so both are looked up alike. Everything
here is found once per series and kept by the caller, never once per sample.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from twin.telemetry.fields import FIELDS, KINDS, HostName
from twin.telemetry.readings import Device

SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,119}")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}")
"""What hosts and devices may be called; the same as for an agent's batch."""
LONGEST_TEXT = 120

SOURCE_LABELS = ("Hostname", "host_name", "nodename", "node", "instance")
"""Where the host is told, best first: dcgm-exporter, OpenTelemetry, relabelled, any."""

FACTS = ("pci_bus_id", "DCGM_FI_DRIVER_VERSION", "namespace", "pod", "container")
"""Labels of a GPU that are kept as facts, where they are there."""

OF_AN_INSTANCE = ("utilisation_frac", "memory_utilisation_frac")
"""What a MIG instance has of its own; the rest is its GPU's, told again."""

_SUFFIX = {"W": "watts", "J": "joules_total", "°C": "celsius", "1": "ratio"}
_COMPONENTS = {"gpu": "gpu", "cpu": "cpu", "power_supply": "psu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    Where the samples of a series belong.

    Attributes:
        source: Name of the host.
        device: The device.
        field: Our field.
        factor: Ours is theirs times this.
        rank: Of several series that tell the same, the lowest counts.
        blank: How DCGM writes what it does not know: "", "gauge" or "counter".
    """

    source: str
    device: Device
    field: str
    factor: float
    rank: int = 0
    blank: Literal["", "gauge", "counter"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A series that has no place here, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str
    field: str
    factor: float
    rank: int
    of: Literal["dcgm", "otel", "host", "own"]
    host: HostName | None = None
    blank: Literal["", "gauge", "counter"] = ""


def _known() -> dict[str, list[_Meaning]]:
    """The name table, by foreign name; exporters' names have one meaning per label."""
    found: dict[str, list[_Meaning]] = {}
    for field in FIELDS:
        blank: Literal["gauge", "counter"] = (
            "counter" if field.kind == "counter" else "gauge"
        )
        for rank, (name, factor) in enumerate(field.dcgm):
            meaning = _Meaning(name, field.name, factor, rank, "dcgm", None, blank)
            found.setdefault(name, []).append(meaning)
        for rank, (name, factor) in enumerate(field.otel):
            meaning = _Meaning(name, field.name, factor, rank, "otel")
            suffix = _SUFFIX.get(field.unit, "")
            for written in (name, f"{name.replace('.', '_')}_{suffix}"):
                found.setdefault(written, []).append(meaning)
        if field.own:
            meaning = _Meaning(field.own, field.name, 1.0, 0, "own")
            found.setdefault(field.own, []).append(meaning)
        for rank, host in enumerate(field.hosts):
            meaning = _Meaning(host.name, field.name, 1.0, rank, "host", host)
            found.setdefault(host.name, []).append(meaning)
    return found


_KNOWN = _known()
NAMES = tuple(_KNOWN)
"""Every foreign name that is understood."""


def place(name: str, labels: Mapping[str, str]) -> Place | Ignored:
    """
    Look up what a series speaks of.

    Args:
        name: Name of the metric.
        labels: Its labels, and those of its resource.

    Returns:
        Its place, or why it has none. Nothing a sender writes raises.
    """
    meanings = _KNOWN.get(name)
    if meanings is None:
        return Ignored(name=name, reason="unknown name")
    labels = {key.replace(".", "_"): value for key, value in labels.items()}
    source = source_of(labels)
    if not SOURCE.fullmatch(source):
        return Ignored(name=name, reason="no usable host name")
    for meaning in meanings:
        found = _DEVICES[meaning.of](meaning, labels)
        if isinstance(found, Device):
            return _placed(meaning, source, found, labels)
    return Ignored(name=name, reason=str(found))


def source_of(labels: Mapping[str, str]) -> str:
    """Name of the host a series comes from; "" if it does not say."""
    for label in SOURCE_LABELS:
        if labels.get(label):
            value = labels[label]
            return _without_port(value) if label == "instance" else value
    return ""


def _without_port(instance: str) -> str:
    """`10.0.0.1:9400` and `10.0.0.1:9100` are two exporters of one host."""
    found = re.fullmatch(r"\[([^\]]*)\](?::\d{1,5})?|([^:]*):\d{1,5}", instance)
    return (found[1] or found[2] or "") if found else instance


def _placed(
    meaning: _Meaning, source: str, device: Device, labels: Mapping[str, str]
) -> Place:
    rank = meaning.rank
    if device.kind == "mig" and meaning.field not in OF_AN_INSTANCE:
        device = _gpu(device.parent, labels)  # the board's, told for each instance
        rank += 100
    return Place(
        source=source, device=device, field=meaning.field, factor=meaning.factor,
        rank=rank, blank=meaning.blank,
    )  # fmt: skip


# --- which device -----------------------------------------------------------------


def _dcgm_device(_meaning: _Meaning, labels: Mapping[str, str]) -> Device | str:
    key = labels.get("UUID") or labels.get("uuid") or ""
    number = labels.get("gpu") or labels.get("device", "").removeprefix("nvidia")
    if not key and number.isdecimal():
        key = f"gpu{number}"
    if not KEY.fullmatch(key):
        return "no usable label UUID or gpu"
    instance = labels.get("GPU_I_ID", "")
    if not instance:
        return _gpu(key, labels, facts=True)
    if not KEY.fullmatch(f"{key}/{instance}"):
        return "GPU_I_ID is no number"
    profile = labels.get("GPU_I_PROFILE", "")[:LONGEST_TEXT]
    return Device(
        key=f"{key}/{instance}", kind="mig", model=profile, index=_index(instance),
        parent=key, facts=_facts(labels),
    )  # fmt: skip


def _gpu(key: str, labels: Mapping[str, str], *, facts: bool = False) -> Device:
    number = labels.get("gpu") or labels.get("device", "").removeprefix("nvidia")
    return Device(
        key=key, model=labels.get("modelName", "")[:LONGEST_TEXT], index=_index(number),
        facts=_facts(labels) if facts else {},
    )  # fmt: skip


def _facts(labels: Mapping[str, str]) -> dict[str, str]:
    return {
        name: labels[name][:LONGEST_TEXT]
        for name in FACTS
        if labels.get(name, "").isprintable() and labels.get(name)
    }


def _index(number: str) -> int:
    return (
        int(number)
        if number.isascii() and number.isdecimal() and number < "9" * 5
        else 0
    )


def _otel_device(meaning: _Meaning, labels: Mapping[str, str]) -> Device | str:
    if meaning.name.startswith("hw.host."):
        return Device(key="host", kind="host")
    if labels.get("hw_gpu_task", "general") != "general":
        return "a task of the GPU, not the whole"
    kind = _COMPONENTS.get(labels.get("hw_type", ""), "")
    if meaning.name.startswith("hw.gpu."):
        kind = "gpu"
    key = labels.get("hw_id", "")
    if kind not in KINDS or (
        meaning.field not in ("power_w", "energy_j") and kind != "gpu"
    ):
        return "hw.type is none that is kept"
    if not KEY.fullmatch(key):
        return "no usable hw.id"
    return Device(
        key=key, kind=kind, model=labels.get("hw_model", "")[:LONGEST_TEXT],
        index=_index(labels.get("hw_name", "")),
    )  # fmt: skip


def _host_device(meaning: _Meaning, labels: Mapping[str, str]) -> Device | str:
    host = meaning.host
    assert host is not None  # noqa: S101 - the table gives every such name one
    label, pattern = host.where
    if label and not re.search(pattern, labels.get(label, "")):
        return f"label {label} says another thing"
    number = labels.get(host.number, "") if host.number else ""
    key = f"{host.key}{number}"
    if not KEY.fullmatch(key):
        return f"label {host.number} is no number"
    return Device(key=key, kind=host.kind, index=_index(number))


def _own_device(_meaning: _Meaning, labels: Mapping[str, str]) -> Device | str:
    key, kind = labels.get("device", ""), labels.get("kind", "")
    if not KEY.fullmatch(key) or kind not in KINDS:
        return "no usable label device or kind"
    return Device(key=key, kind=kind)


_DEVICES = {
    "own": _own_device,
    "dcgm": _dcgm_device,
    "otel": _otel_device,
    "host": _host_device,
}
