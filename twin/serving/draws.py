"""
Compiled drawing of arrivals from a counter-based generator.

A draw is a hash of a key and a counter: the seed makes the key, every client stream
and every attribute has its own, so no draw depends on the order of others.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

_U53 = 1.0 / (1 << 53)


class Windows(NamedTuple):
    """Rates and request groups as the compiled generator takes them."""

    window_s: float
    rate_rps: np.ndarray
    excess: np.ndarray  # cv² - 1 of one whole client, per window
    shape: np.ndarray  # gamma shape at the rate drawn, 1 / cv²
    recorded_rps: float  # mean rate the variation was recorded at
    group_edge: np.ndarray  # cumulative probability of the groups
    prompt_min: np.ndarray
    prompt_span: np.ndarray
    output_min: np.ndarray
    output_span: np.ndarray
    pool_first: np.ndarray  # into the pools below, -1 = draw from the range
    pool_size: np.ndarray
    pool_prompt: np.ndarray
    pool_output: np.ndarray
    clients: int
    key: np.uint64


@njit(cache=True, nogil=True)
def counter_hash(key, counter):
    """SplitMix64 finaliser of a key and a counter."""
    z = key + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def counter_uniform(key, counter):
    """Uniform in (0, 1)."""
    return (float(counter_hash(key, counter) >> np.uint64(11)) + 0.5) * _U53


@njit(cache=True, nogil=True)
def _gamma(key, counter, shape):
    """Gamma draw of mean one; returns the draw and the next counter."""
    if shape == 1.0:
        return -math.log(counter_uniform(key, counter)), counter + 1
    boosted = shape if shape >= 1.0 else shape + 1.0
    d = boosted - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:  # Marsaglia and Tsang, 2000
        radius = math.sqrt(-2.0 * math.log(counter_uniform(key, counter)))
        x = radius * math.cos(2.0 * math.pi * counter_uniform(key, counter + 1))
        v = (1.0 + c * x) ** 3
        u = counter_uniform(key, counter + 2)
        counter += 3
        if v > 0.0 and math.log(u) < 0.5 * x * x + d - d * v + d * math.log(v):
            break
    draw = d * v
    if shape < 1.0:
        draw *= counter_uniform(key, counter) ** (1.0 / shape)
        counter += 1
    return draw / shape, counter


@njit(cache=True, nogil=True)
def start(windows, due, counters):
    """Place every client's first request at a random point of its first interval."""
    for m in range(windows.clients):
        key = counter_hash(windows.key, np.uint64(100 + m))
        first, counter = _gamma(key, np.uint64(1), windows.shape[0])
        due[m] = first * counter_uniform(key, np.uint64(0)) * windows.clients
        counters[m] = counter


@njit(cache=True, nogil=True)
def draw(windows, scale, state, due, counters, end_s, arrived_s, group, prompt, output):
    """
    Draw arrivals up to `end_s` or until the arrays are full.

    `state` holds time, operational time and the next request's index; `due` each
    client's next request in operational time. Returns the number drawn; full arrays
    mean call again.
    """
    now_s = state[0]
    now_op = state[1]
    index = np.uint64(state[2])
    one = np.uint64(1)
    key = windows.key
    key_group = counter_hash(key, np.uint64(11))
    key_prompt = counter_hash(key, np.uint64(12))
    key_output = counter_hash(key, np.uint64(13))
    last = windows.rate_rps.size - 1
    n = 0
    while n < arrived_s.size:
        m = 0
        for k in range(1, windows.clients):
            if due[k] < due[m]:
                m = k
        w = min(int(now_s / windows.window_s), last)
        while True:
            rate = windows.rate_rps[w] * scale
            edge_s = (w + 1) * windows.window_s if w < last else end_s
            edge_s = min(edge_s, end_s)
            left = due[m] - now_op
            if rate > 0.0 and now_s + left / rate < edge_s:
                now_s += left / rate
                now_op = due[m]
                break
            now_op += rate * (edge_s - now_s)
            now_s = edge_s
            if now_s >= end_s:
                state[0] = now_s
                state[1] = now_op
                state[2] = index
                return n
            w += 1
        u = counter_uniform(key_group, index)
        g = 0
        while u > windows.group_edge[g]:
            g += 1
        arrived_s[n] = now_s
        group[n] = g
        if windows.pool_first[g] >= 0:
            pick = windows.pool_first[g] + int(
                counter_uniform(key_prompt, index) * windows.pool_size[g]
            )
            prompt[n] = windows.pool_prompt[pick]
            output[n] = windows.pool_output[pick]
        else:
            prompt[n] = windows.prompt_min[g] + int(
                counter_uniform(key_prompt, index) * windows.prompt_span[g]
            )
            output[n] = windows.output_min[g] + int(
                counter_uniform(key_output, index) * windows.output_span[g]
            )
        n += 1
        index += one
        gap, counters[m] = _gamma(
            counter_hash(key, np.uint64(100 + m)), counters[m], windows.shape[w]
        )
        due[m] += gap * windows.clients
    state[0] = now_s
    state[1] = now_op
    state[2] = index
    return n
