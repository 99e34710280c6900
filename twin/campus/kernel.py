"""
The compiled ticks of a campus: of one hall, and of what halls share.

A hall sees the shared network through its ports, sources whose life is given tick by
tick. The shared network, the head, sees a hall as one load per port. Both run the
site's own code (`twin.facility.kernel`); what they tell each other are arrays.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from twin.facility import kernel as site_kernel
from twin.facility.kernel import compiled, inlined
from twin.power.sweep import GENERATOR, UTILITY

(
    T_IT, T_MECHANICAL, T_UTILITY, T_SOURCES, T_LOST, T_CAPPED, T_REMOVED, T_WISH,
    T_WATER, T_SAVED_LOW, T_SAVED_HIGH,
) = range(11)  # fmt: skip
TRACE_COLUMNS = 11
"""What a hall tells of each tick: watts, servers, kg/s of water. Own sources only."""
F_DOWN, F_ACCEPT, F_BLINK, F_FRAC = range(4)
FEED_COLUMNS = 4
"""What a hall is told of each of its ports and ticks."""
H_UTILITY, H_SOURCES = range(2)
"""What the head tells of each tick. [W]"""


@inlined
def _has_ceiling(site, state):
    """Whether any row is held below its own clock by the campus."""
    for row in range(site.row_limit_w.size):
        if state.row_ceiling[row, 0] > 0.0 or state.row_ceiling[row, 1] > 0.0:
            return True
    return False


@inlined
def _survey(site, state, tick, found):
    """
    What a hall's clocks move, as the coming tick begins. [W]

    found: power above idle of low and high priority without the campus's ceilings,
    and what these take off each.
    """
    found[:] = 0.0
    length = site.activity.shape[1]
    for r in range(site.rack_row.size):
        row = site.rack_row[r]
        place = (tick // site.hold_ticks + site.row_shift[row]) % length
        act = site.activity[site.rack_series[r], place]
        live = state.live[site.rack_first + r] and not state.hot[r]
        if act <= 0.0 or tick < state.back[r] or not live:
            continue
        chips = 1.0 + site.leak_per_k[r] * (state.gpu_c[r] - site.leak_from_c)
        swing_w = site.swing_w[r] * act * state.throttle[r] * chips
        for p in range(2):
            free_w = swing_w * site.servers[r, p] * state.free[row, p]
            held_w = swing_w * site.servers[r, p] * state.power[row, p]
            found[p] += free_w
            found[2 + p] += free_w - held_w


@compiled
def advance_hall(
    site, state, meter, first_tick, end_tick, event_tick, events, feed, own, servers,
    period_ticks, found, trace, draws, needs, survey, decide, params,
):  # fmt: skip
    """
    Run one hall; its ports are its first nodes.

    Args:
        site: Constants of the hall.
        state: Changed in place.
        meter: Changed in place.
        first_tick: First tick to run.
        end_tick: One past the last.
        event_tick: Ticks of events, rising. int64 (events,)
        events: Code, target, value. (events, 3)
        feed: Of FEED_COLUMNS; only the load is read here, the rest are events.
            (ticks, ports, columns)
        own: Sources of the hall's own. int64 (sources,)
        servers: Servers of each row by priority. (rows, 2)
        period_ticks: Ticks between two decisions of the campus.
        found: Working memory. (4,)
        trace: Filled, of TRACE_COLUMNS. (ticks, columns)
        draws: Filled with what the hall draws through each port. [W], (ticks, ports)
        needs: Filled with whether it wants a port to be live. bool (ticks, ports)
        survey: Filled with power above idle of low and high priority without ceilings
            at the end of each period. [W], (ticks // period + 2, 2)
        decide: Compiled policy.
        params: Its parameters.
    """
    ports = draws.shape[1]
    first_period = first_tick // period_ticks
    for tick in range(first_tick, end_tick):
        k = tick - first_tick
        site_kernel.turn(site, state, meter, event_tick, events, tick)
        state.flags[3] = 0
        for p in range(ports):
            state.source_frac[p] = feed[k, p, F_FRAC]
            if state.source_frac[p] > 0.0:
                state.flags[3] = 1
        last = (tick + 1) % period_ticks == 0
        trace[k, T_SAVED_LOW] = 0.0
        trace[k, T_SAVED_HIGH] = 0.0
        if last or _has_ceiling(site, state):
            _survey(site, state, tick, found)
            trace[k, T_SAVED_LOW] = found[2]
            trace[k, T_SAVED_HIGH] = found[3]
            if last:
                survey[tick // period_ticks - first_period, 0] = found[0]
                survey[tick // period_ticks - first_period, 1] = found[1]
        capped = 0.0
        for row in range(servers.shape[0]):
            for p in range(2):
                if state.power[row, p] < 1.0:
                    capped += servers[row, p]
        lost = site_kernel.step(site, state, meter, tick, decide, params)
        for p in range(ports):
            draws[k, p] = state.out_w[p]
            needs[k, p] = state.need[p]
        utility_w = 0.0
        sources_w = 0.0
        for i in own:
            sources_w += state.in_w[i]
            if site.wiring.role[i] == UTILITY:
                utility_w += state.in_w[i]
        row = trace[k]
        row[T_IT] = state.hall_w[0]
        row[T_MECHANICAL] = state.out_w[site.cooling_node[0]]
        row[T_UTILITY] = utility_w
        row[T_SOURCES] = sources_w
        row[T_LOST] = lost
        row[T_CAPPED] = capped
        row[T_REMOVED] = state.removed_w[0]
        row[T_WISH] = state.wish_w[0]
        row[T_WATER] = state.water_kg_s[0]


@compiled
def advance_head(
    site, state, meter, first_tick, end_tick, event_tick, events, draws, needs,
    path_first, path_node, feed, trace,
):  # fmt: skip
    """
    Run what halls share; its loads are the halls' ports, its last nodes.

    Args:
        site: Constants; `leaf` says which ports want power and is changed in place.
        state: Changed in place.
        meter: Changed in place.
        first_tick: First tick to run.
        end_tick: One past the last.
        event_tick: Ticks of events, rising. int64 (events,)
        events: Code, target, value. (events, 3)
        draws: What each port draws. [W], (ticks, ports)
        needs: Whether its hall wants it to be live. bool (ticks, ports)
        path_first: First node above each port in `path_node`. int64 (ports + 1,)
        path_node: Nodes above ports. int64
        feed: Filled, of FEED_COLUMNS. (ticks, ports, columns)
        trace: Filled with power of utilities, and of all sources. (ticks, 2)
    """
    first = site.rack_first
    for tick in range(first_tick, end_tick):
        k = tick - first_tick
        site_kernel.turn(site, state, meter, event_tick, events, tick)
        for p in range(draws.shape[1]):
            state.wanted_w[first + p] = draws[k, p]
            if site.leaf[first + p] != needs[k, p]:
                site.leaf[first + p] = needs[k, p]
                state.flags[0] = 1
        looked = state.flags[0] != 0
        site_kernel.look(site, state, meter, tick)
        site_kernel.carry(site, state, meter, tick)
        if site_kernel.wear(site, state, meter, tick):
            state.flags[0] = 1
        site_kernel.note(site, state, meter, tick, 0.0)
        for p in range(draws.shape[1]):
            i = first + p
            row = feed[k, p]
            row[F_DOWN] = 0.0 if state.live[i] else 1.0
            row[F_ACCEPT] = state.accept[i] if state.live[i] else 1.0
            row[F_BLINK] = 1.0 if looked and state.live[i] and state.blink[i] else 0.0
            row[F_FRAC] = 0.0
            for e in range(path_first[p], path_first[p + 1]):
                node = path_node[e]
                most_w = state.capacity[node] * site.limit_w[node]
                part = state.out_w[node] / most_w
                if part > site.watch_frac and part > row[F_FRAC]:
                    row[F_FRAC] = part
        trace[k, H_UTILITY] = 0.0
        trace[k, H_SOURCES] = 0.0
        for i in range(first):
            if site.wiring.role[i] <= GENERATOR:
                trace[k, H_SOURCES] += state.in_w[i]
                if site.wiring.role[i] == UTILITY:
                    trace[k, H_UTILITY] += state.in_w[i]


@njit(cache=True, nogil=True)
def halls_below(first, feed, below):
    """Pass up: in which halls the loads below each node stand. bool (nodes, halls)"""
    for i in range(below.shape[0] - 1, -1, -1):
        for e in range(first[i], first[i + 1]):
            for h in range(below.shape[1]):
                if below[i, h]:
                    below[feed[e], h] = True


@njit(cache=True, nogil=True)
def gather(values, first_tick, per_record, total, least, most):
    """
    Add ticks to records one by one, so that windows do not show in the sums.

    Args:
        values: (ticks, columns)
        first_tick: Tick of the first.
        per_record: Ticks of a record.
        total: Sums. (records, columns)
        least: Lowest tick. (records, columns)
        most: Highest tick. (records, columns)
    """
    for k in range(values.shape[0]):
        record = (first_tick + k) // per_record
        for c in range(values.shape[1]):
            value = values[k, c]
            total[record, c] += value
            least[record, c] = min(least[record, c], value)
            most[record, c] = max(most[record, c], value)


@njit(cache=True, nogil=True)
def note_excess(drawn_w, most_w, tick_s, first_tick, noted):
    """
    Count ticks above a limit.

    noted: seconds above, the longest stretch [s], the stretch under way [s], energy
    above [J], highest tick [W], when (its tick).
    """
    for k in range(drawn_w.size):
        above_w = drawn_w[k] - most_w[k]
        if above_w > 1e-9 * most_w[k]:
            noted[0] += tick_s
            noted[2] += tick_s
            noted[1] = max(noted[1], noted[2])
            noted[3] += above_w * tick_s
        else:
            noted[2] = 0.0
        if drawn_w[k] > noted[4]:
            noted[4] = drawn_w[k]
            noted[5] = first_tick + k


def nothing_noted() -> np.ndarray:
    """Where `note_excess` starts."""
    return np.zeros(6)
