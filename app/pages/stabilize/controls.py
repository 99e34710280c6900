"""Knobs of the Stabilize page, each with the source of its default."""

from __future__ import annotations

from app.pages.knobs import Control

_OURS = "No published value."
_SECOND_HAND = "Second-hand."
_STORE = "Efficiency 97 % each way."

JOB: tuple[Control, ...] = (
    Control(
        key="count", label="GPUs, all jobs", group="Job", low=1024, high=131_072,
        step=1024, default=32_768, unit="", help=f"GPUs behind the meter. {_OURS}",
    ),
    Control(
        key="jobs", label="Equal jobs", group="Job", low=1, high=8, step=1, default=1,
        unit="", help="Jobs that share the GPUs evenly, each with its own draws. "
        f"{_OURS}",
    ),
    Control(
        key="compute", label="Compute", group="Job", low=0.2, high=20, step=0.1,
        default=1.6, unit="s", help="Forward and backward passes of one iteration. "
        f"{_OURS}",
    ),
    Control(
        key="comm", label="Exposed communication", group="Job", low=0, high=5,
        step=0.05, default=0.4, unit="s", help="Part of an iteration that waits for "
        "the network. With 1.6 s of compute the duty is 0.8, which a 90 % floor at "
        "+10.5 % energy asks for.",
    ),
    Control(
        key="wait", label="Level while waiting", group="Job", low=10, high=100, step=1,
        default=40, unit="% TDP", help="Power of a GPU in exposed communication ÷ TDP. "
        "A floor of 90 % that costs 10.5 % of energy fits 20 to 40 %.",
    ),
    Control(
        key="eval_every", label="Evaluation every", group="Events", low=0, high=500,
        step=10, default=120, unit="it", help=f"Iterations; 0 for none. {_OURS}",
    ),
    Control(
        key="eval", label="Evaluation takes", group="Events", low=0, high=60, step=1,
        default=12, unit="s", help=f"At 70 % of TDP. {_OURS}",
    ),
    Control(
        key="save_every", label="Checkpoint every", group="Events", low=0, high=500,
        step=10, default=200, unit="it", help=f"Iterations; 0 for none. {_OURS}",
    ),
    Control(
        key="save", label="Checkpoint takes", group="Events", low=0, high=60, step=1,
        default=15, unit="s", help=f"Blocks the job, at 20 % of TDP. {_OURS}",
    ),
    Control(
        key="start", label="Starts at", group="Events", low=0, high=600, step=10,
        default=60, unit="s", help="Before it, GPUs idle: the start is part of what "
        f"the grid sees. {_OURS}",
    ),
    Control(
        key="end", label="Ends at", group="Events", low=100, high=1200, step=10,
        default=1080, unit="s", help="At 1,200 s, the end of the run, it goes on. "
        f"{_OURS}",
    ),
)  # fmt: skip
SITE: tuple[Control, ...] = (
    Control(
        key="host", label="Host per GPU", group="Site", low=0, high=800, step=10,
        default=350, unit="W", help="Steady power of a server beside its GPUs. A GB200 "
        "tray of 6.7 kW leaves 467 W at most.",
    ),
    Control(
        key="cooling", label="Cooling ÷ IT", group="Site", low=0, high=60, step=1,
        default=20, unit="%", help="Follows the load with a time constant of 120 s. "
        f"{_OURS}",
    ),
    Control(
        key="ups_hz", label="Bandwidth", group="UPS", low=0.5, high=50, step=0.5,
        default=10, unit="Hz", help="Where a swing is passed on at 71 %. "
        f"{_OURS}",
    ),
    Control(
        key="ups_damp", label="Damping", group="UPS", low=0.1, high=1.5, step=0.01,
        default=0.71, unit="", help="Of the rectifier; below 0.71 it amplifies swings "
        f"near its bandwidth. {_OURS}",
    ),
    Control(
        key="kv", label="Voltage", group="Connection", low=4, high=500, step=1,
        default=138, unit="kV", help=f"Between lines, at the meter. {_OURS}",
    ),
    Control(
        key="short", label="Short circuit", group="Connection", low=50, high=20_000,
        step=50, default=3000, unit="MVA", help="Three-phase short-circuit power, the "
        f"least in operation: flicker and voltage follow from it. {_OURS}",
    ),
)  # fmt: skip
MEASURES: tuple[Control, ...] = (
    Control(
        key="ramp_up", label="At a start", group="ramp", low=0, high=600, step=10,
        default=120, unit="s", help="A cap rises from idle to full power over this. "
        f"The job loses time. {_OURS}",
    ),
    Control(
        key="ramp_down", label="At an end", group="ramp", low=0, high=600, step=10,
        default=120, unit="s", help="Power falls over this at an end or a failure, by "
        f"a burn. {_OURS}",
    ),
    Control(
        key="clock", label="SM clock", group="clock", low=70, high=100, step=1,
        default=90, unit="%", help="SM clock ÷ its highest; power and speed follow the "
        f"GPU's clock curve. {_OURS}",
    ),
    Control(
        key="stagger", label="Each job later by", group="turns", low=0, high=60,
        step=0.1, default=0.5, unit="s", help="Acts on two jobs and more. "
        f"{_OURS}",
    ),
    Control(
        key="target", label="Fill gaps to", group="ballast", low=50, high=100, step=1,
        default=90, unit="% TDP", badge="published", help="A second workload fills "
        f"idle gaps. Stabilization paper: up to 100 %. {_SECOND_HAND}",
    ),
    Control(
        key="floor", label="Floor", group="smooth", low=20, high=90, step=1,
        default=90, unit="% TDP", badge="published", help="Least power while a job "
        f"runs. Stabilization paper: 20 to 90 %. {_SECOND_HAND}",
    ),
    Control(
        key="up", label="Ramp up", group="smooth", low=50, high=5000, step=50,
        default=1000, unit="W/s", badge="published", help="Fastest rise of one GPU. Up "
        "to TDP in a second; the driver reads back mW/s. A slower one slows the job. "
        f"{_SECOND_HAND}",
    ),
    Control(
        key="down", label="Ramp down", group="smooth", low=50, high=5000, step=50,
        default=1000, unit="W/s", badge="published", help="Fastest fall of one GPU. Up "
        f"to TDP in a second. {_SECOND_HAND}",
    ),
    Control(
        key="hold", label="Hysteresis", group="smooth", low=0, high=20, step=0.1,
        default=2, unit="s", help="Power is held this long before it ramps down. "
        "Longer than a job's gaps it stays at the peak, whatever the floor.",
    ),
    Control(
        key="psu_j", label="Per GPU", group="psu", low=5, high=500, step=5,
        default=65, unit="J", badge="published", help="Capacitors in server supplies. "
        f"GB300 NVL72: 65 J per GPU. {_SECOND_HAND} Low-pass of 1 s, 500 W. {_STORE}",
    ),
    Control(
        key="rack_kwh", label="Per rack", group="rack", low=0.1, high=10, step=0.1,
        default=1, unit="kWh", help="Of 72 GPUs, given or taken in a minute; low-pass "
        f"of 10 s. {_OURS} {_STORE}",
    ),
    Control(
        key="mega", label="Power", group="store", low=0.5, high=200, step=0.5,
        default=20, unit="MW", help=f"Most the battery gives or takes. {_OURS}",
    ),
    Control(
        key="minutes", label="Lasts", group="store", low=0.5, high=120, step=0.5,
        default=15, unit="min", help="Energy ÷ power. 8,000 full cycles until a fifth "
        f"of it is lost. {_OURS} {_STORE}",
    ),
    Control(
        key="filter", label="Time constant", group="store", low=1, high=600, step=1,
        default=60, unit="s", help="Of the low-pass, window of the moving average, or "
        f"horizon of the plan; droop does not use it. {_OURS}",
    ),
)  # fmt: skip
EVENT: tuple[Control, ...] = (
    Control(
        key="sag", label="Leaves", group="event", low=0, high=130, step=1, default=40,
        unit="% V", help=f"Voltage that the sag leaves, or a swell raises to. {_OURS}",
    ),
    Control(
        key="sag_ms", label="Lasts", group="event", low=10, high=5000, step=10,
        default=200, unit="ms", help=f"Length of the sag, or time at the frequency. "
        f"{_OURS}",
    ),
    Control(
        key="hertz", label="Goes to", group="event", low=55, high=65, step=0.1,
        default=58, unit="Hz", help=f"Where the frequency goes, at 1 Hz/s. {_OURS}",
    ),
)  # fmt: skip
CONTROLS = (*JOB, *SITE, *MEASURES, *EVENT)
