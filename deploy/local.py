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
from itertools import chain
from pathlib import Path
from typing import Self

from numba.core.caching import _CacheLocator

from deploy.compose import Service, addresses, read
from scripts.with_postgres import demotion, programs, server_user

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
        self._well: set[str] = set()
        self.ports = {address: _free_port() for address in self._addresses(every)}

    def __enter__(self) -> Self:
        try:
            here = {n: s for n, s in self.services.items() if n not in self.left_out}
            for service in here.values():
                for name, condition in service.needs.items():
                    self._wait(self.services[name], condition)
                self._start(service)
            for service in here.values():
                self._wait(service, "service_healthy")
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

    def run(self, name: str, command: list[str]) -> str:
        """What a command beside a service says, as by `docker compose exec`."""
        service = self.services[name]
        done = subprocess.run(
            self._command(service, command),
            env=self._environment(service), cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, sql: str) -> list[str]:
        """Rows the database answers."""
        service = self.services["database"]
        told = service.environment
        user, name = told["POSTGRES_USER"], told["POSTGRES_DB"]
        done = subprocess.run(
            _postgresql("psql", {"-c": sql, "-U": user}, "-XAt", name),
            env=self._environment(service) | {"PGPASSWORD": self._password(service)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()

    def stop(self, *names: str) -> None:
        """End these services, or all of them; the last started first."""
        for name, process in reversed(self.processes.items()):
            if process.poll() is None and name in (names or self.processes):
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
        if service.image.startswith("postgres"):
            command, as_user = self._postgres(service), demotion(server_user())
        else:
            command, as_user = self._command(service, service.command), {}
        with (self.folder / f"{service.name}.log").open("ab") as log:
            self.processes[service.name] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT,
                env=self._environment(service), **as_user,
            )  # fmt: skip

    def _wait(self, service: Service, condition: str) -> None:
        """Until it has ended well, or its own health check is content."""
        process, end = self.processes[service.name], time.monotonic() + START_S
        if service.name in self._well:
            return
        if condition == "service_completed_successfully":
            if process.wait(START_S):
                raise RuntimeError(f"{service.name} failed:\n{self.log(service.name)}")
        elif service.healthcheck and condition == "service_healthy":
            check = self._command(service, service.healthcheck)
            environment = self._environment(service)
            while subprocess.run(
                check, env=environment, cwd=ROOT, capture_output=True, check=False
            ).returncode:
                ended = process.poll()
                if ended is not None or time.monotonic() > end:
                    why = f"ended with {ended}" if ended is not None else "is not well"
                    raise RuntimeError(
                        f"{service.name} {why}:\n{self.log(service.name)}"
                    )
                time.sleep(0.5)
            if service.image.startswith("postgres"):
                self._database(service, environment)
        self._well.add(service.name)

    def _postgres(self, service: Service) -> list[str]:
        if programs() is None:
            raise RuntimeError("PostgreSQL is not installed: apt install postgresql")
        data = self.volume("database")
        told, user = service.environment, server_user()
        if not (data / "PG_VERSION").exists():
            data.mkdir(parents=True, exist_ok=True)
            password = self.folder / "database.password"  # its user may not read ours
            password.touch(mode=0o600)
            password.write_text(self._password(service))
            if user is not None:
                shutil.chown(data, user.pw_uid, user.pw_gid)
                shutil.chown(password, user.pw_uid)
                for above in data.parents:  # its user passes through
                    if not above.stat().st_mode & 0o001:
                        above.chmod(0o711)
                    if above == self.folder.parent:
                        break
            options = {
                "-D": str(data), "-U": told["POSTGRES_USER"], "-A": "scram-sha-256",
                "--pwfile": str(password), "-E": "UTF8",
            }  # fmt: skip
            subprocess.run(
                _postgresql("initdb", options, "--no-sync"),
                check=True, capture_output=True, cwd=data.parent, **demotion(user),
            )  # fmt: skip
            password.unlink()
        options = {"-D": str(data), "-k": ""}
        return _postgresql("postgres", options | self._listening())

    def _listening(self) -> dict[str, str]:
        return {"-h": "127.0.0.1", "-p": str(self.ports["database", _POSTGRES])}

    def _database(self, service: Service, environment: dict[str, str]) -> None:
        """Make the database, which the image does by itself."""
        told = service.environment
        options = self._listening() | {"-U": told["POSTGRES_USER"]}
        made = subprocess.run(
            _postgresql("createdb", options, told["POSTGRES_DB"]),
            env=environment | {"PGPASSWORD": self._password(service)},
            capture_output=True, check=False,
        )  # fmt: skip
        if made.returncode and b"already exists" not in made.stderr:
            raise RuntimeError(made.stderr.decode(errors="replace"))

    def _password(self, service: Service) -> str:
        told = service.environment["POSTGRES_PASSWORD_FILE"]
        return Path(self._here(service, told)).read_text("utf-8").removesuffix("\n")

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
        found = programs()
        paths = [str(Path(sys.executable).parent), *([str(found)] if found else [])]
        told = {
            key: self._here(service, text) for key, text in service.environment.items()
        }
        if any(target == "/var/cache/nameplate" for _, target in service.mounts):
            self._bring_kernels(Path(told["NUMBA_CACHE_DIR"]))
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
        if words[0].startswith("--"):  # what the image starts is prometheus
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
        if source.startswith("/"):
            return source
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

    def _bring_kernels(self, folder: Path) -> None:
        """Give a volume the kernels compiled in this checkout, as after a first day."""
        if any(folder.iterdir()):
            return
        where = _CacheLocator.get_suitable_cache_subpath
        for package in ("twin", "api"):
            for path in (ROOT / package).rglob("__pycache__/*.nb[ic]"):
                place = folder / where(str(path.parents[1] / "any.py"))
                place.mkdir(parents=True, exist_ok=True)
                (place / path.name).symlink_to(path)


def _postgresql(program: str, options: Mapping[str, str], *rest: str) -> list[str]:
    """Command of one of PostgreSQL's programs, from its folder where that is known."""
    found = programs()
    name = str(found / program) if found else program
    return [name, *chain.from_iterable(options.items()), *rest]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
