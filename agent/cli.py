"""The `nameplate-agent` command: run, check, spool."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from agent import __version__
from agent.settings import NAMES, SettingError, Settings, default_spool, load

MARKS = {"good": "ok  ", "note": "note", "problem": "FAIL"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if asked.verbose else logging.INFO,
        format="%(levelname)s %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    flags = {name: getattr(asked, name, None) for name in NAMES}
    try:
        settings = load(flags, config=asked.config)
        return int(asked.work(settings, asked))
    except SettingError as error:
        print(f"nameplate-agent: {error}", file=sys.stderr)
        return 2


def _run(settings: Settings, _: argparse.Namespace) -> int:
    from agent.service import Agent
    from agent.spool import SpoolBusy

    if not settings.server:
        raise SettingError("--server is missing: where are readings to go?")
    try:
        agent = Agent(settings)
    except (SpoolBusy, OSError) as error:
        print(f"nameplate-agent: {error}", file=sys.stderr)
        return 3
    return agent.run()


def _check(settings: Settings, asked: argparse.Namespace) -> int:
    from agent.check import check, grouped, passed

    findings = check(settings)
    ok = passed(findings)
    if asked.json:
        listed = [
            {"subject": finding.subject} | asdict(finding) for finding in findings
        ]
        document = {"ok": ok, "findings": listed}
        print(json.dumps(document, indent=1))
        return 0 if ok else 1
    for subject, finding in grouped(findings):
        print(f"{MARKS[finding.level]} {subject}: {finding.text}")
        if finding.repair:
            print(f"     -> {finding.repair}")
    print("ready" if ok else "not ready: see FAIL above")
    return 0 if ok else 1


def _spool(settings: Settings, asked: argparse.Namespace) -> int:
    from agent.spool_view import summary

    document = summary(settings.spool_dir)
    if asked.json:
        print(json.dumps(document, indent=1))
        return 0
    for name, value in document.items():
        print(f"{name.replace('_', ' '):24} {value}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nameplate-agent",
        description="Reads what a GPU host draws and sends it to Nameplate, losing "
        "nothing. Every setting may also stand in a TOML file or in the environment as "
        "NAMEPLATE_AGENT_<NAME>.",
        epilog="Exit codes: 0 well, 1 check found a problem, 2 wrong settings, "
        "3 not possible here and now.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = _shared()
    for name, work, about in (
        ("run", _run, "read and send until told to stop"),
        ("check", _check, "say what can be read here and what cannot, and why"),
        ("spool", _spool, "say what is in the spool"),
    ):
        command = commands.add_parser(name, parents=[shared], help=about)
        command.set_defaults(work=work)
        if name != "run":
            command.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _shared() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    add = shared.add_argument

    def on_off(flag: str, about: str) -> None:
        add(flag, action=argparse.BooleanOptionalAction, default=None, help=about)

    add("--config", type=Path, help="TOML file with settings")
    add("--server", help="address of the Nameplate server")
    add("--name", help="this agent's name there (default: host name)")
    add("--rate-hz", type=float, help="how often each GPU is read, 0.1..50 (default 1)")
    add("--spool-dir", type=Path, help=f"where readings wait ({default_spool()})")
    add("--spool-mb", type=float, help="how much of that disk they may take (512)")
    add("--token-file", type=Path, help="file with the token (mode 600)")
    add("--ca-file", type=Path, help="certificates to trust instead of the system's")
    add("--metrics-port", type=int, help="serve /metrics for Prometheus (default: off)")
    add("--metrics-host", help="address to serve it on (default 127.0.0.1)")
    add("--redfish", help="address of this host's BMC")
    add("--redfish-user", help="its user")
    add("--redfish-password-file", type=Path, help="file with its password")
    on_off("--gpu", "read GPUs (default: yes)")
    on_off("--allow-control", "apply caps from a signed policy (default: no)")
    add("--policy-file", type=Path, help="that policy")
    add("--policy-key-file", type=Path, help="the key it is signed with (mode 600)")
    add("-v", "--verbose", action="store_true", help="say more")
    return shared


if __name__ == "__main__":
    sys.exit(main())
