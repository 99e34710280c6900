"""How callbacks ask the server: never on the event loop that they share with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread

T = TypeVar("T")


async def away(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a blocking call on a thread."""
    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))
