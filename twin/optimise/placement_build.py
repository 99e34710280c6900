"""Rows of a placement's program that are known beforehand: space, heat, replicas."""

from __future__ import annotations

import numpy as np

from twin.optimise.loads import alive
from twin.optimise.placement_ground import Ground, air_drawn_w
from twin.optimise.placement_kinds import MOST_IN_RACK
from twin.optimise.placement_model import Check, Columns, Model
from twin.types import BoolArray

_EXACT = 1.0 + 1e-9
"""Rounding of watts that is no overload."""


def checks_of(ground: Ground) -> tuple[Check, ...]:
    """What is held against limits."""
    inputs = ground.inputs
    nothing = np.array([-1], dtype=np.int64)
    any_one = np.concatenate([nothing, ground.losses])
    if inputs.survive == "nothing":
        return (Check("planned", nothing, rides=False),)
    if inputs.after_loss == "uncapped":
        return (Check("planned", any_one, rides=False),)
    return (
        Check("planned", nothing, rides=False),
        Check("capped", any_one, rides=False),
        Check("planned", any_one, rides=True),
    )


def build_model(ground: Ground) -> Model:
    """
    Build the program with everything but the limits of nodes.

    Args:
        ground: The site.

    Returns:
        The program: space in racks, cooling, rows, replicas.
    """
    columns = _columns(ground)
    width = columns.servers + columns.racks + len(ground.groups) + 2
    model = Model(
        ground=ground, columns=columns, checks=checks_of(ground),
        lower=np.zeros(width), upper=np.full(width, np.inf),
    )  # fmt: skip
    model.upper[-2:] = 2.0, 3.0  # loads are held to 1 by their own rows
    _space(model)
    _shared(model)
    _replicas(model)
    _moves(model)
    return model


def _columns(ground: Ground) -> Columns:
    pair, kind, rack_pair, rack_key = [], [], [], []
    pair_group: list[int] = []
    pair_option: list[int] = []
    size: list[int] = []
    pair_of = np.zeros(
        len(ground.network.nodes) - ground.network.rack_first, dtype=np.int64
    )
    for g, group in enumerate(ground.groups):
        for o in range(len(group.options)):
            p = len(size)
            pair_of[group.virtual[:, o]] = p
            pair_group.append(g)
            pair_option.append(o)
            size.append(group.racks.size)
            keys: dict[str, None] = {}
            for e in _allowed(ground, g):
                if room(ground, p_group=g, option=o, key=ground.kinds[e].server.key):
                    pair.append(p)
                    kind.append(e)
                    keys[ground.kinds[e].server.key] = None
            rack_pair += [p] * len(keys)
            rack_key += list(keys)
    return Columns(
        pair=np.array(pair, dtype=np.int64), kind=np.array(kind, dtype=np.int64),
        rack_pair=np.array(rack_pair, dtype=np.int64), rack_key=tuple(rack_key),
        pair_group=np.array(pair_group, dtype=np.int64),
        pair_option=np.array(pair_option, dtype=np.int64), pair_of=pair_of,
        size=np.array(size, dtype=np.int64),
    )  # fmt: skip


def _allowed(ground: Ground, g: int) -> list[int]:
    """Kinds that a group's racks may hold: one type where servers stay."""
    group, kinds = ground.groups[g], ground.kinds
    if ground.inputs.present != "stay":
        return list(range(len(kinds)))
    if group.present_kind < 0:
        return [e for e, k in enumerate(kinds) if not k.present]
    key = kinds[group.present_kind].server.key
    return [
        e for e, k in enumerate(kinds)
        if k.server.key == key and (not k.present or e == group.present_kind)
    ]  # fmt: skip


