"""What a user brings along: servers and cooling plants that travel with the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints

from twin.catalogue import GPUS, SERVERS, Server
from twin.catalogue.figure import Figure, Mark
from twin.cooling.plants import PLANTS, PlantType, changed, settings_of
from twin.scenario.base import Checked, Model, described, quantity

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
Ready = Literal[
    "water-cooled", "cold-water", "air-cooled", "outside-air", "rear-door",
    "liquid-cooled",
]  # fmt: skip


class Sourced(Model):
    """Where a number of yours comes from and how far to trust it."""

    source: str = described(
        ..., "Where it comes from", example="rack meter, March 2026", min_length=3,
        max_length=300,
    )  # fmt: skip
    mark: Mark = described(..., "How far to trust it", example="measured")


class OwnFigure(Sourced):
    """A number of yours."""

    value: float = quantity(..., "Value", unit="SI", example=8400.0)

    def record(self, unit: str) -> Figure:
        """Convert to a catalogue's figure."""
        return Figure(
            value=self.value, unit=unit, source=self.source, mark=self.mark
        )  # fmt: skip


def _figure(doc: str, example: float) -> Any:
    told = {"value": example, "source": "rack meter", "mark": "measured"}
    return Field(..., description=doc, examples=[told])


class OwnServer(Checked):
    """A server type of yours around a GPU of the catalogue."""

    key: Key = described(..., "Name in scenarios", example="our-8xh100")
    label: str = described(
        ..., "Name for people", example="Our 8x H100", min_length=1, max_length=80
    )
    gpu: str = described(
        ..., "GPU of the catalogue: power, clocks, phase tables",
        example="h100-sxm-80gb",
    )  # fmt: skip
    gpu_count: int = quantity(..., "GPUs in it", unit="GPUs", example=8, ge=1, le=128)
    rated_w: OwnFigure = _figure("Nameplate [W]", 10_200.0)
    provisioned_w: OwnFigure = _figure("Power a planner sets aside [W]", 8_400.0)
    height_u: OwnFigure = _figure("Height in rack units [U]", 6.0)
    host_w: OwnFigure = _figure("Power beside the GPUs [W]", 1_500.0)
    host_slope: OwnFigure = _figure("Server power ÷ GPU power [W/W]", 1.2)
    cooled_like: str = described(
        ..., "Server of the catalogue whose airflow and heat sinks stand in",
        example="dgx-h100",
    )  # fmt: skip
    file: str = described("", "File it was read from", example="ours.yaml")

    def _check(self) -> None:
        _known("gpu", self.gpu, GPUS)
        _known("cooled_like", self.cooled_like, SERVERS)
        if self.key in SERVERS:
            raise ValueError(
                f"key {self.key!r} is a server of the catalogue; choose another name"
            )
        for name in ("rated_w", "provisioned_w", "height_u", "host_w", "host_slope"):
            if not getattr(self, name).value > 0.0:
                raise ValueError(f"{name}.value must be positive; raise it")

    def record(self) -> Server:
        """Convert to a server of the catalogue."""
        return Server(
            key=self.key, label=self.label, gpu=GPUS[self.gpu],
            gpu_count=self.gpu_count, rated_w=self.rated_w.record("W"),
            provisioned_w=self.provisioned_w.record("W"),
            height_u=self.height_u.record("U"), host_w=self.host_w.record("W"),
            host_slope=self.host_slope.record("W/W"), cooled_like=self.cooled_like,
        )  # fmt: skip


class OwnCurve(Sourced):
    """Coefficients of a chiller's curve, constant first."""

    value: tuple[float, float, float] = described(
        ..., "Constant, linear, quadratic", example=[0.03, 0.69, 0.28]
    )


