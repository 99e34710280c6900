"""The knob grid of a model on a server: degrees that do not fit are refused by name."""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue import find_server
from twin.errors import ScenarioError, ScenarioErrors
from twin.scenario.knobs import KnobInput
from twin.serving.fleet.engines import make_engine
from twin.serving.fleet.grid import GridInput, GridResult, knob_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """
    A knob grid and what it stands on.

    Args:
        grid: The points; the axis "engine" is the place in `tensor_parallel`.
        tensor_parallel: Degrees that fit.
        refused: Degree -> why it does not.
        source: Where times and powers of each degree come from.
    """

    grid: GridResult
    tensor_parallel: tuple[int, ...]
    refused: dict[int, ScenarioError]
    source: tuple[str, ...]


def run_knobs(given: KnobInput) -> Knobs:
    """
    Work a knob grid out.

    Args:
        given: Model, server and axes.

    Returns:
        The grid.

    Raises:
        ScenarioError: If an axis is out of range.
        ScenarioErrors: If no degree fits.

    Source:
        docs/models/greener.md, eq. 1 to 6.
    """
    server = find_server(given.server)
    engines, refused = [], {}
    for degree in dict.fromkeys(given.tensor_parallel):
        try:
            engines.append(make_engine(given.model, server, tensor_parallel=degree))
        except ScenarioError as error:
            refused[degree] = error
    if not engines:
        raise ScenarioErrors(list(refused.values()))
    top = server.gpu.clock_max_mhz.value
    grid = knob_grid(
        GridInput(
            engines=tuple(engines), batch=given.batch, prompt=given.prompt,
            output=given.output, load=given.load,
            clock_mhz=tuple(top * frac for frac in given.clock_frac),
            requests_per_gpu_s=given.requests_per_gpu_s,
        )
    )  # fmt: skip
    return Knobs(
        grid=grid, tensor_parallel=tuple(e.gpu_count for e in engines),
        refused=refused, source=tuple(e.table.source for e in engines),
    )  # fmt: skip
