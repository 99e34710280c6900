"""
What GPUs do at best and cost: peaks, bandwidths, links, prices, with sources.

Inputs of the laws that carry a measured phase table over to another group of GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.catalogue.figure import Figure, Mark
from twin.catalogue.gpus import A100, B200, GB200, H100, H200, MI300X, Gpu

_SHEET = "maker's data sheet, from memory"
_SPLITWISE = "Splitwise, ISCA 2024, table 1"
_CLOUD = "list price of the same cloud as Splitwise's machines, from memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """
    One GPU type at its best.

    Args:
        gpu: Catalogue entry.
        bf16_flop_s: Dense bfloat16 peak. [FLOP/s]
        fp8_speedup: Dense 8-bit float peak ÷ that; 1 where there is none. [1]
        memory_byte_s: Memory bandwidth. [B/s]
        peer_byte_s: Link to the GPUs of the same server, one direction. [B/s]
        host_byte_s: Link to the host, one direction. [B/s]
        network_byte_s: Link to other servers, one direction. [B/s]
        gpu_hour_usd: Price of one GPU for one hour. [USD/h]
    """

    gpu: Gpu
    bf16_flop_s: Figure
    fp8_speedup: Figure
    memory_byte_s: Figure
    peer_byte_s: Figure
    host_byte_s: Figure
    network_byte_s: Figure
    gpu_hour_usd: Figure


def _chip(
    gpu: Gpu, tflop_s: float, fp8: float, memory_tb_s: float, peer_gb_s: float,
    host_gb_s: float, network_gb_s: float, usd: float, price: tuple[str, Mark],
    bandwidth: str = _SHEET,
) -> Chip:  # fmt: skip
    second_hand: Mark = "memory" if bandwidth == _SHEET else "second-hand"
    return Chip(
        gpu=gpu,
        bf16_flop_s=Figure(tflop_s * 1e12, "FLOP/s", _SHEET, "memory"),
        fp8_speedup=Figure(fp8, "1", _SHEET, "memory"),
        memory_byte_s=Figure(memory_tb_s * 1e12, "B/s", bandwidth, second_hand),
        peer_byte_s=Figure(peer_gb_s * 1e9, "B/s", _SHEET, "memory"),
        host_byte_s=Figure(host_gb_s * 1e9, "B/s", _SHEET, "memory"),
        network_byte_s=Figure(
            network_gb_s * 1e9,
            "B/s",
            f"{_SPLITWISE}: 200 Gbit/s (A100) and 400",
            second_hand,
        ),
        gpu_hour_usd=Figure(usd, "USD/h", *price),
    )


_PAID: tuple[str, Mark] = (f"{_SPLITWISE}: 17.6 and 38 USD/h ÷ 8", "second-hand")
_LISTED: tuple[str, Mark] = (_CLOUD, "memory")

CHIPS: dict[str, Chip] = {
    c.gpu.key: c
    for c in (
        _chip(A100, 312, 1.0, 2.039, 300, 32, 25, 2.2, _PAID, _SPLITWISE),
        _chip(H100, 989, 2.0, 3.352, 450, 64, 50, 4.75, _PAID, _SPLITWISE),
        _chip(H200, 989, 2.0, 4.8, 450, 64, 50, 6.3, _LISTED),
        _chip(B200, 2250, 2.0, 8.0, 900, 64, 50, 8.6, _LISTED),
        _chip(GB200, 2500, 2.0, 8.0, 900, 200, 50, 10.5, _LISTED),
        _chip(
            MI300X, 1307, 2.0, 5.3, 448, 64, 50, 6.0,
            ("large clouds' list prices, from memory", "memory"),
        ),
    )
}  # fmt: skip
"""GPU key -> chip; every GPU of the catalogue has one."""
