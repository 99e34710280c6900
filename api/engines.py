"""
Where a study's points are answered: one interface, four engines.

`serial` answers in the caller's thread, `threads` and `processes` on this machine,
`tcp://HOST:PORT` on the workers of a dask scheduler. All hand back the same bytes.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import twin
from api.engine_watch import watch
from api.engine_worker import end_with
from api.problems import Refusal
from store.settings import Settings
from twin.errors import ScenarioError
from twin.study.runner import Engine

LOCAL = ("serial", "threads", "processes")
CONNECT_S = 5.0
RETRIES = 2
"""Times dask itself gives a task of a lost worker to another one."""


class StudyEngine(Engine, Protocol):
    """An engine that can be closed."""

    def close(self) -> None:
        """Let go of what it holds."""
        ...


def check_engine(name: str) -> None:
    """
    Look at an engine's name.

    Raises:
        ScenarioError: If it is neither a local one nor an address.
    """
    if name in LOCAL:
        return
    parts = urlsplit(name)
    try:
        whole = parts.scheme == "tcp" and parts.hostname and parts.port
        whole = whole and not (parts.path or parts.query or parts.fragment)
    except ValueError:  # a port that is no number
        whole = None
    if not whole:
        raise ScenarioError(
            field="engine", rule="must be one of " + ", ".join(LOCAL)
            + " or the address of a dask scheduler", value=name,
            repair="for example processes, or tcp://127.0.0.1:8786",
        )  # fmt: skip


def check_allowed(name: str, settings: Settings) -> None:
    """
    Look whether a server may use an engine.

    Raises:
        ScenarioError: If it is neither a local one nor an address.
        Refusal: With status 403 for an address that the settings do not name.
    """
    check_engine(name)
    allowed = {settings.study_engine, *settings.study_engines.split(",")}
    if "://" in name and name not in allowed:
        raise Refusal(
            403, f"this server may not use {name}; add it to NAMEPLATE_STUDY_ENGINES"
        )


def open_engine(name: str, *, workers: int) -> StudyEngine:
    """
    Open an engine by its name.

    Args:
        name: serial, threads, processes, or a dask scheduler's tcp://HOST:PORT.
        workers: Threads or processes of a local one.

    Returns:
        The engine; close it when done.

    Raises:
        ScenarioError: If the name is wrong, dask is not installed, or no scheduler
            answers at the address.
    """
    check_engine(name)
    if name == "serial":
        return Serial()
    if name == "threads":
        return Pool("threads", workers, lambda: ThreadPoolExecutor(workers, "point"))
    if name == "processes":
        return Pool("processes", workers, lambda: _processes(workers))
    return DaskEngine(name)


class Serial:
    """One at a time, in the caller's thread."""

    name = "serial"
    workers = 1

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]:
        """Do the work now."""
        done: Future[Any] = Future()
        try:
            done.set_result(work(*given))
        except BaseException as error:  # a future carries any error
            done.set_exception(error)
        return done

    def mend(self, error: BaseException) -> bool:
        """Nothing was lost."""
        del error
        return True

    def close(self) -> None:
        """Nothing is held."""


