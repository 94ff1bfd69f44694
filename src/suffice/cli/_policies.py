"""What the commands on policies share: which policy an argument names, who asks, and what one is held against."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path

import click
import msgspec

from suffice.app import policies_from, schemes_from
from suffice.catalog import Catalog
from suffice.config import Settings
from suffice.errors import PolicyError
from suffice.evidence.publish import Grounds, in_use
from suffice.policy.published import Published, moment_of

NAMES = "`current`, `draft`, `none`, a fingerprint or its beginning, or a file"
"""What an argument may be."""

note_option = click.option("--note", default="", help="Why: it stays in the history.")
by_option = click.option("--by", help="Who, for the history. Without it: the user of this machine.")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, and what it was called."""

    name: str
    published: Published


def find(settings: Settings, wanted: str) -> Named:
    """Returns the policy that an argument names.

    Args:
        settings: Whose policies.
        wanted: As `NAMES` says.

    Raises:
        PolicyError: There is none, or it cannot be used.
    """
    policies = policies_from(settings)
    if wanted == "none":
        return Named(name="none", published=Published())
    if wanted == "current":
        fingerprint, published = in_use(policies)
        if published is None:
            return Named(name="none", published=Published())
        return Named(name=f"{fingerprint} (in use)", published=published)
    if wanted == "draft" or Path(wanted).is_file():
        path = policies.draft if wanted == "draft" else Path(wanted)
        return Named(name=str(path), published=Published.decode(_read(path), name=str(path)))
    if wanted.endswith(".json") or "/" in wanted:
        raise PolicyError(f"there is no policy at {wanted}: name {NAMES}", code="no_policy")
    full = policies.full(wanted)
    return Named(name=full, published=Published.decode(policies.read(full), name=f"the policy {full}"))


def grounds_of(settings: Settings, now_ns: int) -> Grounds:
    """Returns what a policy is held against before it is put to use."""
    return Grounds(
        now=whole_second(now_ns),
        schemes=schemes_from(settings).there(),
        name_of=Catalog.load(at_ns=now_ns).name_of,
    )


def whole_second(now_ns: int) -> datetime:
    """Returns the second of a moment: what artifacts and the history are dated with."""
    return moment_of(now_ns)


def who(by: str | None) -> str:
    """Returns who asks."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PolicyError(
            f"there is no draft at {path}: `suffice certify TRIAL` writes one", code="no_policy"
        ) from error
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}", code="no_policy") from error
