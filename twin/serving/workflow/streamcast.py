"""
The podcast video of StreamWise: its components, their measured times, its graph.

Times of A100 and H100 were measured by the authors; A100 powers too. H100 powers are
the A100's times 1.143 in the source itself: scaled, so they prove nothing about H100.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from twin.catalogue.figure import Mark
from twin.catalogue.gpus import A100, GPUS, H100, Gpu
from twin.serving.workflow.graph import Graph, Stage, make_graph
from twin.serving.workflow.pools import StagePool

SOURCE = (
    "StreamWise artifact (Azure/realtimevideogen, MIT), simulator/data and constants"
)

COMPONENTS = ("llm", "image", "audio", "video", "vae", "lipsync", "upscale")
"""Gemma screenplay, Flux image, Kokoro and YOLO, FramePack, its VAE decoder,
FantasyTalking with its own VAE, Real-ESRGAN."""

VIDEO_S, SUBSCENES, SCENES = 600.0, 172, 43
SUBSCENE_S = VIDEO_S / SUBSCENES
PROMPT_TOKENS = 20 * 1024
IMAGE_STEPS, VIDEO_STEPS, LIPSYNC_STEPS = 25, 10, 10
VIDEO_FRAMES, LIPSYNC_FRAMES = 105, 81  # of one subscene, at 30 and 23 per second
VIDEO_CLIP, LIPSYNC_CLIP = 324, 77  # frames of the clips that were timed
FULL_PIXELS = 4.0  # 1280 x 800 ÷ 640 x 400, at which everything was timed
H100_POWER = 1.143
"""H100 power ÷ A100 power in every table of the source but the language model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTable:
    """
    Measured times and powers of one GPU type, by GPUs of an instance.

    Args:
        gpu: Key in the catalogue.
        first_scene_s: Screenplay to the first scene, 20 k tokens of prompt. [s]
        scene_s: Each further scene. [s]
        image_step_s: One denoising step of an image. [s]
        audio_s: Speech and detection of one scene, on one GPU. [s]
        video_step_s: One step of a clip of 324 frames. [s]
        vae_s: Decoding that clip, on one GPU. [s]
        lipsync_step_s: One step of a clip of 77 frames. [s]
        lipsync_vae_s: Decoding that clip, on one GPU. [s]
        upscale_s: One frame. [s]
        power_w: Component -> power of the group by its GPUs. [W]
        mark: How sure powers are.
        source: Where they come from.
    """

    gpu: str
    first_scene_s: dict[int, float]
    scene_s: dict[int, float]
    image_step_s: dict[int, float]
    audio_s: float
    video_step_s: dict[int, float]
    vae_s: float
    lipsync_step_s: dict[int, float]
    lipsync_vae_s: float
    upscale_s: dict[int, float]
    power_w: dict[str, dict[int, float]]
    mark: Mark
    source: str


A100_TABLE = StageTable(
    gpu=A100.key,
    first_scene_s={1: 5.941, 2: 3.471, 4: 2.110, 8: 1.476},
    scene_s={1: 0.649, 2: 0.382, 4: 0.242, 8: 0.169},
    image_step_s={1: 0.39, 2: 0.23, 4: 0.13, 8: 0.066, 16: 0.038},
    audio_s=0.6,
    video_step_s={1: 2.675, 2: 1.824, 4: 1.457, 8: 1.046},
    vae_s=6.173514,
    lipsync_step_s={1: 12.209252, 2: 7.200252, 4: 5.210252, 8: 3.479252},
    lipsync_vae_s=3.817476,
    upscale_s={1: 0.193, 2: 0.097, 4: 0.049, 8: 0.025},
    power_w={
        "first scene": {1: 350, 2: 700, 4: 1400, 8: 2800},
        "llm": {1: 300, 2: 600, 4: 1200, 8: 2400},
        "image": {1: 276, 2: 475, 4: 779, 8: 1140, 16: 1778},
        "audio": {1: 65},
        "video": {1: 129, 2: 319, 4: 523, 8: 827},
        "vae": {1: 102.9},
        "lipsync": {1: 388, 2: 771, 4: 1523, 8: 2979},
        "upscale": {1: 229, 2: 458, 4: 916, 8: 1832},
    },
    mark="published",
    source=f"{SOURCE}; audio draws idle power there; VAE: the H100 figure ÷ 1.143",
)


def _scaled_power(factor: float) -> dict[str, dict[int, float]]:
    return {
        name: {gpus: watt * factor for gpus, watt in by.items()}
        for name, by in A100_TABLE.power_w.items()
    }


H100_TABLE = StageTable(
    gpu=H100.key, first_scene_s={1: 2.2, 2: 1.34, 4: 0.92, 8: 0.78},
    scene_s={1: 0.276, 2: 0.187, 4: 0.12, 8: 0.106},
    image_step_s={1: 0.22, 2: 0.13, 4: 0.07, 8: 0.038, 16: 0.021}, audio_s=0.3,
    video_step_s={1: 1.226, 2: 0.851, 4: 0.58, 8: 0.477}, vae_s=2.828468,
    lipsync_step_s={1: 6.191441, 2: 3.365441, 4: 2.874441, 8: 2.032441},
    lipsync_vae_s=1.565587, upscale_s={1: 0.1008, 2: 0.0504, 4: 0.0252, 8: 0.0126},
    power_w=_scaled_power(H100_POWER) | {"audio": {1: 80}}, mark="assumed",
    source=f"{SOURCE}: times measured; powers are the A100's × 1.143 in the source, of "
    "the language model assumed so too",
)  # fmt: skip


