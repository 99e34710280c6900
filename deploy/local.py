"""The services of docker-compose.yml as processes of this machine, on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

from deploy.compose import Service, addresses, read
from scripts.with_postgres import _demotion, _programs, _server_user

ROOT = Path(__file__).resolve().parents[1]
START_S = 120.0
STOP_S = 20.0
_NOT_PACKAGED = ("grafana/",)  # Debian has no package of it
_POSTGRES = 5432


class Topology:
    """
    Everything the compose file starts, without containers.

    Commands, environment, order and health checks are the file's own. Names of services
    become 127.0.0.1, their ports free ones, volumes folders below `folder`.

    Args:
        folder: State of all services; made if missing.
        variables: Values for the file's `${NAME}`.
        profiles: Profiles to start too, e.g. "agent".
        extra: Environment added to a service, by its name.
    """

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, str],
        *,
        profiles: tuple[str, ...] = (),
        extra: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.folder = folder
        self._extra = extra or {}
        every = read(ROOT / "docker-compose.yml", variables)
        self.services = {
            name: service
            for name, service in every.items()
            if not service.profiles or set(service.profiles) & set(profiles)
        }
        self.left_out = [
            name
            for name, service in self.services.items()
            if service.image.startswith(_NOT_PACKAGED)
        ]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {address: _free_port() for address in self._addresses(every)}

    def __enter__(self) -> Self:
        try:
            for name, service in self.services.items():
                if name not in self.left_out:
                    self._start(service)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, name: str, port: int) -> str:
        """Where a service's port is here."""
        return f"http://127.0.0.1:{self.ports[name, port]}"

    def volume(self, name: str) -> Path:
        """Folder that stands for a volume."""
        return self.folder / "volumes" / name

    def log(self, name: str) -> str:
        """What a service has said so far."""
        return (self.folder / f"{name}.log").read_text("utf-8", errors="replace")

    def stop(self) -> None:
        """End them, last started first."""
        for name, process in reversed(self.processes.items()):
            if process.poll() is None:
                # PostgreSQL's fast shutdown is SIGINT; it would wait for clients
                fast = self.services[name].image.startswith("postgres")
                process.send_signal(signal.SIGINT if fast else signal.SIGTERM)
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    # --- one service ------------------------------------------------------------------

    def _start(self, service: Service) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        once = "service_completed_successfully" in {
            other.needs.get(service.name) for other in self.services.values()
        }
        environment = self._environment(service)
        if service.image.startswith("postgres"):
            command, demotion = self._postgres(service), _demotion(_server_user())
        else:
            command, demotion = self._command(service, service.command), {}
        with (self.folder / f"{service.name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT, env=environment, **demotion
            )
        self.processes[service.name] = process
        if once:
            if process.wait(START_S):
                raise RuntimeError(f"{service.name} failed:\n{self.log(service.name)}")
        elif service.healthcheck:
            self._wait(service, environment)
        if service.image.startswith("postgres"):
            self._database(service, environment)

    def _wait(self, service: Service, environment: dict[str, str]) -> None:
        """Until its own health check is content."""
        check = self._command(service, service.healthcheck)
        end = time.monotonic() + START_S
        while subprocess.run(
            check, env=environment, cwd=ROOT, capture_output=True, check=False
        ).returncode:
            ended = self.processes[service.name].poll()
            if ended is not None or time.monotonic() > end:
                why = f"ended with {ended}" if ended is not None else "is not well"
                raise RuntimeError(f"{service.name} {why}:\n{self.log(service.name)}")
            time.sleep(0.2)

    def _postgres(self, service: Service) -> list[str]:
        programs = _programs()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed: apt install postgresql")
        data = self.volume("database")
        told, user = service.environment, _server_user()
        if not (data / "PG_VERSION").exists():
            data.mkdir(parents=True, exist_ok=True)
            password = self.folder / "database.password"
            password.touch(mode=0o600)
            password.write_text(told["POSTGRES_PASSWORD"])
            if user is not None:
                shutil.chown(data, user.pw_uid, user.pw_gid)
                shutil.chown(password, user.pw_uid)
                for above in data.parents:  # its user passes through
                    if not above.stat().st_mode & 0o001:
                        above.chmod(0o711)
                    if above == self.folder.parent:
                        break
            subprocess.run(
                [
                    str(programs / "initdb"),
                    "-D",
                    str(data),
                    "-U",
                    told["POSTGRES_USER"],
                    "-A",
                    "scram-sha-256",
                    "--pwfile",
                    str(password),
                    "-E",
                    "UTF8",
                ],
                check=True,
                capture_output=True,
                cwd=data.parent,
                **_demotion(user),
            )
            password.unlink()
        return [
            str(programs / "postgres"),
            "-D",
            str(data),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.ports["database", _POSTGRES]),
            "-k",
            "",
        ]

    def _database(self, service: Service, environment: dict[str, str]) -> None:
        """Make the database, which the image does by itself."""
        programs = _programs()
        told = service.environment
        made = subprocess.run(
            [
                str(programs / "createdb") if programs else "createdb",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.ports["database", _POSTGRES]),
                "-U",
                told["POSTGRES_USER"],
                told["POSTGRES_DB"],
            ],
            env=environment | {"PGPASSWORD": told["POSTGRES_PASSWORD"]},
            capture_output=True,
            check=False,
        )
        if made.returncode and b"already exists" not in made.stderr:
            raise RuntimeError(made.stderr.decode(errors="replace"))

    # --- from containers to here ------------------------------------------------------

    def _addresses(self, every: dict[str, Service]) -> set[tuple[str, int]]:
        texts = [
            *(
                text
                for s in every.values()
                for text in (*s.command, *s.environment.values())
            ),
            *(path.read_text("utf-8") for path in (ROOT / "deploy").rglob("*.yml")),
        ]
        return addresses(texts, set(every))

    def _environment(self, service: Service) -> dict[str, str]:
        programs = _programs()
        paths = [
            str(Path(sys.executable).parent),
            *([str(programs)] if programs else []),
        ]
        told = {
            key: self._here(service, text) for key, text in service.environment.items()
        }
        told.pop("NUMBA_CACHE_DIR", None)  # kernels are compiled here already
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("NAMEPLATE_")},
            "PATH": os.pathsep.join([*paths, os.environ.get("PATH", "")]),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.ports["database", _POSTGRES]),
            **told,
            **self._extra.get(service.name, {}),
        }

    def _command(self, service: Service, command: list[str]) -> list[str]:
        words = [self._here(service, word) for word in command]
        if service.image.startswith("prom/"):
            return ["prometheus", *words]
        if words[0] == "nameplate-agent":  # a package of its own
            return [sys.executable, "-m", "agent", *words[1:]]
        return words

    def _here(self, service: Service, text: str) -> str:
        """The same text with this machine's addresses, ports and folders."""
        for (name, port), here in self.ports.items():
            text = re.sub(rf"\b{name}:{port}\b", f"127.0.0.1:{here}", text)
            if name == service.name:
                text = re.sub(rf"(?<![\d.])\b{port}\b", str(here), text)
        text = text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - it is taken away
        folders = {
            target: self._source(service, source) for source, target in service.mounts
        }
        if not folders:
            return text
        targets = "|".join(map(re.escape, sorted(folders, key=len, reverse=True)))
        return re.sub(
            rf"(?<![\w.-])(?:{targets})(?=$|[\s/\"'])", lambda m: folders[m[0]], text
        )

    def _source(self, service: Service, source: str) -> str:
        """A volume's folder, or a copy of a file with addresses as they are here."""
        if not source.startswith("."):
            self.volume(source).mkdir(parents=True, exist_ok=True)
            return str(self.volume(source))
        path = ROOT / source
        if path.suffix != ".yml":
            return str(path)
        copy = self.folder / "config" / path.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        volumes = [mount for mount in service.mounts if not mount[0].startswith(".")]
        inside = replace(service, mounts=volumes)
        copy.write_text(self._here(inside, path.read_text("utf-8")), "utf-8")
        return str(copy)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
