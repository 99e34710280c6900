"""
Requests, instances and orders of the plain fleet oracle, and what it measures.

Written from docs/models/fleet.md; nothing of the compiled kernel is imported.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from tests.twin.serving.oracle_physics import Physics
from twin.serving.fleet.parts import Fleet, FleetClass, Pool, Requests

# --- requests ---------------------------------------------------------------------


@dataclass(eq=False)
class Row:
    """One sequence: the leader of a request or one of its chains."""

    output: int
    predicted: float
    out: int = 0
    last_s: float = math.nan
    ended: bool = False


@dataclass(eq=False)
class Job:
    """One request with its chains, and what it has seen."""

    place: int
    klass: FleetClass
    arrived_s: float
    prompt: int
    encode: int
    prefix_id: int
    prefix: int
    rows: list[Row]
    stage: str = "prompt"  # encode, prompt, sent, decode
    at: Instance | None = None  # where it is encoded or prefilled
    to: Instance | None = None  # where it decodes, if elsewhere
    key: float = 0.0
    done: float = 0.0  # tokens prefilled in chunks
    work: float = 0.0  # tokens to prefill, known when admitted
    reserved: int = 0  # cache promised where it is now
    first_s: float | None = None
    last_s: float | None = None
    refused: str | None = None
    attained: bool = False
    instance: int = -1  # where its last token came out

    @property
    def asked(self) -> int:
        """Tokens the present stage has to work through, before any hit."""
        if self.stage == "encode":
            return self.encode
        if self.klass.encode_pool is None:
            return self.prompt + self.encode
        return self.prompt

    @property
    def live(self) -> list[Row]:
        """Rows not ended."""
        return [row for row in self.rows if not row.ended]

    @property
    def output(self) -> int:
        """Tokens of all rows still to run."""
        return sum(row.output for row in self.live)

    @property
    def predicted(self) -> float:
        """Tokens predicted for all rows."""
        return sum(row.predicted for row in self.rows)

    @property
    def ttft_s(self) -> float | None:
        """First token less arrival."""
        return None if self.first_s is None else self.first_s - self.arrived_s

    @property
    def tbt_s(self) -> float | None:
        """Mean time between the leader's own tokens."""
        leader = self.rows[0]
        if self.last_s is None or leader.output == 1:
            return None
        return (leader.last_s - self.first_s) / (leader.output - 1)

    @property
    def e2e_s(self) -> float | None:
        """Last token of the last chain less arrival."""
        return None if self.last_s is None else self.last_s - self.arrived_s


@dataclass(frozen=True)
class Transfer:
    """One cache sent from a prompt to a token instance."""

    request: int
    source: int
    target: int
    start_s: float
    end_s: float


# --- instances --------------------------------------------------------------------


