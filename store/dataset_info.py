"""What is told of a dataset, and whether it is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from store.published import Kind, Published


class DatasetInfo(BaseModel):
    """One dataset and whether it is on this machine."""

    name: str = Field(
        description="Name used in scenarios", examples=["azure-llm-2023-conv"]
    )
    title: str = Field(
        description="One line on what it is", examples=["Azure LLM trace 2023"]
    )
    kind: Kind = Field(
        description="requests, rates or benchmark", examples=["requests"]
    )
    licence: str = Field(
        description="Licence as the publisher states it", examples=["CC-BY-4.0"]
    )
    citation: str = Field(
        description="Work to cite", examples=["Patel et al., Splitwise, ISCA 2024"]
    )
    source: str = Field(
        description="Publisher's address at a fixed commit",
        examples=["https://github.com/Azure/AzurePublicDataset"],
    )
    files: list[str] = Field(
        description="Files fetched, or the user's file",
        examples=[["data/AzureLLMInferenceTrace_conv.csv"]],
    )
    bytes: int = Field(
        default=0,
        description="Size on this machine; 0 where absent [B]",
        examples=[258992],
        json_schema_extra={"unit": "B"},
    )
    present: bool = Field(description="Whether it can be used now", examples=[True])
    path: str | None = Field(
        default=None, description="File on this machine", examples=["azure.csv.gz"]
    )
    origin: Literal["published", "imported"] = Field(
        default="published", description="Who brought it", examples=["published"]
    )
    pullable: bool = Field(
        default=True,
        description="Whether `datasets pull` can fetch it",
        examples=[True],
    )
    checked: str = Field(
        default="",
        description="How its bytes were or will be checked",
        examples=["SHA-256 of the text, known beforehand"],
    )


def published_info(entry: Published, path: Path | None) -> DatasetInfo:
    """Describe a published dataset, and where it lies, if anywhere."""
    return DatasetInfo(
        name=entry.name, title=entry.title, kind=entry.kind,
        licence=entry.licence, citation=entry.citation, source=entry.source,
        files=[*entry.paths], bytes=path.stat().st_size if path else 0,
        present=path is not None, path=str(path) if path else None,
        pullable=not entry.unpullable, checked=_how_checked(entry),
    )  # fmt: skip


def _how_checked(entry: Published) -> str:
    if entry.unpullable:
        return entry.unpullable
    if entry.text_sha256:
        return "SHA-256 of the text, known beforehand"
    if entry.kind == "rates":
        return "git checksums from the publisher's file list"
    return "SHA-256 of the first download, recorded beside it"


def imported_info(path: Path) -> DatasetInfo:
    """Describe a file of the user's own."""
    name, kind = path.name.removesuffix(".csv.gz").rsplit(".", 1)
    return DatasetInfo(
        name=name, title=f"Your own {kind}", kind=kind,  # type: ignore[arg-type]
        licence="yours", citation="your own recording", source=str(path),
        files=[path.name], bytes=path.stat().st_size, present=True, path=str(path),
        origin="imported", pullable=False, checked="every line at import",
    )  # fmt: skip
