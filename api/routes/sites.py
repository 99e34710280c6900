"""Sites."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter

from api.errors import described
from api.routes.common import Id, Paging, State
from api.schemas.stored import SiteIn, SiteOut, SitePage, SitePatch
from twin.errors import ScenarioError

router = APIRouter(prefix="/sites", tags=["sites"], responses=described())


@router.get("")
def list_sites(state: State, paging: Paging) -> SitePage:
    """All sites, newest first."""
    return SitePage.model_validate(state.sites.page(**paging.model_dump()))


@router.post("", status_code=201)
def create_site(state: State, body: SiteIn) -> SiteOut:
    """Store a site."""
    _check_zone(body.time_zone)
    return SiteOut.model_validate(state.sites.add(**body.model_dump()))


@router.get("/{site_id}", responses=described(404))
def read_site(state: State, site_id: Id) -> SiteOut:
    """One site."""
    return SiteOut.model_validate(state.sites.get(site_id))


@router.patch("/{site_id}", responses=described(404))
def change_site(state: State, site_id: Id, body: SitePatch) -> SiteOut:
    """Change fields of a site; absent and null fields stay."""
    if body.time_zone is not None:
        _check_zone(body.time_zone)
    changed = state.sites.change(site_id, **body.model_dump(exclude_none=True))
    return SiteOut.model_validate(changed)


@router.delete("/{site_id}", status_code=204, responses=described(404))
def delete_site(state: State, site_id: Id) -> None:
    """Delete a site; its scenarios stay."""
    state.sites.delete(site_id)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except Exception as error:  # zoneinfo raises several kinds for bad names
        raise ScenarioError(
            "time_zone", "must be an IANA time zone", name,
            'use a name such as "Europe/Madrid"'
        ) from error  # fmt: skip
