"""Mixtures of normal distributions: fitted to weighted points, drawn from, weighed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from twin.types import FloatArray

ROUNDS = 20
"""Rounds of the fit; it starts near and need not be exact."""
FEWEST = 2
"""Components that are always tried: an event may have two sides."""
LEAST_EACH = 4
"""Points per dimension that a component has to have, as a mean over components."""
LEAST_SHARE = 1e-3
"""A component with less is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """
    A mixture of normal distributions in some space.

    Args:
        log_share: Logarithm of each component's part, shape (components,).
        mean: Means, shape (components, dim).
        root: Lower Cholesky factors of the covariances, (components, dim, dim).
    """

    log_share: FloatArray
    mean: FloatArray
    root: FloatArray

    def parts_log_density(self, z: FloatArray) -> FloatArray:
        """Log density of each component times its share, (points, components)."""
        count, dim = self.mean.shape
        inverse = np.linalg.inv(self.root)
        away = z[:, None, :] - self.mean[None]
        squares = np.empty((len(z), count))
        for k in range(count):
            squares[:, k] = ((away[:, k] @ inverse[k].T) ** 2).sum(axis=1)
        half_log_det = np.log(np.diagonal(self.root, axis1=1, axis2=2)).sum(axis=1)
        constant = self.log_share - half_log_det - 0.5 * dim * math.log(2.0 * math.pi)
        return np.asarray(constant - 0.5 * squares)

    def log_density(self, z: FloatArray) -> FloatArray:
        """Log density at each point, (points,)."""
        return np.asarray(logsumexp(self.parts_log_density(z), axis=1))

    def draw(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Independent points, (count, dim)."""
        share = np.exp(self.log_share)
        which = rng.choice(len(share), size=count, p=share / share.sum())
        noise = rng.standard_normal((count, self.mean.shape[1]))
        spread = np.einsum("nij,nj->ni", self.root[which], noise)
        return np.asarray(self.mean[which] + spread)


def standard_log_density(z: FloatArray) -> FloatArray:
    """Log density of the standard normal distribution at each point, (points,)."""
    dim = z.shape[1]
    return np.asarray(-0.5 * (z**2).sum(axis=1) - 0.5 * dim * math.log(2.0 * math.pi))


def fit_mixture(
    z: FloatArray, weight: FloatArray, most: int, rng: np.random.Generator
) -> Mixture:
    """
    Fit a mixture to weighted points by expectation and maximisation.

    Every covariance is pulled towards the unit one by as much as dim + 1 points would:
    few points in many dimensions stay in the shape they would have by chance.

    Args:
        z: Points, (points, dim).
        weight: Their weights, >= 0, not all 0.
        most: Most components; few points in many dimensions get fewer.
        rng: Draws the starting means, far apart from each other.
    """
    weight = weight / weight.sum()
    worth = 1.0 / float((weight**2).sum())
    count = min(most, max(FEWEST, int(worth / (LEAST_EACH * z.shape[1]))))
    centre = _starts(z, weight, count, rng)
    nearest = ((z[:, None] - centre[None]) ** 2).sum(axis=2).argmin(axis=1)
    mixture = _maximise(z, weight, np.eye(len(centre))[nearest], worth)
    for _ in range(ROUNDS):
        parts = mixture.parts_log_density(z)
        share_of = np.exp(parts - logsumexp(parts, axis=1, keepdims=True))
        mixture = _maximise(z, weight, share_of, worth)
    return mixture


def _starts(
    z: FloatArray, weight: FloatArray, components: int, rng: np.random.Generator
) -> FloatArray:
    """Points far from each other, each drawn by weight times squared distance."""
    chosen = [z[rng.choice(len(z), p=weight)]]
    for _ in range(components - 1):
        away = np.min([((z - one) ** 2).sum(axis=1) for one in chosen], axis=0)
        chance = weight * away
        if chance.sum() <= 0.0:
            break
        chosen.append(z[rng.choice(len(z), p=chance / chance.sum())])
    return np.array(chosen)


def _maximise(
    z: FloatArray, weight: FloatArray, share_of: FloatArray, worth: float
) -> Mixture:
    """Shares, means and covariances that fit the points as they are shared out."""
    dim = z.shape[1]
    part = weight[:, None] * share_of
    total = part.sum(axis=0)
    kept = total > LEAST_SHARE
    part, total = part[:, kept], total[kept]
    mean = (part.T @ z) / total[:, None]
    root = np.empty((len(total), dim, dim))
    for k in range(len(total)):
        away = z - mean[k]
        spread = (away * part[:, k, None]).T @ away * worth
        pulled = (spread + (dim + 1) * np.eye(dim)) / (total[k] * worth + dim + 1)
        root[k] = np.linalg.cholesky(pulled)
    return Mixture(log_share=np.log(total / total.sum()), mean=mean, root=root)
