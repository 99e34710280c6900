"""
The serving fleet again, in plain Python, stepping every decode iteration.

Written from docs/models/fleet.md and serving.md, not from the compiled kernel: nothing
of it is imported. No virtual clock, no closed form, no histogram: each iteration is a
step that begins with the tokens held then, each latency and each gap is kept.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from tests.twin.serving.oracle_parts import (
    Instance,
    Job,
    OracleResult,
    Row,
    Transfer,
    added_latency_s,
    first_in_queue,
    jobs_of,
    queue_key,
)
from tests.twin.serving.oracle_physics import Physics
from twin.serving.fleet.parts import Action, Fleet, FleetClass, Pool, Requests

LOOKED_AT = 64
"""Instances the mix-aware router compares at a time."""


def run_oracle(
    fleet: Fleet, requests: Requests, horizon_s: float, events: Iterable[Action] = ()
) -> OracleResult:
    """
    Step a fleet through its requests.

    Args:
        fleet: What stands.
        requests: All of the horizon, rising in time.
        horizon_s: Length of the run. [s]
        events: Actions.

    Returns:
        The samples and energies.
    """
    return Oracle(fleet).run(jobs_of(fleet, requests), horizon_s, events)


class Oracle:
    """A fleet under given requests and given actions."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.pools: dict[str, list[Instance]] = {}
        self.instances: list[Instance] = []
        for pool in fleet.pools:
            physics = Physics(pool.engine, pool.max_batch)
            cache = pool.prefix_cache
            if cache is not None and cache.scope == "instance":
                physics.capacity *= 1.0 - cache.memory_frac
            members = []
            for k in range(pool.most or pool.count):
                state = "on" if k < pool.count else "off"
                members.append(Instance(len(self.instances), pool, physics, state))
                self.instances.append(members[-1])
            self.pools[pool.name] = members
        self.shared = {pool.name: self._shared_queues(pool) for pool in fleet.pools}
        self.turn = dict.fromkeys(self.pools, 0)
        self.store: dict[int, tuple[int, int, int]] = {}  # the fleet's prefixes
        self.heap: list[tuple] = []
        self.pushed = 0
        self.gaps_s: dict[str, list[float]] = defaultdict(list)
        self.transfers: list[Transfer] = []

    def _shared_queues(self, pool: Pool) -> list[list[Job]]:
        queues: list[list[Job]] = [[] for _ in pool.shared]
        for k, shared in enumerate(pool.shared):
            for place in shared.served_by:
                self._serve(self.pools[pool.name][place], k, queues[k])
        return queues

    def _serve(self, one: Instance, k: int, queue: list[Job]) -> None:
        """Become the engine of a shared queue."""
        one.serves, one.queue = k, queue
        one.physics = Physics(one.pool.shared[k].engine, one.pool.max_batch)
        one.clock = one.physics.clock(one.mhz)

    def run(
        self, jobs: list[Job], horizon_s: float, events: Iterable[Action]
    ) -> OracleResult:
        """Step the fleet to the horizon."""
        outside = [(a.at_s, 0, k, a) for k, a in enumerate(events)]
        outside += [(j.arrived_s, 1, k, j) for k, j in enumerate(jobs)]
        for at_s, kind, _, what in sorted(outside, key=lambda x: x[:3]):
            if at_s >= horizon_s:
                break
            self._events_until(at_s)
            if kind == 0:
                self._act(what, at_s)
            else:
                self._arrive(what, at_s)
        self._events_until(horizon_s)
        for one in self.instances:
            self._advance(one, horizon_s)
        seen = [job for job in jobs if job.arrived_s < horizon_s]
        return OracleResult(seen, self.instances, dict(self.gaps_s), self.transfers)

    # --- time -----------------------------------------------------------------------

    def _at(self, at_s: float, handle, one: Instance, run: int) -> None:
        self.pushed += 1
        heapq.heappush(self.heap, (at_s, self.pushed, handle, one, run))

    def _events_until(self, at_s: float) -> None:
        while self.heap and self.heap[0][0] < at_s:
            now_s, _, handle, one, run = heapq.heappop(self.heap)
            handle(one, run, now_s)

    def _advance(self, one: Instance, now_s: float) -> None:
        """Spend the energy of the time since the last look; use up the step."""
        elapsed_s = now_s - one.synced_s
        one.synced_s = now_s
        if not one.busy:
            one.idle_j += self._resting_w(one) * elapsed_s
            return
        decode_s, prefill_s = one.parts_s
        if decode_s == 0.0 and one.pool.chunking is None:
            one.prefill_j += one.step_w * elapsed_s
            one.left_frac = max(0.0, one.left_frac - elapsed_s / prefill_s)
            return
        frac = elapsed_s / (decode_s + prefill_s)
        batch = len(one.decoding)
        decode_w = one.physics.decode_w(batch, one.clock)
        prefill_w = one.physics.prefill_w(one.prefill_tokens, one.clock)
        one.decode_j += decode_w * decode_s * frac
        one.prefill_j += prefill_w * prefill_s * frac
        one.left_frac -= frac

    def _resting_w(self, one: Instance) -> float:
        if one.state in ("off", "failed"):
            return one.physics.idle_w * self.fleet.off_power_frac
        return one.physics.idle_w

    # --- routing --------------------------------------------------------------------

    def _arrive(self, job: Job, now_s: float) -> None:
        if job.klass.encode_pool is not None and job.encode > 0:
            job.stage = "encode"
        self._route(job, now_s)

    def _route(self, job: Job, now_s: float, *, after_failure: bool = False) -> None:
        klass = job.klass
        goes_on = klass.token_pool is not None and len(job.rows) == 1
        goes_on = goes_on and job.output > 1
        if job.stage == "encode":
            name, goes_on = klass.encode_pool, False
        elif self._overflows(klass):
            name, goes_on = klass.overflow_pool, False
        else:
            name = klass.prompt_pool
        if self.shared[name]:
            self._join_shared(name, job, now_s)
            return
        one = self._pick(name, job)
        if one is None:
            job.refused = "failed" if after_failure else "nowhere"
            return
        two = self._pick(klass.token_pool, job) if goes_on else None
        if two is not None and two.pending > klass.local_tokens:
            two = None
        if job.stage != "encode" and self._too_long(job, one, two):
            job.refused = "too long"
        elif len(one.queue) >= one.pool.queue.limit:
            job.refused = "queue full"
        else:
            self._join_queue(job, one, two, now_s)

    def _overflows(self, klass: FleetClass) -> bool:
        if klass.overflow_pool is None:
            return False
        here = [i.pending for i in self._open(klass.prompt_pool)]
        there = [i.pending for i in self._open(klass.overflow_pool)]
        least = min(here, default=math.inf)
        return least > klass.overflow_tokens and min(there, default=math.inf) < least

    def _too_long(self, job: Job, one: Instance, two: Instance | None) -> bool:
        whole = job.prompt + job.output
        if two is None:
            return whole > one.physics.capacity
        return job.prompt + 1 > one.physics.capacity or whole > two.physics.capacity

    def _open(self, name: str) -> list[Instance]:
        """Those that may be picked: on, and not avoided unless all are."""
        on = [i for i in self.pools[name] if i.state == "on"]
        return [i for i in on if not i.avoided] or on

    def _pick(self, name: str, job: Job) -> Instance | None:
        members, choice = self.pools[name], self._open(name)
        if not choice:
            return None
        routing = members[0].pool.routing
        if routing == "round_robin":
            turn = self.turn[name]
            order = members[turn:] + members[:turn]
            one = next(i for i in order if i in choice)
            self.turn[name] = (members.index(one) + 1) % len(members)
            return one
        if routing == "least_tokens":
            return min(choice, key=lambda i: i.pending)
        if routing == "mix_aware":
            if len(members) > LOOKED_AT:
                turn = self.turn[name]
                window = (members[turn:] + members[:turn])[:LOOKED_AT]
                choice = [i for i in choice if i in window] or choice
                self.turn[name] = (turn + 1) % len(members)
            return min(choice, key=lambda i: added_latency_s(i, job))
        least = min(choice, key=lambda i: i.load)
        if routing == "affinity" and job.prefix_id >= 0:
            home = members[job.prefix_id % len(members)]
            if home in choice and home.load <= least.load + home.pool.slack_load:
                return home
        return least

    def _join_queue(
        self, job: Job, one: Instance, two: Instance | None, now_s: float
    ) -> None:
        job.at, job.to, job.done = one, two, 0.0
        job.key = queue_key(one.pool, one.physics, job)
        one.assigned[job.place] = job
        if two is not None:
            two.assigned[job.place] = job
        one.queue.append(job)
        self._wake(one, now_s)

    def _join_shared(self, name: str, job: Job, now_s: float) -> None:
        """Wait in the class's shared queue; an idle instance pulls at once."""
        pool = self.pools[name][0].pool
        k = [shared.name for shared in pool.shared].index(job.klass.shared_queue)
        queue, engine = self.shared[name][k], pool.shared[k].engine
        if job.prompt + job.output > engine.table.kv_capacity_tokens:
            job.refused = "too long"
        elif len(queue) >= pool.queue.limit:
            job.refused = "queue full"
        else:
            job.at = job.to = None
            job.done, job.key = 0.0, queue_key(pool, Physics(engine, 1), job)
            queue.append(job)
            for one in self._open(name):
                if one.serves == k:
                    self._wake(one, now_s)

    # --- steps ----------------------------------------------------------------------

    def _wake(self, one: Instance, now_s: float) -> None:
        """An idle instance is always at a boundary."""
        if not one.busy and one.state in ("on", "draining"):
            self._advance(one, now_s)
            self._boundary(one, now_s)

    def _boundary(self, one: Instance, now_s: float) -> None:
        """Choose the next step."""
        self._join_delivered(one, now_s)
        if one.pool.chunking is not None:
            self._next_chunk(one, now_s)
        else:
            self._next_whole(one, now_s)
        if one.busy:
            one.synced_s, one.left_frac = now_s, 1.0
            self._schedule(one, now_s)
        elif one.state == "draining" and one.empty:
            self._emptied(one, now_s)

    def _emptied(self, one: Instance, now_s: float) -> None:
        """Go off, or swap to the engine of another shared queue."""
        if one.swap is None:
            one.state = "off"
            one.prefixes.clear()
            return
        (k, seconds), one.swap = one.swap, None
        one.state = "starting"
        self._serve(one, k, self.shared[one.pool.name][k])
        one.run += 1
        self._at(now_s + seconds, self._ready, one, one.run)

    def _schedule(self, one: Instance, now_s: float) -> None:
        one.run += 1
        work_s = sum(one.parts_s) * one.left_frac
        end_s = max(now_s + work_s, one.load_until_s)
        if one.prefilling and end_s > now_s:
            # beyond the work an instance only waits for prefixes to load
            busy_w = one.physics.prefill_w(one.prefill_tokens, one.clock)
            idle_s = end_s - now_s - work_s
            spent_j = busy_w * work_s + one.physics.idle_w * idle_s
            one.step_w = spent_j / (end_s - now_s)
        self._at(end_s, self._end_step, one, one.run)

    def _join_delivered(self, one: Instance, now_s: float) -> None:
        begun = sum(len(job.rows) for job in one.begun)
        while one.delivered and len(one.decoding) + begun < one.physics.max_batch:
            job = one.delivered[0]
            stayed = job.reserved if job.at is one else 0
            whole = job.prompt + job.output
            if one.reserved + whole - stayed > one.physics.capacity:
                return
            one.delivered.popleft()
            one.reserved += whole - stayed
            job.reserved = whole
            one.held += job.prompt + 1
            job.stage = "decode"
            one.decoding.append((job, job.rows[0]))

    def _next_whole(self, one: Instance, now_s: float) -> None:
        """Prefill alone, else a decode iteration."""
        limit = one.pool.max_preemptions
        must_decode = bool(one.decoding and limit and one.preempted >= limit)
        loading_s = 0.0 if must_decode else self._admit(one, now_s)
        one.busy = bool(one.prefilling or one.decoding)
        one.decode_s = one.prefill_s = one.prefill_tokens = one.load_until_s = 0.0
        if one.prefilling:
            one.preempted += 1 if one.decoding else 0
            one.prefill_tokens = sum(job.work for job in one.prefilling)
            one.prefill_s = one.physics.prefill_s(one.prefill_tokens)
            one.load_until_s = now_s + loading_s
        else:
            one.preempted = 0
            one.decode_s = self._iteration_s(one)

    def _iteration_s(self, one: Instance) -> float:
        if not one.decoding:
            return 0.0
        return one.physics.iteration_s(len(one.decoding), one.held)

    def _admit(self, one: Instance, now_s: float) -> float:
        """Move prompts from the queue into one prefill; seconds of loading."""
        loading_s = tokens = 0.0
        rows = len(one.decoding)
        while one.may_take and one.queue and rows < one.physics.max_batch:
            job = first_in_queue(one.queue, one, now_s)
            hit, work = self._work(one, job)
            full = rows + len(job.rows) > one.physics.max_batch
            if full or not self._cache_fits(one, job):
                break
            if one.prefilling and tokens + work > one.pool.max_prefill_tokens:
                break
            if self._expired(one, job, now_s):
                continue
            self._take(one, job, work)
            one.prefilling.append(job)
            rows += len(job.rows)
            tokens += work
            loading_s += self._loading_s(one, hit)
        return loading_s

    def _expired(self, one: Instance, job: Job, now_s: float) -> bool:
        if now_s - job.arrived_s <= job.klass.patience_s:
            return False
        one.queue.remove(job)
        self._leave(job, now_s)
        job.refused = "expired"
        return True

    def _need(self, job: Job) -> int:
        if job.stage == "encode":
            return 0
        return job.prompt + (job.output if job.to is None else 1)

    def _cache_fits(self, one: Instance, job: Job) -> bool:
        return one.reserved + self._need(job) <= one.physics.capacity

    def _take(self, one: Instance, job: Job, work: float) -> None:
        one.queue.remove(job)
        job.at = one
        one.assigned[job.place] = job
        job.work = work
        job.reserved = self._need(job)
        one.reserved += job.reserved

    def _next_chunk(self, one: Instance, now_s: float) -> None:
        """One iteration of decode and of one prompt's chunk, together."""
        chunking = one.pool.chunking
        job = self._chunk_job(one, now_s)
        one.decode_s = self._iteration_s(one)
        one.prefill_s = one.prefill_tokens = 0.0
        one.prefilling = []
        if job is not None:
            room_s = chunking.target_s - one.parts_s[0]
            room_s /= one.clock.slow_prefill
            alone = not one.decoding

            def seconds(tokens):
                work_s = one.physics.chunk_s(job.done, tokens, alone=alone)
                return work_s + chunking.overhead_s

            sizes = range(chunking.least_tokens, chunking.most_tokens + 1)
            fitting = bisect_right(sizes, room_s, key=seconds)
            tokens = min(sizes[max(0, fitting - 1)], job.work - job.done)
            one.prefill_tokens = tokens
            one.prefill_s = seconds(tokens)
            one.prefilling = [job]
        one.busy = bool(one.prefilling or one.decoding)

    def _chunk_job(self, one: Instance, now_s: float) -> Job | None:
        """The first of the prompts begun and, where it has room, of those waiting."""
        choice = list(one.begun)
        rows = len(one.decoding) + sum(len(job.rows) for job in one.begun)
        while one.may_take and one.queue and rows < one.physics.max_batch:
            job = first_in_queue(one.queue, one, now_s)
            full = rows + len(job.rows) > one.physics.max_batch
            if full or not self._cache_fits(one, job):
                break
            if not self._expired(one, job, now_s):
                choice.append(job)
                break
        if not choice:
            return None
        job = first_in_queue(choice, one, now_s)
        if job not in one.begun:
            self._take(one, job, self._work(one, job)[1])
            one.begun.append(job)
        return job

    def _end_step(self, one: Instance, run: int, now_s: float) -> None:
        if run != one.run:
            return
        self._advance(one, now_s)
        ended = one.prefilling
        one.prefilling = []
        if one.decode_s > 0.0:
            self._tokens_out(one, now_s)
        if one.pool.chunking is not None:
            for job in ended:
                job.done += one.prefill_tokens
            ended = [job for job in ended if job.done >= job.work]
            one.begun = [job for job in one.begun if job not in ended]
        for job in ended:
            self._end_prefill(one, job, now_s)
        one.busy = False
        self._boundary(one, now_s)

    def _tokens_out(self, one: Instance, now_s: float) -> None:
        one.held += len(one.decoding)
        one.output_tokens += len(one.decoding)
        ended = []
        for job, row in one.decoding:
            row.out += 1
            self.gaps_s[one.pool.name].append(now_s - row.last_s)
            row.last_s = now_s
            if row.out >= row.output:
                ended.append((job, row))
        if ended:
            one.decoding = [s for s in one.decoding if s[1].out < s[1].output]
            for job, row in ended:
                self._end_row(one, job, row, now_s)

    def _end_prefill(self, one: Instance, job: Job, now_s: float) -> None:
        if job.stage == "encode":
            del one.assigned[job.place]
            job.stage = "prompt"
            self._route(job, now_s)
            return
        self._write_prefix(one, job)
        one.prompt_tokens += job.prompt
        one.output_tokens += len(job.live)
        if job.first_s is None:
            job.first_s = now_s
        for row in job.live:
            row.out, row.last_s = 1, now_s
        if job.to is not None:
            job.stage = "sent"
            one.link.append(job)
            if len(one.link) == 1:
                self._send(one, now_s)
            return
        job.stage = "decode"
        one.held += job.prompt + len(job.live)
        for row in job.live:
            if row.output == 1:
                self._end_row(one, job, row, now_s)
            else:
                one.decoding.append((job, row))

    def _end_row(self, one: Instance, job: Job, row: Row, now_s: float) -> None:
        """A row leaves with its own tokens, the last with all the request held."""
        row.ended = True
        one.held -= row.out
        if job.live:
            return
        one.held -= job.prompt
        one.reserved -= job.reserved
        self._leave(job, now_s)
        one.finished += 1
        job.last_s, job.instance = now_s, one.place
        klass = job.klass
        job.attained = (
            job.ttft_s <= klass.ttft_slo_s
            and (job.tbt_s or 0.0) <= klass.tbt_slo_s
            and job.e2e_s <= klass.e2e_slo_s
        )

    def _leave(self, job: Job, now_s: float) -> None:
        if job.at is not None:
            job.at.assigned.pop(job.place, None)
        if job.to is not None:
            job.to.assigned.pop(job.place, None)
            self._wake(job.to, now_s)  # it may have waited for this one to go off

    # --- prefixes -------------------------------------------------------------------

    def _prefixes(self, one: Instance) -> dict[int, tuple[int, int, int]]:
        scope = one.pool.prefix_cache.scope
        return self.store if scope == "fleet" else one.prefixes

    def _work(self, one: Instance, job: Job) -> tuple[float, float]:
        """Tokens taken from the cache, and tokens left to prefill."""
        cache = one.pool.prefix_cache
        if cache is None or job.prefix_id < 0 or job.stage == "encode":
            return 0.0, job.asked
        place = job.prefix_id % cache.entries
        owner, tokens, model = self._prefixes(one).get(place, (-1, 0, 0))
        if owner != job.prefix_id:
            return 0.0, job.asked
        hit = min(job.prefix, tokens)
        anew = 0.0 if model == job.klass.model else cache.recompute_frac * hit
        left = max(1.0, job.prompt - hit + anew)
        return job.prompt - left, left + job.asked - job.prompt

    def _loading_s(self, one: Instance, hit: float) -> float:
        cache = one.pool.prefix_cache
        if cache is None or cache.scope != "fleet":
            return 0.0
        return cache.load_token_s * hit

    def _write_prefix(self, one: Instance, job: Job) -> None:
        cache = one.pool.prefix_cache
        if cache is not None and job.prefix_id >= 0:
            self._keep(one, cache, (job.prefix_id, job.prefix, job.klass.model))

    def _keep(self, one: Instance, cache, entry: tuple[int, int, int]) -> None:
        """Write a prefix; one after another others go until all fit."""
        kept = self._prefixes(one)
        place = entry[0] % cache.entries
        limit = cache.memory_frac * one.pool.engine.table.kv_capacity_tokens
        if cache.scope == "fleet":
            limit = float("inf")
        if entry[1] > limit:
            return
        kept[place] = entry
        while sum(tokens for _, tokens, _ in kept.values()) > limit:
            other, one.hand = one.hand, (one.hand + 1) % cache.entries
            if other != place:
                kept.pop(other, None)

    # --- transfers ------------------------------------------------------------------

    def _send(self, one: Instance, now_s: float) -> None:
        """Begin the first transfer waiting at the link of this prompt instance."""
        while one.link:
            job = one.link[0]
            if job.to.state not in ("on", "draining"):
                self._send_elsewhere(one, job, now_s)
                if job.to is None:
                    continue
            seconds = self._transfer_s(job)
            self.transfers.append(
                Transfer(job.place, one.place, job.to.place, now_s, now_s + seconds)
            )
            one.link_run += 1
            self._at(now_s + seconds, self._end_transfer, one, one.link_run)
            return

    def _send_elsewhere(self, one: Instance, job: Job, now_s: float) -> None:
        """Another token instance, or where it was prefilled if none is on."""
        job.to.assigned.pop(job.place, None)
        job.to = self._pick(job.klass.token_pool, job)
        if job.to is not None:
            job.to.assigned[job.place] = job
            return
        one.link.popleft()
        one.delivered.append(job)
        self._wake(one, now_s)

    def _transfer_s(self, job: Job) -> float:
        link = self.fleet.link
        exposed = job.prompt * link.kv_byte_per_token
        if job.prompt >= link.serial_below_tokens:
            exposed *= link.exposed_frac
        return link.latency_s + exposed / link.byte_per_s

    def _end_transfer(self, one: Instance, run: int, now_s: float) -> None:
        if run != one.link_run:
            return
        job = one.link.popleft()
        one.reserved -= job.reserved
        del one.assigned[job.place]
        job.to.delivered.append(job)
        self._send(one, now_s)
        self._wake(job.to, now_s)
        self._wake(one, now_s)

    # --- actions --------------------------------------------------------------------

    def _act(self, action: Action, now_s: float) -> None:
        one = self.instances[action.instance]
        self._advance(one, now_s)
        if action.name == "clock":
            one.mhz = action.value
            one.clock = one.physics.clock(action.value)
            if one.busy:
                self._schedule(one, now_s)
        elif action.name == "avoid":
            one.avoided = action.value != 0.0
        elif action.name == "on":
            self._start(one, now_s + action.value)
        elif action.name == "off":
            one.state = "draining" if one.state == "on" else "off"
            self._wake(one, now_s)
        elif action.name == "fail":
            self._fail(one, now_s)
        elif action.name == "serve":
            one.state, one.swap = "draining", (action.queue, action.value)
            self._wake(one, now_s)
        else:
            self._evict(one, now_s)

    def _start(self, one: Instance, ready_s: float) -> None:
        if one.state == "draining":
            one.state = "on"
        if one.state in ("off", "failed"):
            one.state = "starting"
            one.run += 1
            self._at(ready_s, self._ready, one, one.run)

    def _ready(self, one: Instance, run: int, now_s: float) -> None:
        if run == one.run and one.state == "starting":
            self._advance(one, now_s)
            one.state = "on"
            self._wake(one, now_s)

    def _fail(self, one: Instance, now_s: float) -> None:
        """Lose every cache; requests that had one or waited here begin again."""
        one.state, one.swap = "failed", None
        one.link_run += 1
        lost = [*one.delivered, *one.link, *self._stop(one)]
        if not one.pool.shared:
            lost += one.queue
            one.queue = []
        for other in self.instances:
            if other is not one and other.link and other.link[0].to is one:
                lost.append(other.link.popleft())  # was on its way
                other.reserved -= lost[-1].reserved
                other.link_run += 1
                self._send(other, now_s)
                self._wake(other, now_s)
        one.delivered.clear()
        one.link.clear()
        one.assigned.clear()
        one.prefixes.clear()
        one.reserved = 0
        for job in sorted(lost, key=lambda job: job.place):
            self._forget(job, now_s)
            self._route(job, now_s, after_failure=True)

    def _stop(self, one: Instance) -> list[Job]:
        """Break off the step and drop what runs; the requests that ran."""
        ran = [*one.begun, *one.prefilling, *(job for job, _ in one.decoding)]
        one.cut_short += len(one.decoding)
        one.begun, one.prefilling, one.decoding = [], [], []
        one.busy, one.held, one.preempted = False, 0, 0
        one.run += 1
        return list(dict.fromkeys(ran))  # a chunk is begun and under way

    def _forget(self, job: Job, now_s: float) -> None:
        """Its cache is gone: back to prefill."""
        self._leave(job, now_s)
        job.done = 0.0
        for row in job.live:
            row.out = 0
        if job.stage != "encode":
            job.stage = "prompt"

    def _evict(self, one: Instance, now_s: float) -> None:
        """Everything that runs returns to the queue it came from."""
        for job in self._stop(one):
            one.reserved -= job.reserved
            self._forget(job, now_s)
            if not one.pool.shared:
                job.at, job.to = one, None
                one.assigned[job.place] = job
            one.queue.append(job)
        self._wake(one, now_s)
