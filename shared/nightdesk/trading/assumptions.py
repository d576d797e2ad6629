"""What is assumed of a simulated exchange, and the draws that make it the same each time."""

from dataclasses import dataclass, fields

from nightdesk.core.ids import ClientOrderId, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is assumed of an exchange; the defaults are paper trading's. Raises ValueError."""

    seed: str
    latency_ms: int = 250
    jitter: float = 0.0
    """Sigma of the log-normal factor on the latency."""
    rejection_rate: float = 0.005
    lost_rate: float = 0.001
    """Share of answers that are lost; half of those orders were placed, half were not."""
    volume_share: float = 0.05
    """Share of a candle's volume that one order may take."""
    stop_slippage_bps: float = 10.0
    impact_major: float = 0.5
    impact_other: float = 1.0
    protection: float = 0.01
    """A market order fills at most this far from the price, or five spreads if that is more."""
    touch_probability: float = 0.0
    """Chance that a resting limit fills when its price is touched and not traded through."""

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in _BOUNDS:
                low, high = _BOUNDS[item.name]
                if not low <= getattr(self, item.name) <= high:
                    raise ValueError(f"{item.name} lies in {low} to {high}")


_BOUNDS: dict[str, tuple[float, float]] = {
    "latency_ms": (0, 5_000),
    "jitter": (0, 1),
    "rejection_rate": (0, 0.1),
    "lost_rate": (0, 0.5),
    "volume_share": (0.005, 0.25),
    "stop_slippage_bps": (0, 100),
    "impact_major": (0.1, 2),
    "impact_other": (0.1, 2),
    "protection": (0.005, 0.05),
    "touch_probability": (0, 1),
}


def draw(seed: str, order_id: ClientOrderId, purpose: str) -> float:
    """Return the one number in (0, 1) for this purpose of this order, from SHA-256."""
    whole = int.from_bytes(digest(seed, order_id, purpose)[:8], "big") >> 12
    return (whole + 0.5) / 2**52
