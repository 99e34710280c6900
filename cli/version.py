"""`nameplate version`: what is installed here."""

from __future__ import annotations

import platform

from api import version as known
from cli.options import Json
from cli.session import answering, show
from cli.tables import say


@answering
def version(as_json: Json = False) -> None:
    """Versions of product, model and scenario format."""
    document = {
        "product": known.PRODUCT_VERSION,
        "model": known.MODEL_VERSION,
        "scenario_schema": known.SCENARIO_SCHEMA_VERSION,
        "python": platform.python_version(),
    }
    line = (
        f"nameplate {document['product']}, model {document['model']}, "
        f"scenario schema {document['scenario_schema']}, Python {document['python']}"
    )
    show(document, lambda console, _: say(console, line), as_json=as_json)
