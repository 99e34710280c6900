"""`nameplate version`: what is installed here."""

from __future__ import annotations

import platform

from api import version as known
from cli.options import Json
from cli.session import answering, out_console, print_json


@answering
def version(as_json: Json = False) -> None:
    """Versions of product, model and scenario format."""
    document = {
        "product": known.PRODUCT_VERSION,
        "model": known.MODEL_VERSION,
        "scenario_schema": known.SCENARIO_SCHEMA_VERSION,
        "python": platform.python_version(),
    }
    if as_json:
        print_json(document)
        return
    out_console().print(
        f"nameplate {document['product']}, model {document['model']}, "
        f"scenario schema {document['scenario_schema']}, Python {document['python']}",
        highlight=False,
    )
