"""Back up everything the product keeps, and put a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.files import unwritable
from cli.options import Json
from cli.session import answering, read_settings, show
from cli.tables import say


@answering
def backup(
    out: Annotated[Path, typer.Argument(help="File to write, or a folder for one.")],
    as_json: Json = False,
) -> None:
    """Write database and imported data into one file; servers may go on meanwhile."""
    from api.version import PRODUCT_VERSION
    from store.backup import backup as write

    try:
        made = write(read_settings(), out, version=PRODUCT_VERSION)
    except OSError as error:
        raise unwritable(out, error, "OUT") from error
    _say(made, f"wrote {made['path']}", as_json=as_json)


@answering
def restore(
    file: Annotated[Path, typer.Argument(help="What `nameplate backup` wrote.")],
    check: Annotated[
        bool, typer.Option("--check", help="Verify the file and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in place of the present state, which is kept aside."""
    from store.engine import opened
    from store.restore import restore as put_back

    settings = read_settings()
    with opened(settings.database_url) as engine:
        found = put_back(engine, Path(settings.cache_dir), file, only_check=check)
    done = "is whole" if check else "is in place"
    _say(found, f"{file} {done}", as_json=as_json)


def _say(manifest: dict[str, Any], done: str, *, as_json: bool) -> None:
    size_mb = sum(part["bytes"] for part in manifest["files"].values()) / 1e6
    what = f"{len(manifest['files'])} parts, {size_mb:.1f} MB"
    made = f"made {manifest['made_at'][:16]} UTC by nameplate {manifest['product']}"
    lines = [
        f"{done}: {what}, schema {manifest['revision']}, {made}",
        *(f"the old state: {path}" for path in manifest.get("aside", [])),
    ]
    if manifest["published"]:
        names = ", ".join(manifest["published"])
        lines.append(
            f"not in it, for `nameplate datasets pull` fetches it again: {names}"
        )
    show(manifest, lambda console, _: say(console, *lines), as_json=as_json)
