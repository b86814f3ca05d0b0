"""What must be true of every address."""

from __future__ import annotations

from ..types import Address


def check_address(address: Address, slots: int, where: str) -> None:
    """Raises AssertionError unless an address is a part of a distribution over so many slots."""
    weights = address.dense(slots)
    require(weights.shape[-1] == slots, f"{where}: an address does not span the slots")
    require(bool(weights.isfinite().all()), f"{where}: weights are not finite")
    require(bool((weights >= -1e-6).all()), f"{where}: a weight is below zero")
    require(bool((weights.sum(-1) <= 1 + 1e-5).all()), f"{where}: weights sum to more than one")
    require(bool((address.log_prob_BH <= 1e-6).all()), f"{where}: a log-probability is above zero")
    require(bool((address.entropy_BH >= -1e-5).all()), f"{where}: an entropy is below zero")


def require(holds: bool, message: str) -> None:
    """Raises AssertionError with that message unless it holds."""
    if not holds:
        raise AssertionError(message)
