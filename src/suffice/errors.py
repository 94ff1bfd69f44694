"""Every error of suffice, in one tree, split by whose fault it is.

    SufficeError
    +-- ConfigError     the operator's: stops start-up, says where and how to mend it
    +-- RequestError    the client's: an HTTP status of 4xx in the client API's own error shape
    +-- UpstreamError   the provider's or the network's: 502 or 504, `retryable` says if a retry can help
    +-- PolicyError     a policy artifact that cannot be used: the last good one stays
    +-- StoreError      the ledger's store: retried by the recorder, never seen by a client

Each has a stable `code` in snake_case that logs, the ledger and clients can rely on.
"""

from __future__ import annotations


class SufficeError(Exception):
    """The root: catch this to catch everything that suffice raises on purpose.

    Args:
        message: What was wrong, where, and what to do about it, in one sentence or two.
        code: Stable snake_case name of the condition.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ConfigError(SufficeError):
    """A setting that cannot be used. Raised at start-up only."""

    def __init__(self, message: str, *, code: str = "bad_config") -> None:
        super().__init__(message, code=code)


class RequestError(SufficeError):
    """A request that cannot be served as it is.

    Args:
        message: What was wrong and what to do.
        code: Stable name.
        status: HTTP status in 400..499.
        retry_after_s: In how many seconds the same request may pass, and not before; `None` if time changes nothing.
    """

    def __init__(
        self, message: str, *, code: str, status: int = 400, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after_s = retry_after_s


class UpstreamError(SufficeError):
    """The provider could not be reached or broke off.

    Args:
        message: What happened.
        code: Stable name.
        status: HTTP status to answer with: 502 or 504.
        billed: Whether the provider may have worked, and so may bill, for this call.
    """

    def __init__(self, message: str, *, code: str, status: int = 502, billed: bool = False) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.billed = billed


class PolicyError(SufficeError):
    """A policy artifact that cannot be used."""

    def __init__(self, message: str, *, code: str = "bad_policy") -> None:
        super().__init__(message, code=code)


class StoreError(SufficeError):
    """The ledger's store did not do what was asked."""

    def __init__(self, message: str, *, code: str = "store_failed") -> None:
        super().__init__(message, code=code)
