"""
The catalogue Murakkab chooses from: what each component can run on, and how well.

Language models are our own measured phase tables. Everything else, and every quality,
is assumed: the publication's catalogue was never published.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.catalogue.gpus import GPUS, H100, Gpu
from twin.catalogue.models import STAND_INS
from twin.catalogue.performance import PhaseTable
from twin.catalogue.phase_tables import PHASE_TABLES
from twin.serving.workflow.assign import Config
from twin.serving.workflow.graph import Graph, Stage, make_graph
from twin.serving.workflow.pools import StagePool

COMPONENTS = ("frames", "speech", "detect", "llm", "tests")
WORKFLOWS = ("video questions", "code")
BATCH = 16
"""Sequences side by side in one language model instance. Assumed."""
SEQUENCE_TOKENS = 4096.0  # cache one sequence is planned with
KNOT_TOKENS = 2048.0  # batched prompt tokens at which prefill is read off
CLIPS = 8  # clips of a video that is asked about
CANDIDATES = 4  # programs written side by side
CPU_W = 50.0  # power of the cores one CPU stage takes

QUALITY = {
    "deepseek-v3.1": 1.0, "qwen3-235b-a22b": 0.99, "llama-3.1-405b-fp8": 0.98,
    "llama-3.3-70b": 0.96, "llama-3.1-70b": 0.95, "qwen3-30b-a3b": 0.95,
    "gpt-oss-20b": 0.94, "qwen3-14b": 0.93, "qwen3-8b": 0.90, "llama2-70b": 0.80,
    "bloom-176b": 0.60,
}  # fmt: skip
"""Answers right ÷ those of the best model. Assumed: order by size and year. A
catalogue divides by the best model that its GPU has a table of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    """A component beside the language models; all assumed."""

    name: str
    component: str
    gpus: float
    unit_s: float
    power_frac: float  # of TDP
    quality_frac: float


TOOLS = (
    _Tool(name="frames on CPU", component="frames", gpus=0, unit_s=1.0,
          power_frac=0.0, quality_frac=1.0),
    _Tool(name="speech large", component="speech", gpus=1, unit_s=2.0,
          power_frac=0.6, quality_frac=1.0),
    _Tool(name="speech small", component="speech", gpus=1, unit_s=0.6,
          power_frac=0.5, quality_frac=0.98),
    _Tool(name="speech on CPU", component="speech", gpus=0, unit_s=8.0,
          power_frac=0.0, quality_frac=0.98),
    _Tool(name="detector large", component="detect", gpus=1, unit_s=1.0,
          power_frac=0.7, quality_frac=1.0),
    _Tool(name="detector small", component="detect", gpus=1, unit_s=0.3,
          power_frac=0.5, quality_frac=0.99),
    _Tool(name="tests on CPU", component="tests", gpus=0, unit_s=5.0,
          power_frac=0.0, quality_frac=1.0),
)  # fmt: skip
"""Seconds per clip or test run on any GPU. Assumed."""


def catalogue(gpu: Gpu, gpu_hour_usd: float) -> list[Config]:
    """Every configuration on one GPU type; the best model there has quality 1."""
    models = [_llm(table, gpu, gpu_hour_usd) for table in tables_for(gpu)]
    best = max(c.quality_frac for c in models)
    return [
        *(_tool(tool, gpu, gpu_hour_usd) for tool in TOOLS),
        *(replace(c, quality_frac=c.quality_frac / best) for c in models),
    ]


def tables_for(gpu: Gpu) -> list[PhaseTable]:
    """Measured tables of a GPU, of its stand-in, or of the H100."""
    stand_in = STAND_INS.get(gpu.key)
    for key in (gpu.key, stand_in.measured_gpu if stand_in else gpu.key, H100.key):
        found = [t for t in PHASE_TABLES if t.gpu == key and t.model in QUALITY]
        if found:
            return found
    return []


