"""
The best plan of a small build-out by trying every one, in plain Python.

Written from docs/models/build_out.md; nothing of the program is imported. Blocks and
lots up to a most per period are tried; servers on are found period by period at the
corners of what alive servers, power and demand allow.
"""

from __future__ import annotations

import itertools
import math
from functools import cache

YEAR_H = 8760.0


class Oracle:
    """A build-out's prices and limits, once more."""

    def __init__(self, given, most):
        self.g, self.most = given, most
        self.dt = given.period_months / 12
        self.t = range(given.periods)
        self.wanted = [float(w) for w in given.demand.servers]
        self._best_on = cache(self._on)

    def least_cost(self):
        """Net present cost of the best of all plans. [USD]"""
        best = math.inf
        things = [*self.g.blocks, *self.g.generations]
        choices = [range(self.most + 1)] * (len(things) * len(self.t))
        for flat in itertools.product(*choices):
            orders = [
                flat[i * len(self.t) : (i + 1) * len(self.t)]
                for i in range(len(things))
            ]
            if (cost := self.cost(orders)) < best:
                best = cost
        return best

    def worth(self, years):
        return (1 + self.g.rates.discount_rate) ** -years

    def cost(self, orders):
        """Cost of the orders with the best servers on; infinite where not allowed."""
        g, blocks = self.g, len(self.g.blocks)
        total, spent = 0.0, [0.0] * len(self.t)
        for thing, counts in zip([*g.blocks, *g.generations], orders, strict=True):
            lot = 1 if thing in g.blocks else g.server_lot
            for t, count in enumerate(counts):
                if count:
                    one, price = self.bought(thing, t)
                    total += one * count * lot
                    spent[t] += price * count * lot
        budget = g.limits.budget_usd_per_period
        if budget is not None and max(spent) > budget + 1e-6:
            return math.inf
        for block, counts in zip(g.blocks, orders, strict=False):
            if block.most is not None and block.existing + sum(counts) > block.most:
                return math.inf
            if any(0 < n < block.least_order for n in counts):
                return math.inf
        for t in self.t:
            power = tuple(self.power(orders, kind, t) for kind in self.kinds())
            alive = tuple(
                self.alive(one, orders[blocks + i], t)
                for i, one in enumerate(g.generations)
            )
            total += self._best_on(t, alive, power)
        return total

    def kinds(self):
        return tuple(dict.fromkeys(b.kind for b in self.g.blocks))

    def lead(self, months):
        return math.ceil(months / self.g.period_months)

    def bought(self, thing, t):
        """One thing ordered in t: all it costs today, and its price then."""
        r, end = self.g.rates, len(self.t)
        price = thing.usd * (1 + thing.price_growth_per_year) ** (t * self.dt)
        arrives = t + self.lead(thing.lead_months)
        gone = end
        if thing not in self.g.blocks:
            gone = min(end, arrives + round(thing.life_years / self.dt))
        upkeep = sum(
            price * thing.upkeep_frac * self.dt * self.worth((p + 0.5) * self.dt)
            for p in range(arrives, gone)
        )
        age = (end - arrives) * self.dt
        left = min(1.0, max(0.0, 1 - age / thing.life_years))
        fetched = price * left * r.residual_frac * self.worth(end * self.dt)
        return price * self.worth(t * self.dt) + upkeep - fetched, price

    def power(self, orders, kind, t):
        """What a kind carries in t, in watts."""
        total = 0.0
        for block, counts in zip(self.g.blocks, orders, strict=False):
            if block.kind == kind:
                lead = self.lead(block.lead_months)
                total += block.size_w * (block.existing + sum(counts[: t - lead + 1])
                                         if t >= lead else block.existing)  # fmt: skip
        return total

    def alive(self, one, counts, t):
        lead, life = self.lead(one.lead_months), round(one.life_years / self.dt)
        lots = sum(n for p, n in enumerate(counts) if p + lead <= t < p + lead + life)
        old = one.existing if t < one.existing_left_months / self.g.period_months else 0
        return lots * self.g.server_lot + old

    def running(self, one, t):
        """One server on in t, today."""
        r, years = self.g.rates, (t + 0.5) * self.dt
        kwh = one.mean_w / 1000 * YEAR_H * self.dt * r.pue
        peak_kw = one.peak_w / 1000 * r.peak_pue
        dearer = (1 + r.energy_growth_per_year) ** years
        usd = kwh * r.energy_usd_per_kwh * dearer
        usd += peak_kw * self.g.period_months * r.demand_usd_per_kw_month * dearer
        usd += kwh / r.pue * r.water_l_per_it_kwh / 1000 * r.water_usd_per_m3
        tonnes = kwh * r.carbon_g_per_kwh / 1e6
        tonnes *= (1 + r.intensity_growth_per_year) ** years
        usd += tonnes * r.carbon_usd_per_t * (1 + r.carbon_growth_per_year) ** years
        return usd * self.worth(years)

    def _on(self, t, alive, power):
        """Least cost of a period: every corner of a plane or a line is tried."""
        g, r = self.g, self.g.rates
        lost = r.lost_usd_per_server_h * YEAR_H * self.dt * self.worth(
            (t + 0.5) * self.dt
        )  # fmt: skip
        run = [self.running(one, t) for one in g.generations]
        old = sum(
            one.usd * one.upkeep_frac * self.dt * self.worth((t + 0.5) * self.dt)
            * (one.existing if t < one.existing_left_months / g.period_months else 0)
            for one in g.generations
        )  # fmt: skip
        limits = [([one.work for one in g.generations], self.wanted[t])]
        for kind, there in zip(self.kinds(), power, strict=True):
            factor = r.peak_pue if kind in ("utility", "generator") else 1.0
            limits.append(([one.peak_w * factor for one in g.generations], there))
        if g.limits.contract_w is not None:
            draws = [one.peak_w * r.peak_pue for one in g.generations]
            limits.append((draws, g.limits.contract_w))
        for i, count in enumerate(alive):
            limits.append(([float(i == j) for j in range(len(alive))], count))
            limits.append(([-float(i == j) for j in range(len(alive))], 0.0))
        costs = [
            sum(u * n for u, n in zip(run, on, strict=True))
            + lost * (self.wanted[t]
                      - sum(o.work * n for o, n in zip(g.generations, on, strict=True)))
            for on in _corners(limits, len(alive))
        ]  # fmt: skip
        return min(costs) + old


def _corners(limits, size):
    """Corners of `row · x <= most` in one or two dimensions."""
    if size == 1:
        found = [(most / row[0],) for row, most in limits if row[0]]
    else:
        found = []
        for (a, p), (b, q) in itertools.combinations(limits, 2):
            det = a[0] * b[1] - a[1] * b[0]
            if abs(det) > 1e-12:
                found.append(((p * b[1] - q * a[1]) / det, (a[0] * q - b[0] * p) / det))
    return [
        x for x in found
        if all(sum(r * v for r, v in zip(row, x, strict=True)) <= most + 1e-7
               * max(1.0, abs(most)) for row, most in limits)
    ]  # fmt: skip
