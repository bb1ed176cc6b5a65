"""How every AWS client behaves: fail fast, retry little, keep connections open."""

from botocore.config import Config


def config() -> Config:
    """Conditional writes make a repeat harmless, so the SDK may retry; flows decide beyond that."""
    return Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "max_attempts": 3},
        tcp_keepalive=True,
        parameter_validation=False,
    )
