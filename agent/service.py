"""The agent put together: readers, recorder, spool, sender, page, and how they end."""

from __future__ import annotations

import logging
import signal
import threading
import time

from agent import __version__
from agent.chunk import pack
from agent.clock import HostClock, ServerClock
from agent.control import Control, NvmlCards
from agent.host import Source, SourceThread
from agent.http import Server, Token
from agent.ipmi import Ipmi
from agent.ipmi import present as ipmi_present
from agent.metrics import MetricsServer, Own, page
from agent.rapl import Rapl, package_folders
from agent.recorder import Recorder
from agent.redfish import Redfish
from agent.sampler import Sampler
from agent.sender import Pace, Sender
from agent.settings import Settings, plain_text_warning
from agent.spool import Spool

log = logging.getLogger("nameplate.agent")

WATCH_S = 0.5


class Agent:
    """Everything that runs on one host."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = HostClock()
        self.server_clock = ServerClock()
        self.recorder = Recorder(self.clock, self.server_clock)
        self.spool = Spool(
            settings.spool_dir,
            limit_bytes=int(settings.spool_mb * 1e6),
            keep_sent=settings.keep_sent,
        )
        self.sampler = self._sampler() if settings.gpu else None
        self.sources = [SourceThread(s, self.recorder) for s in host_sources(settings)]
        self.sender = self._sender() if settings.server else None
        self.control = self._control() if settings.allow_control else None
        self.metrics = self._metrics() if settings.metrics_port else None
        self._stop = threading.Event()
        self._steps = 0
        self._broken = False
        self._flusher = threading.Thread(
            target=self._flush_loop, name="flush", daemon=True
        )

    def _sampler(self) -> Sampler:
        return Sampler(
            self.recorder,
            rate_hz=self.settings.rate_hz,
            slow_call_s=self.settings.slow_call_s,
            driver_samples=self.settings.driver_samples,
        )

    def _sender(self) -> Sender:
        s = self.settings
        server = connect(s, self.clock, self.server_clock)
        for warning in (server.token.warning(), plain_text_warning(s.server)):
            if warning:
                log.warning("%s", warning)
        pace = Pace(
            readings=s.batch_readings, span_s=s.batch_s, first_wait_s=s.retry_s,
            longest_wait_s=s.retry_max_s, denied_wait_s=s.denied_s,
        )  # fmt: skip
        return Sender(self.spool, server, self.recorder, name=s.name, pace=pace)

    def _control(self) -> Control:
        s = self.settings
        if s.policy_file is None or s.policy_key_file is None:
            raise ValueError("control needs policy_file and policy_key_file")
        return Control(
            NvmlCards(), self.recorder, name=s.name, policy_file=s.policy_file,
            key_file=s.policy_key_file, journal=s.spool_dir / "control.json",
        )  # fmt: skip

    def _metrics(self) -> MetricsServer:
        return MetricsServer(
            self.settings.metrics_host, self.settings.metrics_port, self.metrics_page
        )

    # -- life ------------------------------------------------------------------------

    def run(self) -> int:
        """Run until told to stop by a signal; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        threading.excepthook = self._thread_failed
        self.start()
        log.info("nameplate-agent %s reads as %s", __version__, self.settings.name)
        while not self._stop.wait(WATCH_S):
            if self.sampler is not None:
                self.sampler.watch()
        self.stop()
        return 4 if self._broken else 0

    def _thread_failed(self, what: threading.ExceptHookArgs) -> None:
        """End in order where a thread cannot go on: systemd starts a whole agent."""
        trace = (what.exc_type, what.exc_value or what.exc_type(), what.exc_traceback)
        log.critical("a fault of the agent itself; it ends", exc_info=trace)
        self._broken = True
        self._stop.set()

    def start(self) -> None:
        """Start every part."""
        self.recorder.event("started", f"nameplate-agent {__version__}")
        if self.control is not None:
            self.control.start()
        for part in (self.sampler, *self.sources, self.sender, self.metrics):
            if part is not None:
                part.start()
        self._flusher.start()

    def stop(self) -> None:
        """Let go of caps, read no more, spool what was read, send what can be sent."""
        self._stop.set()
        if self.control is not None:
            self.control.stop()
        for part in (self.sampler, *self.sources):
            if part is not None:
                part.stop()
        self.recorder.event("stopped", "told to stop")
        self._flusher.join(5.0)
        self.flush()
        if self.sender is not None:
            self.sender.stop(self.settings.leave_s)
        if self.metrics is not None:
            self.metrics.stop()
        self.spool.close()

    # -- to disk ---------------------------------------------------------------------

    def _flush_loop(self) -> None:
        while not self._stop.wait(self.settings.flush_s):
            self.flush()

    def flush(self) -> None:
        """Put what was read since the last time into the spool."""
        self.clock.look()
        if self.clock.steps != self._steps:
            self._steps = self.clock.steps
            moved_us = self.clock.wall_minus_boot_us - self.clock.before_step_us
            self.recorder.event(
                "clock", f"the wall clock was set by {moved_us / 1e6:+.3f} s"
            )
        for notice in self.spool.take_notices():
            self.recorder.event("spool", notice)
            log.warning("%s", notice)
        chunk = self.recorder.take()
        if chunk is None:
            return
        before = self.spool.trouble
        if not self.spool.append(pack(chunk), len(chunk)) and not before:
            log.warning("%s; readings wait in memory", self.spool.trouble)

    # -- the page --------------------------------------------------------------------

    def metrics_page(self) -> str:
        """What Prometheus reads."""
        present = self.recorder.present()
        own = (*self._own_metrics(), *self._own_reading(), *self._own_sending())
        return page(self.recorder.devices, present, own, self.settings.name)

    def _own_metrics(self) -> Own:
        spool = self.spool
        oldest_us = spool.oldest_unsent_wall_us()
        age_s = max(0.0, time.time() - oldest_us / 1e6) if oldest_us else 0.0
        dropped = spool.state.dropped_readings + self.recorder.lost
        offset = self.server_clock.offset(self.clock.boot_us())
        ahead_us = offset.us - self.clock.wall_minus_boot_us if offset else None
        ahead_s = None if ahead_us is None else ahead_us / 1e6
        sure_s = offset.uncertainty_s if offset else None
        waiting = spool.waiting_readings
        return [
            ("spool_bytes", "Disk the spool takes.", spool.bytes),
            ("oldest_unsent_seconds", "Age of the oldest unsent reading.", age_s),
            ("unsent_readings", "Readings in no batch yet.", spool.unsent_readings),
            ("waiting_readings", "Readings the disk does not take.", waiting),
            ("dropped_readings_total", "Readings lost for want of room.", dropped),
            ("clock_steps_total", "Times the wall clock was set.", self.clock.steps),
            ("clock_offset_seconds", "Server's clock minus this host's.", ahead_s),
            ("clock_uncertainty_seconds", "How sure that is.", sure_s),
        ]

    def _own_reading(self) -> Own:
        if self.sampler is None:
            return []
        counts = self.sampler.counts
        longest_s = counts.longest_read_s
        return [
            ("gpus", "GPUs that are read.", len(self.sampler.cards)),
            ("ticks_total", "Rounds over all GPUs.", counts.ticks),
            ("missed_ticks_total", "Rounds left out.", counts.missed_ticks),
            ("readings_total", "Readings taken.", counts.readings),
            ("slow_calls_total", "Driver calls left behind.", counts.slow_calls),
            ("read_seconds_total", "Time spent in the driver.", counts.read_s),
            ("longest_read_seconds", "Longest reading of one GPU.", longest_s),
        ]

    def _own_sending(self) -> Own:
        if self.sender is None:
            return []
        tally = self.sender.tally
        left_out = tally.refused_readings
        return [
            ("batches_sent_total", "Batches the server has.", tally.sent),
            ("batches_refused_total", "Batches set aside.", tally.refused),
            ("readings_refused_total", "Readings the server left out.", left_out),
            ("batches_early", "Batches ahead of its clock.", tally.early),
            ("send_failures_total", "Requests that came to nothing.", tally.failures),
            ("connected", "1 while the server takes batches.", not tally.trouble),
        ]


def connect(settings: Settings, clock: HostClock, server_clock: ServerClock) -> Server:
    """The server that settings name."""
    return Server(
        settings.server,
        Token(settings.token_file),
        clock,
        server_clock,
        ca_file=settings.ca_file,
        timeout_s=settings.timeout_s,
        proxy=settings.proxy or None,
    )


def host_sources(settings: Settings) -> list[Source]:
    """What measures the host here."""
    sources: list[Source] = []
    period_s = settings.host_period_s
    if settings.redfish:
        sources.append(
            Redfish(
                settings.redfish,
                user=settings.redfish_user,
                password_file=settings.redfish_password_file,
                ca_file=settings.redfish_ca_file,
                verify=settings.redfish_verify,
                period_s=period_s,
            )
        )
    elif settings.ipmi == "on" or (settings.ipmi == "auto" and ipmi_present()):
        sources.append(Ipmi(period_s=period_s))
    if settings.rapl and package_folders(settings.rapl_root):
        sources.append(Rapl(settings.rapl_root))
    return sources