class Pool:
    """
    Threads or processes of this machine.

    Args:
        name: Name for people.
        workers: How many.
        make: Makes the pool, at first use and after a worker was lost.
    """

    def __init__(self, name: str, workers: int, make: Callable[[], Executor]) -> None:
        self.name = name
        self.workers = workers
        self._make = make
        self._lock = threading.Lock()
        self._pool: Executor | None = None

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]:
        """Hand work to a worker."""
        with self._lock:
            if self._pool is None:
                self._pool = self._make()
            return self._pool.submit(work, *given)

    def mend(self, error: BaseException) -> bool:
        """Replace the pool: after the loss of a worker it takes no more work."""
        del error
        with self._lock:
            broken, self._pool = self._pool, None
        if broken is not None:
            broken.shutdown(wait=False, cancel_futures=True)
        return True

    def close(self) -> None:
        """End the workers."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)


class DaskEngine:
    """
    The workers of a dask scheduler.

    Args:
        address: tcp://HOST:PORT of the scheduler.

    Raises:
        ScenarioError: If dask is not installed, no scheduler answers, it has no worker,
            or a worker runs other versions than we do.
    """

    def __init__(self, address: str) -> None:
        self.name = address
        self._client = _connected(address)
        try:
            _check_workers(self._client, address)
        except BaseException:
            self.close()
            raise
        self._executor: Executor = self._client.get_executor(retries=RETRIES)

    @property
    def workers(self) -> int:
        """Threads of all workers at hand."""
        try:
            return max(1, sum(int(n) for n in self._client.nthreads().values()))
        except Exception:  # the scheduler may be on its way back
            return 1

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Future[Any]:
        """Hand work to a worker."""
        return self._executor.submit(_checked, versions(), work, *given)

    def mend(self, error: BaseException) -> bool:
        """Say whether the scheduler is still there; it replaces lost workers itself."""
        if isinstance(error, OtherVersionsError):  # of a worker that came later
            return False
        return bool(self._client.status == "running" and self._answers())

    def _answers(self) -> bool:
        try:
            return self._client.scheduler_info() is not None
        except Exception:  # any failure is an answer
            return False

    def close(self) -> None:
        """Leave the scheduler; its workers stay."""
        self._client.close(timeout=CONNECT_S)


def _check_workers(client: Any, address: str) -> None:
    """Refuse workers that would give other bytes than we do."""
    here = versions()
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
        found: dict[str, dict[str, str]] = client.run(versions)
    except TimeoutError as error:
        raise ScenarioError("engine", "the scheduler has no worker", address,
                            f"start one: dask worker {address}") from error  # fmt: skip
    except Exception as error:  # a worker without nameplate fails in its own way
        raise ScenarioError("engine", f"a worker cannot work: {error}", address,
                            f"check out nameplate {here['nameplate']} where workers "
                            "run") from error  # fmt: skip
    for worker, theirs in found.items():
        wrong = [f"{k} {v} there, {here[k]} here" for k, v in theirs.items()
                 if v != here.get(k)]  # fmt: skip
        if wrong:
            raise ScenarioError("engine", f"worker {worker} has other versions",
                                "; ".join(wrong),
                                "install the same on every worker")  # fmt: skip


class OtherVersionsError(RuntimeError):
    """A worker would give other bytes than we do."""


@cache
def versions() -> dict[str, str]:
    """Versions of what decides the bytes of an answer, the model's own code by hash."""
    names = ("nameplate", "numba", "numpy", "optuna", "SALib", "scipy")
    found = {name: metadata.version(name) for name in names}
    code = hashlib.sha256()
    root = Path(twin.__file__).parent
    for path in sorted(root.rglob("*.py")):
        code.update(path.relative_to(root).as_posix().encode())
        code.update(path.read_bytes())
    return found | {"model": code.hexdigest()[:16]}


def _checked(wanted: dict[str, str], work: Callable[..., Any], /, *given: Any) -> Any:
    """Work, where this worker is what the asker thinks it is."""
    if versions() != wanted:
        raise OtherVersionsError(f"a worker has {versions()}, we have {wanted}")
    return work(*given)


def _processes(workers: int) -> ProcessPoolExecutor:
    """Fresh processes: the server has threads, and a fork of those is not safe."""
    methods = multiprocessing.get_all_start_methods()
    method = "forkserver" if "forkserver" in methods else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["twin.study.points"])
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=end_with, initargs=(os.getpid(),)
    )
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if path is not None and not Path(path).exists():
        del main.__file__  # "<stdin>": workers would look for a file of that name
    try:
        pool.submit(int).result()  # all of them are started now
    finally:
        if path is not None:
            main.__file__ = path
    watch(pool)
    return pool


def _connected(address: str) -> Any:
    try:
        from distributed import Client  # an extra
    except ImportError as error:
        raise ScenarioError("engine", "needs dask", address, ".venv/bin/pip install "
                            "-c constraints.txt -e '.[dask]'") from error  # fmt: skip
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ScenarioError("engine", "no scheduler answers there", address,
                            "start one: dask scheduler --host 127.0.0.1, then dask "
                            f"worker {address}") from error  # fmt: skip
