"""
What the agent can and cannot read here, and why: `nameplate-agent check`.

Each finding is good, a note (something optional is missing) or a problem, and a problem
comes with what mends it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from agent import nvml_fields as table
from agent.clock import HostClock, ServerClock
from agent.host import Source, SourceError
from agent.http import Answer, TokenError
from agent.ipmi import present as ipmi_present
from agent.nvml import CardGone, DriverGone, Gpu, Nvml
from agent.rapl import package_folders
from agent.service import connect, host_sources
from agent.settings import Settings, plain_text_warning

GOOD, NOTE, PROBLEM = "good", "note", "problem"
CLOCK_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: str
    subject: str
    text: str
    repair: str = ""


good = partial(Finding, GOOD)
note = partial(Finding, NOTE)
problem = partial(Finding, PROBLEM)


def check(settings: Settings) -> list[Finding]:
    """Look at everything the settings name."""
    findings = [
        *(_gpus() if settings.gpu else ()),
        *_host(settings),
        *_spool(settings),
        *_server(settings),
    ]
    if not any(f.level == GOOD and _measures(f.subject) for f in findings):
        findings.append(
            problem(
                "sources", "nothing on this host can be measured",
                "on a GPU host install NVIDIA's driver; else name its BMC "
                "with --redfish, or run as root where RAPL or ipmitool is there",
            )
        )  # fmt: skip
    return findings


def _measures(subject: str) -> bool:
    return subject.startswith(("gpu ", "redfish", "ipmi", "rapl"))


def passed(findings: list[Finding]) -> bool:
    """Whether there is no problem."""
    return all(finding.level != PROBLEM for finding in findings)


def grouped(findings: list[Finding]) -> list[tuple[str, Finding]]:
    """Findings with what is the same for several GPUs said once: "gpu 0-7"."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        gpu = finding.subject.startswith("gpu ")
        subject = "gpu" if gpu else finding.subject
        key = (subject, finding.level, finding.text, finding.repair)
        groups.setdefault(key, []).append(finding)
    return [(_subject(group), group[0]) for group in groups.values()]


def _subject(group: list[Finding]) -> str:
    if len(group) == 1:
        return group[0].subject
    numbers = [int(finding.subject.removeprefix("gpu ")) for finding in group]
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"gpu {numbers[0]}-{numbers[-1]}"
    return "gpu " + ", ".join(map(str, numbers))


# -- GPUs ----------------------------------------------------------------------------


def _gpus() -> Iterator[Finding]:
    nvml = Nvml()
    try:
        gpus = nvml.open()
    except DriverGone as error:
        yield note("nvml", f"no GPU can be read: {error}", _driver_repair(str(error)))
        return
    yield good("nvml", f"driver {nvml.driver_version or 'unknown'}, {len(gpus)} GPUs")
    for index, why in nvml.absent.items():
        yield problem(
            f"gpu {index}", why,
            "see `dmesg | grep -i xid`; a reset or reboot brings it back",
        )  # fmt: skip
    for gpu in gpus:
        yield from _gpu(gpu)
    nvml.close()


def _driver_repair(why: str) -> str:
    if "not found" in why:
        return (
            "without NVIDIA GPUs here this is as it should be (--no-gpu ends the "
            "search); else install the driver's libnvidia-ml.so.1 (Debian: "
            "libnvidia-ml1), and in a container start it with the NVIDIA runtime"
        )
    if "differ" in why:
        return "the driver was upgraded without a reload: reboot, or reload its modules"
    return "load the driver: modprobe nvidia, then `nvidia-smi` must work"


def _gpu(gpu: Gpu) -> Iterator[Finding]:
    subject = f"gpu {gpu.index}"
    started = time.monotonic()
    try:
        values = gpu.read(detail=True, slow=True)
        samples = gpu.samples(0)
    except (CardGone, DriverGone) as error:
        yield problem(subject, str(error), "see `dmesg | grep -i xid`")
        return
    took_ms = 1e3 * (time.monotonic() - started)
    power = values.get("power_w", values.get("power_average_w"))
    yield Finding(
        GOOD if power is not None else PROBLEM, subject,
        f"{gpu.model} {gpu.key}: {_power(values)}; all fields in {took_ms:.1f} ms",
        "" if power is not None else "see the fields below",
    )  # fmt: skip
    for name, what in values_of_interest().items():
        if name not in values:
            yield _missing(gpu, subject, name, what)
    yield _samples(gpu, subject, samples)
    parts = gpu.mig_devices()
    if parts:
        yield note(
            subject,
            f"{len(parts)} MIG instances; NVML has power for the whole GPU only",
        )  # fmt: skip


def _power(values: dict[str, float]) -> str:
    told = []
    if "power_w" in values:
        told.append(f"{values['power_w']:.1f} W now")
    if "power_average_w" in values:
        told.append(f"{values['power_average_w']:.1f} W average")
    return ", ".join(told) or "no power"


def values_of_interest() -> dict[str, str]:
    """Our fields and the NVML name each comes from."""
    names = {
        field.name: field.nvml_name
        for field in (*table.FAST_VALUES, *table.DETAIL_VALUES)
    }
    for call in (*table.DETAIL_CALLS, *table.SLOW_CALLS):
        names |= dict.fromkeys(call.names, call.nvml_name)
    return names | {
        "smoothing_state": "NVML_FI_PWR_SMOOTHING_ENABLED",
        "smoothing_floor_w": "NVML_FI_PWR_SMOOTHING_PRIMARY_POWER_FLOOR",
    }