@dataclass(eq=False)
class Instance:
    """What it holds, what it does now, and how much of that step is left."""

    place: int
    pool: Pool
    physics: Physics
    state: str  # on, draining, starting, off, failed
    avoided: bool = False
    queue: list[Job] = field(default_factory=list)  # waiting prompts, as they joined
    begun: list[Job] = field(default_factory=list)  # prompts partly done in chunks
    prefilling: list[Job] = field(default_factory=list)
    decoding: list[tuple[Job, Row]] = field(default_factory=list)
    delivered: deque[Job] = field(default_factory=deque)
    link: deque[Job] = field(default_factory=deque)  # the first is under way
    link_run: int = 0
    assigned: dict[int, Job] = field(default_factory=dict)
    prefixes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    serves: int = -1  # place of the shared queue it pulls from
    swap: tuple[int, float] | None = None  # queue to serve once empty, and after what
    reserved: int = 0
    held: int = 0
    preempted: int = 0  # prefills in a row that paused sequences
    # the step under way, at the highest clock
    busy: bool = False
    decode_s: float = 0.0
    prefill_s: float = 0.0
    prefill_tokens: float = 0.0
    left_frac: float = 0.0
    load_until_s: float = 0.0
    step_w: float = 0.0  # mean of a prefill and of what it waits for
    hand: int = 0  # next prefix to give up
    synced_s: float = 0.0
    run: int = 0  # steps begun or stretched; older ends on the heap are void
    # measured
    idle_j: float = 0.0
    prefill_j: float = 0.0
    decode_j: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0
    finished: int = 0
    cut_short: int = 0  # sequences stopped inside an iteration

    def __post_init__(self) -> None:
        self.mhz = self.pool.clock_mhz
        self.clock = self.physics.clock(self.mhz)

    @property
    def parts_s(self) -> tuple[float, float]:
        """Decode and prefill seconds of the whole step at the present clock."""
        clock = self.clock
        return self.decode_s * clock.slow_decode, self.prefill_s * clock.slow_prefill

    @property
    def may_take(self) -> bool:
        """Whether prompts of its queue may begin: a drained one leaves shared ones."""
        return not self.pool.shared or (self.state == "on" and self.serves >= 0)

    @property
    def load(self) -> int:
        """Requests, with all their chains, assigned here and not finished here."""
        return sum(len(job.rows) for job in self.assigned.values())

    @property
    def pending(self) -> float:
        """Tokens to prefill and predicted tokens to decode here."""
        tokens = 0.0
        for job in self.assigned.values():
            waits = job.stage in ("encode", "prompt")
            if waits and job.at is self:
                tokens += job.asked
            if job.stage != "encode" and (job.to or job.at) is self:
                tokens += job.predicted
        return tokens

    @property
    def prefill_waiting_s(self) -> float:
        """Seconds of prefill waiting or under way, each prompt by itself."""
        return sum(
            self.physics.prefill_s(job.asked)
            for job in self.assigned.values()
            if job.stage in ("encode", "prompt") and job.at is self
        )

    @property
    def empty(self) -> bool:
        """Nothing to do, to wait for or to send away."""
        return not self.assigned


@dataclass
class OracleResult:
    """Everything measured, each sample kept."""

    requests: list[Job]
    instances: list[Instance]
    gaps_s: dict[str, list[float]]  # by pool, one for each token after the first
    transfers: list[Transfer]


def jobs_of(fleet: Fleet, requests: Requests) -> list[Job]:
    """One job per leader, its chains as further rows."""
    jobs: list[Job] = []
    for k in range(len(requests)):
        row = Row(int(requests.output[k]), float(requests.predicted[k]))
        if requests.chain[k]:
            jobs[-1].rows.append(row)
            continue
        job = Job(
            place=k, klass=fleet.classes[int(requests.klass[k])],
            arrived_s=float(requests.arrived_s[k]), prompt=int(requests.prompt[k]),
            encode=int(requests.encode[k]), prefix_id=int(requests.prefix_id[k]),
            prefix=int(requests.prefix[k]), rows=[row],
        )  # fmt: skip
        jobs.append(job)
    return jobs


# --- orders -----------------------------------------------------------------------


def queue_key(pool: Pool, physics: Physics, job: Job) -> float:
    """Key of rule 3; the lowest goes first."""
    queue = pool.queue
    service_s = physics.prefill_s(job.prompt)
    service_s += job.rows[0].predicted * physics.usual_iteration_s(1)
    offset_s = {
        "none": 0.0,
        "deadline": job.klass.ttft_slo_s,
        "priority": job.klass.priority_s,
    }[queue.offset]
    weighted = queue.arrival_weight * job.arrived_s
    return weighted + queue.predicted_weight * service_s + offset_s


def first_in_queue(jobs: list[Job], one: Instance, now_s: float) -> Job:
    """The prompt whose turn it is; ties go to the one that joined first."""
    if one.pool.queue.name != "slack":
        return min(jobs, key=lambda job: job.key)

    def slack(job):
        limit_s = job.klass.ttft_slo_s
        left_s = one.physics.prefill_left_s(job.done, job.asked)
        return (job.arrived_s + limit_s - now_s - left_s) / limit_s

    return min(jobs, key=slack)


def added_latency_s(one: Instance, job: Job) -> float:
    """What the mix-aware router holds the least of."""
    physics, batch = one.physics, len(one.decoding)
    own_s, tokens = physics.prefill_s(job.asked), job.predicted
    now_s = physics.usual_iteration_s(batch)
    then_s = physics.usual_iteration_s(batch + 1)
    alone_s = one.prefill_waiting_s + own_s + tokens * then_s
    return alone_s + batch * own_s + tokens * batch * (then_s - now_s)
