"""The catalogue: servers, plants, models, policies, a source for every value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.documents import plain
from api.errors import described
from api.routes.common import State
from api.schemas.catalogue import (
    FigureOut,
    GpuOut,
    ModelList,
    ModelOut,
    PlantList,
    PlantOut,
    PolicyList,
    PolicyOut,
    ServerList,
    ServerOut,
    SettingOut,
)
from store.own_catalogue import own_catalogue
from twin.catalogue import SERVERS, ModelChoice, find_server, list_models
from twin.catalogue.figure import Figure
from twin.catalogue.servers import Server
from twin.cooling.plants import PLANTS
from twin.scenario.policy import (
    POLICY_NAMES,
    NoCap,
    OneThreshold,
    Polca,
    UserPolicy,
    policy_named,
)

router = APIRouter(prefix="/catalogue", tags=["catalogue"], responses=described())


@router.get("/servers")
def servers(state: State) -> ServerList:
    """Server types with rated, idle and measured power; the user's own last."""
    own = own_catalogue(state.settings.own_dir)
    ours = [_server(SERVERS[key]) for key in sorted(SERVERS)]
    return ServerList(
        items=[*ours, *(_server(s.record(), s.file) for s in own.servers)]
    )


@router.get("/plants")
def plants(state: State) -> PlantList:
    """Cooling plants with the coefficients that make them; the user's own last."""
    own = own_catalogue(state.settings.own_dir)
    ours = [
        PlantOut(key=key, label=make.__doc__ or key, like=key, settings={}, file="")
        for key, make in PLANTS.items()
    ]
    return PlantList(
        items=[*ours, *(PlantOut.model_validate(plain(p)) for p in own.plants)]
    )


@router.get("/models")
def models(
    state: State,
    server: Annotated[
        str | None, Query(description="One server type only", examples=["dgx-a100"])
    ] = None,
) -> ModelList:
    """Models each server type can carry, and what the numbers rest on."""
    own = own_catalogue(state.settings.own_dir).server_types()
    known = [*(SERVERS[key] for key in sorted(SERVERS)), *own.values()]
    chosen = known if server is None else [find_server(server, own)]
    return ModelList(items=[_model(m, s.key) for s in chosen for m in list_models(s)])


@router.get("/policies")
def policies(state: State) -> PolicyList:
    """Policies with their settings, defaults and where these come from."""
    allowed = state.settings.allow_user_policy
    built_in = [_policy(name, type(policy_named(name))) for name in POLICY_NAMES]
    return PolicyList(items=[*built_in, _policy("user", UserPolicy, allowed=allowed)])


def _figures(record: Any) -> dict[str, FigureOut]:
    values = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    return _told({k: v for k, v in values.items() if isinstance(v, Figure)})


def _told(figures: Mapping[str, Figure]) -> dict[str, FigureOut]:
    return {k: FigureOut.model_validate(figure) for k, figure in figures.items()}


def _server(server: Server, file: str = "") -> ServerOut:
    gpu = server.gpu
    return ServerOut(
        key=server.key, label=server.label,
        gpu=GpuOut(key=gpu.key, label=gpu.label, figures=_figures(gpu)),
        gpu_count=server.gpu_count, idle_w=server.idle_w, full_w=server.full_w,
        figures=_figures(server),
        measured=_told(server.measured),
        models=[m.model for m in list_models(server)], file=file,
    )  # fmt: skip


def _model(choice: ModelChoice, server: str) -> ModelOut:
    stand_in = choice.stands_in
    return ModelOut(
        model=choice.model, server=server,
        gpus_per_instance=choice.gpus_per_instance,
        instances_per_server=choice.instances_per_server,
        kv_capacity_tokens=choice.table.kv_capacity_tokens,
        max_batch=choice.table.max_batch, measured_gpu=choice.table.gpu,
        stands_in=None if stand_in is None else stand_in.reason,
        source=choice.source, marks=dict(choice.marks),
    )  # fmt: skip


_Model = type[NoCap] | type[OneThreshold] | type[Polca] | type[UserPolicy]


def _policy(name: str, model: _Model, *, allowed: bool = True) -> PolicyOut:
    return PolicyOut(
        name=name, doc=(model.__doc__ or "").strip(), settings=_settings(model),
        allowed=allowed,
    )  # fmt: skip


def _settings(model: type[BaseModel]) -> list[SettingOut]:
    found = []
    for name, info in model.model_fields.items():
        if name == "name":
            continue
        extra: Any = info.json_schema_extra or {}
        found.append(SettingOut(
            name=name, doc=info.description or "",
            default=None if info.is_required() else info.default,
            unit=extra.get("unit"), source=extra.get("source"),
        ))  # fmt: skip
    return found
