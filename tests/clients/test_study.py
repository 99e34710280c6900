"""Studies over the client: points as they arrive, late ones too, and as a frame."""

from __future__ import annotations

import pytest
from nameplate_client import Client, Conflict, InvalidInput, Study
from nameplate_client.generated.answers import PointOut, PointsOut, StudyDetail

from tests.clients.conftest import SHORT

BASE = {
    "horizon": {"days": SHORT["horizon.days"]},
    "workload": {"load": {"requests_per_server_s": 0.05}},
}
STUDY = {
    "base": BASE,
    "axes": [
        {"field": "fleet.server_count", "values": [40, 46, 52]},
        {
            "field": "fleet.server_power_frac",
            "range": {"low": 0.9, "high": 1, "count": 2},
        },
    ],
    "outputs": ["peak_w"],
}


def test_points_are_read_as_they_arrive_each_once(client):
    study = client.submit(STUDY, engine="threads")

    points = list(study)

    assert sorted(point.index for point in points) == list(range(6))
    assert {point.changes["fleet.server_count"] for point in points} == {40, 46, 52}
    assert study.read().status == "done"


def test_a_finished_study_is_a_frame_with_units(client):
    study = client.submit(STUDY, engine="threads")
    done = study.wait()

    frame = study.frame()

    assert done.points.done == len(frame) == 6
    assert frame.attrs["units"]["peak_w"] == "W"
    assert frame["peak_w"].max() == done.analysis.outputs[0].summary.most
    assert frame["error"].isna().all()
    parquet = client.studies.result_parquet(study.id).frame()
    assert parquet["peak_w"].tolist() == pytest.approx(frame["peak_w"].tolist())


def test_a_study_is_opened_again_by_its_id(client):
    study = client.submit({**STUDY, "name": "Again"}, engine="threads")
    study.wait()

    again = client.study(study.id)

    assert again.read().name == "Again"
    assert "Again" in again._repr_html_()


def test_an_axis_that_names_no_field_is_refused_before_work_starts(client):
    wrong = {**STUDY, "axes": [{"field": "fleet.server_cuont", "values": [40]}]}

    with pytest.raises(InvalidInput, match="server_cuont"):
        client.submit(wrong)


def test_a_cancelled_study_says_so_and_goes_on_when_asked(client):
    days = {**BASE, "horizon": {"days": 4}}
    study = client.submit({**STUDY, "base": days}, engine="threads")

    study.cancel()

    with pytest.raises(Conflict, match="cancelled"):
        study.wait()
    assert study.read().status == "cancelled"
    study.resume()
    assert study.read().status in {"queued", "running"}
    study.cancel()


class Scripted:
    """A server whose points come in the order it is told."""

    def __init__(self, *arrivals):
        self._arrivals = list(arrivals)
        self.there = set()

    def points(self, _study_id, *, after, limit):
        if self._arrivals:
            self.there |= self._arrivals.pop(0)
        items = [{"index": i} for i in sorted(self.there) if i > after]
        return PointsOut({"items": items[:limit], "next": None})

    def read(self, _study_id):
        return StudyDetail({"status": "running" if self._arrivals else "done"})


def test_a_point_that_comes_late_is_not_passed_over():
    client = Client("http://nobody")
    client.studies = Scripted({0, 3}, {4}, {1}, {2})

    arrived = [point.index for point in Study(client, "study_1")]

    assert arrived == [0, 3, 4, 1, 2]
    assert isinstance(next(iter(Study(client, "study_1"))), PointOut)