def room(ground: Ground, *, p_group: int, option: int, key: str) -> int:
    """Most servers of a type in one rack: by height, and by its own feeds' power."""
    group = ground.groups[p_group]
    alike = [k for k in ground.kinds if k.server.key == key]
    by_height = int(ground.inputs.rack_units // alike[0].server.height_u.value)
    most_w = max(k.planned_w for k in alike)
    by_power = float(group.limit_w[option]) / most_w + 1e-9
    found = int(min(by_height, MOST_IN_RACK, np.floor(by_power)))
    if ground.inputs.present == "stay" and group.present:
        found = max(found, group.present)
    return found


def _space(model: Model) -> None:
    """Servers stand in racks of their type, and a rack hangs in one way."""
    g, c = model.ground, model.columns
    stay = g.inputs.present == "stay"
    first_rack = c.servers
    for j, (p, key) in enumerate(zip(c.rack_pair.tolist(), c.rack_key, strict=True)):
        number, option = int(c.pair_group[p]), int(c.pair_option[p])
        most = room(g, p_group=number, option=option, key=key)
        here = [
            k for k in np.flatnonzero(c.pair == p).tolist()
            if g.kinds[c.kind[k]].server.key == key
        ]  # fmt: skip
        columns = np.array([*here, first_rack + j])
        model.add(columns, [1.0] * len(here) + [-float(most)], -np.inf, 0.0)
        for k in here:
            kind = g.kinds[c.kind[k]]
            lost = kind.asked.most_lost if kind.asked else None
            each = min(kind.per_rack, most if lost is None else lost)
            pair = np.array([k, first_rack + j])
            if stay and kind.present:
                model.add(pair, [1.0, -float(g.groups[number].present)], 0.0, 0.0)
            elif each < most:
                model.add(pair, [1.0, -float(each)], -np.inf, 0.0)
        model.upper[first_rack + j] = c.size[p]
    for k, group in enumerate(g.groups):
        mine = first_rack + np.flatnonzero(c.pair_group[c.rack_pair] == k)
        if not mine.size:
            continue
        all_used = (stay and group.present > 0) or mine.size == 1
        low = float(group.racks.size) if all_used else 0.0
        model.add(mine, 1.0, low, float(group.racks.size))
    for j in range(c.servers):
        kind, p = g.kinds[c.kind[j]], int(c.pair[j])
        most = room(
            g, p_group=int(c.pair_group[p]), option=int(c.pair_option[p]),
            key=kind.server.key,
        )  # fmt: skip
        model.upper[j] = float(c.size[p] * most)


def _shared(model: Model) -> None:
    """Cooling of halls, air of aisles, limits of rows."""
    g, c = model.ground, model.columns
    groups = [g.groups[k] for k in c.pair_group[c.pair]]
    watts = model.draws_w("planned")
    air = np.array([air_drawn_w(k, g.a.site.idle_air) for k in g.kinds])[c.kind]
    halls = np.array([q.hall for q in groups])
    aisles = np.array([q.aisle for q in groups])
    rows = np.array([q.row for q in groups])
    for h, able_w in enumerate(g.able_w.tolist()):
        here = np.flatnonzero(halls == h)
        name = f"cooling of {g.a.halls[h]}"
        model.add(here, watts[here] / able_w, -np.inf, 1.0, name)
    for k, aisle in enumerate(g.aisles):
        here = np.flatnonzero(aisles == k)
        if np.isfinite(aisle.air_w):
            air_w = max(1.0, aisle.air_w)  # no air at all: nothing fits
            model.add(here, air[here] / air_w, -np.inf, 1.0, f"inlets of {aisle.name}")
    for row, limit_w in g.row_limit_w.items():
        here = np.flatnonzero(rows == row)
        most_w = g.inputs.limit_frac * limit_w
        name = f"limit of row {row}"
        model.add(here, watts[here] / most_w, -np.inf, _EXACT, name)


def _replicas(model: Model) -> None:
    """Most of a kind in a row, and most that any loss may leave without a feed."""
    g, c = model.ground, model.columns
    rows = np.array([g.groups[k].row for k in c.pair_group[c.pair]])
    dead: dict[bytes, BoolArray] = {}
    if any(k.asked and k.asked.most_lost is not None for k in g.kinds):
        live = np.zeros(len(g.network.nodes), dtype=np.bool_)
        for lost in g.losses.tolist():
            alive(g.network.wiring, g.out, lost, live)
            gone = ~live[g.network.rack_first :]
            whole = np.bincount(c.pair_of, gone, c.size.size) == c.size
            if whole.any():  # a rack's own feed is bounded by `most_lost` per rack
                dead[whole.tobytes()] = whole
    for e, kind in enumerate(g.kinds):
        if kind.asked is None:
            continue
        mine = c.kind == e
        if kind.asked.most_per_row is not None:
            for row in dict.fromkeys(rows.tolist()):
                here = np.flatnonzero(mine & (rows == row))
                most = float(kind.asked.most_per_row)
                model.add(here, 1.0, -np.inf, most, f"{kind.name} in row {row}")
        if kind.asked.most_lost is not None:
            for whole in dead.values():
                here = np.flatnonzero(mine & whole[c.pair])
                most = float(kind.asked.most_lost)
                model.add(here, 1.0, -np.inf, most, f"{kind.name} below one node")


def _moves(model: Model) -> None:
    """Servers that leave their rack, or whose rack is hung anew."""
    g, c = model.ground, model.columns
    first = c.servers + c.racks
    for k, group in enumerate(g.groups):
        column = first + k
        held = group.present * group.racks.size
        model.upper[column] = held
        if not held:
            continue
        if group.own < 0:
            model.lower[column] = held
            continue
        own = (c.pair_group == k) & (c.pair_option == group.own)
        key = g.kinds[group.present_kind].server.key
        stays = np.flatnonzero(own[c.pair] & (c.kind == group.present_kind))
        model.add(np.append(stays, column), 1.0, float(held), np.inf)
        racks = [
            c.servers + j for j in np.flatnonzero(own[c.rack_pair]).tolist()
            if c.rack_key[j] == key
        ]  # fmt: skip
        row = np.array([*racks, column])
        coefs = [float(group.present)] * len(racks) + [1.0]
        model.add(row, coefs, float(held), np.inf)
