"""Turn plans and runs into tables for people; watts become kilowatts here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.tables import Side, make_table, say
from twin.types import Document

_KILO = 1e3
_MEGA = 1e6
_MINUTE_S = 60.0
_HOUR_S = 3600.0
_DAY_S = 86_400.0


_PLAN_COLUMNS: tuple[str | tuple[str, Side], ...] = (
    "Policy\nservers", "Peak, %\nof prov.", ("Time\nabove", "left"),
    "Caps\nlow/high", "Brakes", "Low, %\nP50\nP99", "High, %\nP50\nP99",
    "Tokens/s\nloss, %", "Energy\nMWh", ("Service\nlevels", "left"),
)  # fmt: skip


def plan_table(plan: Document) -> Table:
    """Build the table of added servers × policy; several seeds show the worst one."""
    table = make_table(_plan_title(plan), *_PLAN_COLUMNS)
    policy = None
    for cell in plan["cells"]:
        if policy not in (None, cell["policy"]):
            table.add_section()
        policy = cell["policy"]
        table.add_row(*_plan_row(cell))
    return table


def _plan_title(plan: Document) -> str:
    scenario = plan["scenario"]
    days, seeds = scenario["horizon"]["days"], scenario["plan"]["seeds"]
    return (
        f"{scenario['name']}: {days:g} d, "
        f"{seeds} seed{'s' if seeds > 1 else ''}, latency against no control"
    )


def _plan_row(cell: Document) -> list[str]:
    runs = cell["runs"]
    worst = max(runs, key=lambda r: r["peak_frac"])
    holds = cell["meets_slo"]
    return [
        f"{escape(cell['policy'])}\n{cell['server_count']} (+{cell['added_servers']})",
        f"{worst['peak_frac'] * 100:.1f}",
        _above(worst["above"]),
        f"{_most(runs, 'caps_low'):,}/{_most(runs, 'caps_high'):,}",
        f"{_most(runs, 'brakes'):,}",
        _impacts(runs, "low"),
        _impacts(runs, "high"),
        _throughput(runs),
        f"{worst['energy_wh'] / _MEGA:.2f}",
        "[green]hold[/]" if holds else "[red]broken[/]",
    ]


def _most(runs: list[Document], key: str) -> int:
    return int(max(run[key] for run in runs))


def _above(above: Iterable[Document]) -> str:
    return "\n".join(
        f"{item['level_frac'] * 100:g} %: {duration(item['above_s'])}" for item in above
    )


def _impacts(runs: list[Document], priority: str) -> str:
    return "\n".join(
        _points(_worst([run[priority][key] for run in runs]))
        for key in ("p50_impact_frac", "p99_impact_frac")
    )


def _throughput(runs: list[Document]) -> str:
    now = sum(run[p]["throughput_tokens_per_s"] for run in runs for p in _PRIORITIES)
    losses = [run[p]["throughput_impact_frac"] for run in runs for p in _PRIORITIES]
    return f"{now / len(runs):,.0f}\n{_points(_worst(losses))}"


_PRIORITIES = ("low", "high")


def _worst(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return max(known) if known else None


def best_lines(plan: Document) -> list[str]:
    """One sentence per policy: the largest count that meets the service levels."""
    base = plan["scenario"]["row"]["base_server_count"]
    lines = []
    for policy, added in plan["best"].items():
        if added is None:
            least = min(plan["scenario"]["plan"]["added_servers"])
            lines.append(
                f"{policy}: no count meets the service levels, least tried +{least}"
                f"{_breaks_next(plan, policy)}"
            )
            continue
        cell = next(
            c for c in plan["cells"]
            if c["policy"] == policy and c["added_servers"] == added
        )  # fmt: skip
        peak_frac = max(run["peak_frac"] for run in cell["runs"])
        lines.append(
            f"{policy}: {base + added} servers (+{added}, +{added / base:.0%}) meet "
            f"the service levels; peak {peak_frac:.1%}, "
            f"{_most(cell['runs'], 'brakes')} brakes{_sure(cell)}"
            f"{_breaks_next(plan, policy)}"
        )
    return lines


def _breaks_next(plan: Document, policy: str) -> str:
    """Say what the smallest count that fails would break."""
    failing = [
        c for c in plan["cells"] if c["policy"] == policy and not c["meets_slo"]
    ]  # fmt: skip
    if not failing:
        return "; the largest count tried"
    first = min(failing, key=lambda c: c["server_count"])
    return f"; {first['server_count']} break {first['breaches'][0]}"


def _sure(cell: Document) -> str:
    runs = len(cell["runs"])
    if runs == 1:
        return ""
    bound = cell["meets_slo_confidence"]
    return f"; another seed holds with at least {bound:.0%} ({runs} seeds, 95 % sure)"


def print_run(console: Console, run: Document) -> None:
    """Print one run: figures, priorities, verdict."""
    console.print(_run_table(run))
    console.print(_priority_table(run))
    if run["slo_breaches"]:
        console.print("[red]Service levels do not hold:[/]")
        say(console, *(f"  {breach}" for breach in run["slo_breaches"]))
    else:
        console.print("[green]Service levels hold.[/]")


def _run_table(run: Document) -> Table:
    title = (
        f"{run['server_count']} servers (+{run['added_servers']}) under "
        f"{run['policy']}, {duration(run['horizon_s'])}, seed {run['seed']}"
    )
    table = Table(title=Text(title), title_justify="left", show_header=False)
    table.add_column("Quantity")
    table.add_column("Value", justify="right")
    rows: list[tuple[str, str]] = [
        ("Provisioned", f"{run['provisioned_w'] / _KILO:,.1f} kW"),
        ("Peak", f"{run['peak_w'] / _KILO:,.1f} kW, {run['peak_frac']:.1%}"),
        ("Mean", f"{run['mean_w'] / _KILO:,.1f} kW, {run['mean_frac']:.1%}"),
        ("Energy", f"{run['energy_wh'] / _MEGA:,.2f} MWh"),
        ("Energy per output token", f"{_or_dash(run['energy_per_token_j'], '.2f')} J"),
        *((f"Above {a['name']} ({a['level_frac']:.0%})", duration(a["above_s"]))
          for a in run["above"]),
        ("Cap commands, low / high", f"{run['caps_low']:,} / {run['caps_high']:,}"),
        ("Power brakes", f"{run['brakes']:,}, {duration(run['brake_s'])}"),
    ]  # fmt: skip
    for row in rows:
        table.add_row(*row)
    return table


def _priority_table(run: Document) -> Table:
    table = Table(title="Users, against the same traffic without control",
                  title_justify="left")  # fmt: skip
    table.add_column("Quantity")
    for priority in _PRIORITIES:
        table.add_column(f"{priority} priority", justify="right")
    picks: list[tuple[str, Callable[[Document], str]]] = [
        ("Servers", lambda p: str(p["server_count"])),
        ("Requests finished", lambda p: f"{p['finished']:,}"),
        ("Output tokens per second",
         lambda p: f"{p['throughput_tokens_per_s']:,.0f}"),
        ("Latency P50", lambda p: f"{_or_dash(p['e2e']['p50_s'], '.2f')} s"),
        ("Latency P99", lambda p: f"{_or_dash(p['e2e']['p99_s'], '.2f')} s"),
        ("Latency P50 impact", lambda p: change(p["p50_impact_frac"])),
        ("Latency P99 impact", lambda p: change(p["p99_impact_frac"])),
        ("Throughput loss", lambda p: change(p["throughput_impact_frac"])),
        ("Time capped", lambda p: duration(p["capped_s"])),
    ]  # fmt: skip
    for name, pick in picks:
        table.add_row(name, *(pick(run[p]) for p in _PRIORITIES))
    return table


def change(value: float | None) -> str:
    """Signed percentage; a dash where it is not known."""
    if value is None:
        return "-"
    return f"{value * 100:+.1f} %" if abs(value) >= 0.0005 else "0 %"


def _points(value: float | None) -> str:
    """Percentage under a heading that has the sign."""
    return change(value).removesuffix(" %")


def duration(seconds: float) -> str:
    """Time in the largest unit that keeps it readable."""
    for unit_s, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{seconds / unit_s:.3g} {unit}"
    return f"{seconds:.3g} s"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
