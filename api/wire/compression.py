"""
Unpacks request bodies without ever holding more than a limit.

Snappy states its length first, so it is looked at before anything is unpacked; the
others are unpacked piece by piece until they end or pass the limit.
"""

# mypy: disable-error-code="attr-defined,no-untyped-call"
# pyarrow ships no types of its own

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pyarrow as pa

from api.problems import Refusal

MOST_BYTES = 64_000_000
MOST_MEMBERS = 16
"""Streams one after the other; each costs a copy of what follows it."""
_PIECE = 262_144


def unpack(body: bytes, encoding: str, *, most: int = MOST_BYTES) -> bytes:
    """
    Undo a content encoding.

    Args:
        body: As it came.
        encoding: "snappy" (block format), "gzip", "deflate", "zstd", "identity" or "".
        most: Bytes the result may have.

    Raises:
        Refusal: 413 where the result is larger, 400 where the bytes are damaged, 415
            where the encoding is none of these.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _joined([body], most)
    if name == "snappy":
        return _snappy(body, most)
    if name not in {"gzip", "x-gzip", "deflate", "zstd"}:
        raise Refusal(415, f"content-encoding {encoding[:40]!r} is none that is known")
    try:
        if name == "zstd":
            return _joined(_zstd(body), most)
        return _joined(_inflated(body, raw=False), most)
    except (zlib.error, OSError, EOFError) as error:
        if name == "deflate":
            return _raw_deflate(body, most)
        raise damaged(name) from error


def damaged(what: str) -> Refusal:
    """Refuse bytes that are not what they should be; sending them again is no use."""
    return Refusal(400, f"The body is no valid {what}")


def _snappy(body: bytes, most: int) -> bytes:
    length = shift = 0
    for byte in body[:5]:
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        raise damaged("snappy block")
    if length > most:
        raise _too_large(most)
    try:
        unpacked = pa.decompress(body, length, codec="snappy", asbytes=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged("snappy block") from error
    return bytes(unpacked)


def _inflated(body: bytes, *, raw: bool) -> Iterator[bytes]:
    """Pieces of a gzip, zlib or raw deflate stream, member after member."""
    rest = body
    for _ in range(MOST_MEMBERS):
        if not rest:
            return
        stream = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS | 32)
        piece = stream.decompress(rest, _PIECE)
        while piece:
            yield piece
            piece = stream.decompress(stream.unconsumed_tail, _PIECE)
        if not stream.eof:
            raise EOFError("cut off")
        rest = stream.unused_data
    if rest:
        raise Refusal(400, f"The body may have {MOST_MEMBERS} gzip members; pack it "
                      "as one")  # fmt: skip


def _raw_deflate(body: bytes, most: int) -> bytes:
    """Some senders leave zlib's header out of "deflate"."""
    try:
        return _joined(_inflated(body, raw=True), most)
    except (zlib.error, EOFError) as error:
        raise damaged("deflate stream") from error


def _zstd(body: bytes) -> Iterator[bytes]:
    with pa.CompressedInputStream(io.BytesIO(body), "zstd") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _joined(pieces: Iterator[bytes] | list[bytes], most: int) -> bytes:
    kept, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise _too_large(most)
        kept.append(piece)
    return b"".join(kept)


def _too_large(most: int) -> Refusal:
    return Refusal(
        413, f"The body unpacks to more than {most // 1_000_000} MB; send less at once"
    )
