"""How every AWS client behaves: fail fast, retry little, keep connections open."""

from botocore.config import Config


def config(*, tries: int = 3) -> Config:
    """Three tries a call; what goes on failing is the queue's. One for what cannot be repeated.

    Parameters are not validated before they are sent: it costs more than the rest of a call.
    """
    return Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": tries},
        tcp_keepalive=True,
        user_agent="shelfwire",  # made anew for each call otherwise, at some cost
        parameter_validation=False,
    )