def stage_table(gpu: Gpu) -> StageTable:
    """
    Times and powers for a GPU; the H100's stand in where nobody's are known.

    Stand-in times stay the H100's, powers keep their share of TDP.
    """
    known = {A100.key: A100_TABLE, H100.key: H100_TABLE}
    if gpu.key in known:
        return known[gpu.key]
    factor = gpu.tdp_w.value / H100.tdp_w.value * H100_POWER
    return replace(
        H100_TABLE,
        gpu=gpu.key,
        power_w=_scaled_power(factor) | {"audio": {1: gpu.idle_w.value}},
        mark="assumed",
        source=f"assumed for {gpu.label}: times of the H100, power at its share of TDP",
    )


def stage_pools(
    table: StageTable,
    *,
    upscaled: bool,
    apart: bool,
    idle_gpu_w: float | None = None,
    count: int = 0,
) -> list[StagePool]:
    """
    One pool for every component and number of GPUs that was timed.

    Units are scenes (llm: further scenes, first scenes; audio: scenes), images, and
    subscenes for the rest.

    Args:
        table: Times and powers.
        upscaled: Videos are made at 640 x 400 and enlarged; else at 1280 x 800.
        apart: FramePack's VAE has its own instances; else it is part of "video".
        idle_gpu_w: Power of a GPU that waits; None: the catalogue's. [W]
        count: Instances of each.

    Returns:
        Pools; "vae" and "upscale" are missing where they are not used.
    """
    pixels = 1.0 if upscaled else FULL_PIXELS
    clip = pixels * VIDEO_FRAMES / VIDEO_CLIP
    lip = pixels * LIPSYNC_FRAMES / LIPSYNC_CLIP
    vae_s = clip * table.vae_s
    times: dict[str, dict[int, tuple[float, float]]] = {
        "llm": {g: (t, table.first_scene_s[g]) for g, t in table.scene_s.items()},
        "image": {g: (IMAGE_STEPS * t, 0.0) for g, t in table.image_step_s.items()},
        "audio": {1: (table.audio_s, 0.0)},
        "video": {
            g: (clip * VIDEO_STEPS * t + (0.0 if apart else vae_s), 0.0)
            for g, t in table.video_step_s.items()
        },
        "lipsync": {
            g: (lip * (LIPSYNC_STEPS * t + table.lipsync_vae_s), 0.0)
            for g, t in table.lipsync_step_s.items()
        },
    }
    if apart:
        times["vae"] = {1: (vae_s, 0.0)}
    if upscaled:
        times["upscale"] = {
            g: (LIPSYNC_FRAMES * t, 0.0) for g, t in table.upscale_s.items()
        }
    idle = GPUS[table.gpu].idle_w.value if idle_gpu_w is None else idle_gpu_w
    return [
        StagePool(
            name=f"{name} x{gpus}",
            component=name,
            gpu=table.gpu,
            gpus=gpus,
            count=count,
            unit_s=unit_s,
            active_w=(
                table.power_w[name][gpus],
                table.power_w["first scene" if name == "llm" else name][gpus],
            ),
            idle_gpu_w=idle,
        )
        for name in COMPONENTS
        for gpus, unit_s in times.get(name, {}).items()
    ]


def video_graph(subscenes: int, *, upscaled: bool, apart: bool) -> Graph:
    """
    Graph of a video: scenes of four subscenes, written one after the other.

    One image for the whole video; every subscene goes through video, (decoding,)
    lip-sync and (enlarging) by itself and is played in its turn.

    Args:
        subscenes: Pieces of 3.5 s. >= 1
        upscaled: As in `stage_pools`.
        apart: As in `stage_pools`.

    Returns:
        The graph over `COMPONENTS`.
    """
    per_scene = SUBSCENES // SCENES
    stages: list[Stage] = []
    for j in range(ceil(subscenes / per_scene)):
        before = (f"llm {j - 1}",) if j else ()
        units = (1.0, 0.0) if j else (0.0, 1.0)
        stages.append(
            Stage(name=f"llm {j}", component="llm", units=units, after=before)
        )
        stages.append(Stage(name=f"audio {j}", component="audio", after=(f"llm {j}",)))
    stages.append(Stage(name="image", component="image", after=("llm 0",)))
    for k in range(subscenes):
        scene = k // per_scene
        steps = ["video", *(["vae"] if apart else []), "lipsync"]
        steps += ["upscale"] if upscaled else []
        after: tuple[str, ...] = (f"llm {scene}", "image")
        for step in steps:
            if step == "lipsync":
                after = (*after, f"audio {scene}")
            play = k * SUBSCENE_S if step == steps[-1] else None
            name = f"{step} {k}"
            stages.append(Stage(name=name, component=step, after=after, play_s=play))
            after = (name,)
    return make_graph(stages, COMPONENTS)