class OwnPlant(Checked):
    """A cooling plant of yours: a ready-made one with other coefficients."""

    key: Key = described(..., "Name in scenarios", example="lake-water")
    label: str = described(
        ..., "Name for people", example="Lake water", min_length=1, max_length=80
    )
    like: Ready = described(
        ..., "Ready-made plant it starts from", example="water-cooled"
    )
    settings: dict[str, OwnFigure | OwnCurve] = described(
        ..., "Part and coefficient, such as chillers.cop, with its value",
        example={"chillers.cop": {"value": 7, "source": "test", "mark": "measured"}},
        min_length=1, max_length=60,
    )  # fmt: skip
    file: str = described("", "File it was read from", example="ours.yaml")

    def _check(self) -> None:
        if self.key in PLANTS:
            raise ValueError(
                f"key {self.key!r} is a ready-made plant; choose another name"
            )
        usual = settings_of(PLANTS[self.like](1e6))
        for name, given in self.settings.items():
            _known("settings", name, usual)
            curve = isinstance(usual[name], tuple)
            if curve != isinstance(given, OwnCurve):
                wanted = "three coefficients" if curve else "one number"
                raise ValueError(f"settings {name}.value must be {wanted}")
            least = 0.0 if "spare" in name else 1e-9
            if isinstance(given, OwnFigure) and given.value < least:
                raise ValueError(f"settings {name}.value must be above 0; raise it")
        self.record()(1e6)

    def record(self) -> PlantType:
        """Convert to what builds a plant for a rated IT load. [W]"""
        values = {name: given.value for name, given in self.settings.items()}
        return lambda it_rated_w: changed(
            PLANTS[self.like](it_rated_w), self.key, values
        )


class Own(Checked):
    """Servers and plants of yours that the inputs name."""

    servers: tuple[OwnServer, ...] = described(
        (), "Servers", example=[], max_length=200
    )
    plants: tuple[OwnPlant, ...] = described(
        (), "Cooling plants", example=[], max_length=200
    )

    def _check(self) -> None:
        for part in ("servers", "plants"):
            keys = [entry.key for entry in getattr(self, part)]
            twice = {key for key in keys if keys.count(key) > 1}
            if twice:
                raise ValueError(f"{part} has {min(twice)!r} twice; rename one")

    def server_types(self) -> dict[str, Server]:
        """Servers by key."""
        return {entry.key: entry.record() for entry in self.servers}

    def plant_types(self) -> dict[str, PlantType]:
        """Plants by key."""
        return {entry.key: entry.record() for entry in self.plants}


NONE = Own()


def own_field() -> Any:
    """Declare the field `own` of inputs; absent where empty, so that hashes stay."""
    return Field(
        NONE, description="Servers and cooling plants of your own that these inputs "
        "name; filled from NAMEPLATE_OWN_DIR", examples=[{}],
        exclude_if=lambda own: own == NONE,
    )  # fmt: skip


M = TypeVar("M", bound=Model)


def bring(inputs: M, known: Own) -> M:
    """
    Give inputs those of a folder's servers and plants that they name and lack.

    Args:
        inputs: A scenario, or inputs with one inside.
        known: What the folder has.
    """
    if known == NONE:
        return inputs
    if "own" not in type(inputs).model_fields:
        inner = {
            name: bring(value, known)
            for name in type(inputs).model_fields
            if isinstance(value := getattr(inputs, name), Model)
        }
        return inputs.model_copy(update=inner)
    names = set(_names(inputs.model_dump(mode="json", exclude={"own"})))
    held: Own = inputs.own  # type: ignore[attr-defined]
    added = {
        part: (
            *getattr(held, part),
            *(
                entry for entry in getattr(known, part)
                if entry.key in names
                and entry.key not in {e.key for e in getattr(held, part)}
            ),
        )
        for part in ("servers", "plants")
    }  # fmt: skip
    return inputs.model_copy(update={"own": Own(**added)})


def _names(document: Any) -> list[str]:
    """Every text under a key called server or plant."""
    found = []
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key in {"server", "plant"} and isinstance(value, str):
                found.append(value)
            else:
                found += _names(value)
    elif isinstance(document, list):
        for value in document:
            found += _names(value)
    return found


def _known(field: str, value: str, known: Mapping[str, Any]) -> None:
    if value not in known:
        raise ValueError(
            f"{field} {value!r} is not known; choose one of {', '.join(sorted(known))}"
        )
