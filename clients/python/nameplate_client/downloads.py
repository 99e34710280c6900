"""Answers that are files: CSV and Parquet."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class Download:
    """
    A file that was fetched.

    Args:
        content: Its bytes.
        media_type: What they are.
    """

    def __init__(self, content: bytes, media_type: str) -> None:
        self.content, self.media_type = content, media_type

    @property
    def text(self) -> str:
        """The file as text."""
        return self.content.decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file to disk; returns where."""
        place = Path(path)
        place.write_bytes(self.content)
        return place

    def frame(self) -> pd.DataFrame:
        """
        Read the file as a pandas frame.

        Raises:
            ImportError: Without pandas, or for Parquet pyarrow: install
                nameplate-client[frame].
            ValueError: If it is neither CSV nor Parquet.
        """
        import pandas as pd

        if self.media_type.startswith("text/csv"):
            return pd.read_csv(io.BytesIO(self.content))
        if self.media_type.endswith("parquet"):
            return pd.read_parquet(io.BytesIO(self.content))
        raise ValueError(f"{self.media_type} is no table")

    def __repr__(self) -> str:
        return f"Download({len(self.content):,} bytes of {self.media_type})"