def _missing(gpu: Gpu, subject: str, name: str, what: str) -> Finding:
    why = gpu.missing.get(name, "")
    repair = ""
    if why == "no permission":
        repair = "run the agent as root, or allow users to read it (nvidia-modprobe)"
    elif why == "this driver does not have it":
        repair = "a newer driver may have it"
    return note(
        subject, f"{name} ({what}): {why or 'not available at the moment'}", repair
    )


def _samples(gpu: Gpu, subject: str, samples: list[tuple[int, float]]) -> Finding:
    if len(samples) < 3:
        why = gpu.missing.get("samples", "the buffer is empty")
        text = f"driver's sample buffer (nvmlDeviceGetSamples): {why}"
        return note(subject, text)
    gap_ms = (samples[-1][0] - samples[0][0]) / (len(samples) - 1) / 1e3
    return good(
        subject,
        f"driver's sample buffer: {len(samples)} samples, one per {gap_ms:.1f} ms",
    )  # fmt: skip


# -- the host ------------------------------------------------------------------------


def _host(settings: Settings) -> Iterator[Finding]:
    for source in host_sources(settings):
        yield _source(source)
    if not settings.redfish and settings.ipmi == "auto" and not ipmi_present():
        yield note(
            "host power", "no BMC named, and no local IPMI",
            "--redfish https://BMC with redfish_user and redfish_password_file, "
            "or install ipmitool and load ipmi_si",
        )  # fmt: skip
    if settings.rapl and not package_folders(settings.rapl_root):
        yield note("cpu energy", f"no intel-rapl package under {settings.rapl_root}")


def _source(source: Source) -> Finding:
    try:
        measured = source.read()
    except SourceError as error:
        repair = "" if ";" in str(error) else 'see docs/agent.md, "Host power"'
        return Finding(
            PROBLEM if source.name == "redfish" else NOTE, source.name, str(error),
            repair,
        )  # fmt: skip
    told = ", ".join(
        f"{m.device.key} {name} {value:.1f}"
        for m in measured
        for name, value in m.values.items()
    )
    return good(source.name, told)


# -- the spool and the server --------------------------------------------------------


def _spool(settings: Settings) -> Iterator[Finding]:
    folder = settings.spool_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=folder, prefix="check-") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield problem(
            "spool", f"{folder} cannot be written: {error}",
            "make it writable for this user, or name another with --spool-dir",
        )  # fmt: skip
        return
    room = os.statvfs(folder)
    free_mb = room.f_bavail * room.f_frsize / 1e6
    enough = free_mb >= settings.spool_mb
    yield Finding(
        GOOD if enough else NOTE, "spool",
        f"{folder} is writable, {free_mb:,.0f} MB free",
        "" if enough else f"less than --spool-mb {settings.spool_mb:g} is free",
    )  # fmt: skip


def _server(settings: Settings) -> Iterator[Finding]:
    if not settings.server:
        yield problem(
            "server", "no server is named",
            "--server https://nameplate.example, or NAMEPLATE_AGENT_SERVER",
        )  # fmt: skip
        return
    clock, server_clock = HostClock(), ServerClock()
    server = connect(settings, clock, server_clock)
    for warning in (server.token.warning(), plain_text_warning(settings.server)):
        if warning:
            yield note("token", warning)
    try:
        server.token.read()
    except TokenError as error:
        yield problem(
            "token", str(error), "make one in Nameplate with the scope telemetry:write"
        )
        return
    answer = server.hello()
    server.close()
    yield _hello(settings, answer)
    if answer.kind == "ok":
        yield from _name_and_clock(settings, answer.body, clock, server_clock)


def _hello(settings: Settings, answer: Answer) -> Finding:
    if answer.kind == "ok":
        return good(
            "server",
            f"{settings.server} accepts the token of {answer.body.get('agent')!r}",
        )  # fmt: skip
    repairs = {
        "denied": "make a token with the scope telemetry:write for this agent",
        "barred": "see what the server says; if it is about Host, name it in the "
        "server's NAMEPLATE_ALLOWED_HOSTS",
        "unknown": "is the address right, the server up, its certificate known?",
        "refused": "is the agent as old or new as the server?",
        "wrong": "is this Nameplate's own address? Redirects are not followed",
        "busy": "the server is busy; try again",
    }
    return problem(
        "server", f"{settings.server}: {answer.why}", repairs.get(answer.kind, "")
    )


def _name_and_clock(
    settings: Settings,
    body: dict[str, Any],
    clock: HostClock,
    server_clock: ServerClock,
) -> Iterator[Finding]:
    if body.get("agent") != settings.name:
        yield problem(
            "server", f"the token is of {body.get('agent')!r}, "
            f"this agent is {settings.name!r}",
            "use this agent's own token, or give it the token's --name",
        )  # fmt: skip
    offset = server_clock.offset(clock.boot_us())
    if offset is None:
        yield problem("clock", "the server tells no time")
        return
    ahead_s = (offset.us - clock.wall_minus_boot_us) / 1e6
    off = abs(ahead_s) > CLOCK_OFF_S + offset.uncertainty_s
    yield Finding(
        NOTE if off else GOOD, "clock", f"server minus host {ahead_s:+.3f} s, "
        f"sure to {offset.uncertainty_s:.3f} s; "
        "readings are stamped with the server's",
        "one of the two clocks is off: see `timedatectl`" if off else "",
    )  # fmt: skip