def _tool(tool: _Tool, gpu: Gpu, gpu_hour_usd: float) -> Config:
    watt = tool.power_frac * gpu.tdp_w.value if tool.gpus else CPU_W
    pool = StagePool(
        name=tool.name, component=tool.component, gpu=gpu.key if tool.gpus else "cpu",
        gpus=tool.gpus, count=1, unit_s=(tool.unit_s, 0.0), active_w=(watt, watt),
        idle_gpu_w=gpu.idle_w.value,
    )  # fmt: skip
    return Config(pool=pool, quality_frac=tool.quality_frac, gpu_hour_usd=gpu_hour_usd)


def _llm(table: PhaseTable, gpu: Gpu, gpu_hour_usd: float) -> Config:
    """
    One model instance as slots that read and write side by side.

    A prompt is read while the other slots wait, so that a slot pays for all of them:
    B sequences take B × prefill + decode, as one after the other would in the engine.
    """
    room = table.kv_capacity_tokens // SEQUENCE_TOKENS
    slots = int(max(1, min(BATCH, table.max_batch, room)))
    read_s = np.interp(KNOT_TOKENS, table.prefill_tokens, table.prefill_s) / KNOT_TOKENS
    write_s = float(np.interp(slots, table.decode_batch, table.decode_s))
    tdp_w = table.tensor_parallel * gpu.tdp_w.value
    read_w = np.interp(KNOT_TOKENS, table.prefill_tokens, table.prefill_power_frac)
    write_w = np.interp(slots, table.decode_batch, table.decode_power_frac)
    pool = StagePool(
        name=f"{table.model} x{table.tensor_parallel}", component="llm", gpu=gpu.key,
        gpus=float(table.tensor_parallel), count=1,
        unit_s=(float(slots * read_s), write_s),
        active_w=(float(read_w) * tdp_w, float(write_w) * tdp_w),
        idle_gpu_w=GPUS[gpu.key].idle_w.value, slots=slots,
    )  # fmt: skip
    return Config(
        pool=pool, quality_frac=QUALITY[table.model], gpu_hour_usd=gpu_hour_usd
    )


def question_graph() -> Graph:
    """
    Questions about a video: clips are cut, heard, looked at and described; one answer.

    Units of "llm" are prompt and output lengths of the recorded request.
    """
    stages: list[Stage] = []
    for k in range(CLIPS):
        stages += [
            _tool_stage(f"frames {k}", "frames"),
            _tool_stage(f"speech {k}", "speech", f"frames {k}"),
            _tool_stage(f"detect {k}", "detect", f"frames {k}"),
            Stage(name=f"describe {k}", component="llm",
                  units=(1.0 / CLIPS, 1.0 / CLIPS),
                  after=(f"speech {k}", f"detect {k}")),
        ]  # fmt: skip
    described = tuple(f"describe {k}" for k in range(CLIPS))
    stages.append(
        Stage(name="answer", component="llm", units=(1.0, 1.0), after=described)
    )
    return make_graph(stages, COMPONENTS)


def code_graph() -> Graph:
    """A program: a plan, candidates side by side, tests, one repair, tests again."""
    stages = [Stage(name="plan", component="llm", units=(1.0, 0.25))]
    for k in range(CANDIDATES):
        stages += [
            Stage(
                name=f"write {k}", component="llm", units=(1.0, 1.0), after=("plan",)
            ),
            _tool_stage(f"test {k}", "tests", f"write {k}"),
        ]
    tested = tuple(f"test {k}" for k in range(CANDIDATES))
    stages += [
        Stage(name="repair", component="llm", units=(1.0, 1.0), after=tested),
        _tool_stage("test again", "tests", "repair"),
    ]
    return make_graph(stages, COMPONENTS)


def _tool_stage(name: str, component: str, *after: str) -> Stage:
    return Stage(name=name, component=component, units=(1.0, 0.0), after=after)
