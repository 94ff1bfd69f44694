"""The live guard's part of the composition: what workers and the supervisor put together for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.config import Settings
from suffice.evidence import graders
from suffice.evidence.grading import Sample
from suffice.evidence.levers import Levers
from suffice.policy.configured import switch_from
from suffice.proxy.guard import Guard
from suffice.proxy.spool import Spool
from suffice.store.allowance import Allowance
from suffice.store.events import EventLog, Happened
from suffice.store.guard import GUARD, GuardStore
from suffice.store.policies import DIRECTORY as POLICIES
from suffice.store.policies import Policies
from suffice.store.switch import SwitchFile
from suffice.upstream.client import UpstreamPool

if TYPE_CHECKING:
    from suffice.evidence.guarding import Guarding, Ledger
    from suffice.proxy.shadowing import Shadows


def guard_store_from(settings: Settings, *, read_only: bool = False) -> GuardStore:
    """Returns the file of graded pairs and feedback of this configuration.

    Args:
        settings: All of them.
        read_only: For commands that only look.
    """
    return GuardStore(settings.data.directory / GUARD, read_only=read_only)


def allowance_from(settings: Settings) -> Allowance:
    """Returns what shadow calls have taken of each day's allowance."""
    return Allowance(settings.data.directory / "allowance")


def guarding_from(settings: Settings, store: GuardStore, ledger: Callable[[], Ledger | None]) -> Guarding:
    """Returns what says how each certificate stands.

    Args:
        settings: All of them.
        store: Of pairs and feedback.
        ledger: Called at each look.
    """
    from suffice.evidence.guarding import Guarding  # noqa: PLC0415 -- brings numpy, which a worker does without

    name_of = Catalog.load(at_ns=time.time_ns()).name_of
    return Guarding(store, ledger, name_of, alpha=settings.guard.alpha)


def levers_from(settings: Settings, new_id: Callable[[], str]) -> Levers:
    """Returns what the guard moves: switch, policy, events and webhook of this configuration.

    Args:
        settings: All of them.
        new_id: Makes the ids of events.
    """
    return Levers(
        switches=SwitchFile(settings.data.directory),
        default=switch_from(settings),
        policies=Policies(settings.data.directory / POLICIES),
        events=EventLog(settings.data.directory),
        tell=_teller_from(settings, new_id),
    )


def _teller_from(settings: Settings, new_id: Callable[[], str]) -> Callable[[Happened], None]:
    asked = settings.guard
    if asked.webhook is None:
        return lambda _event: None
    from suffice.upstream.webhook import Message, Webhook  # noqa: PLC0415 -- few have one

    secret = None if asked.webhook_secret is None else asked.webhook_secret.reveal()
    webhook = Webhook(asked.webhook, secret, time.time_ns)
    return lambda event: webhook.tell(Message(id=new_id(), body=msgspec.json.encode(event)))


def shadows_from(
    settings: Settings, spool: Spool, notes: Spool, guard: Guard, new_id: Callable[[], str]
) -> Shadows | None:
    """Returns what asks in the shadow in a worker; `None` where nothing does or nobody could grade it.

    Args:
        settings: All of them.
        spool: Of the ledger.
        notes: Of graded pairs.
        guard: Counts what fails.
        new_id: Makes the ids of calls.

    Raises:
        ConfigError: A grader cannot be made.
    """
    if not settings.guard.shadow_share or not settings.graders:
        return None
    # Here, because they bring what a worker does without where no request is answered twice.
    from suffice.evidence.live_grading import LiveGrading, judge_of  # noqa: PLC0415 -- see above
    from suffice.proxy.shadowing import Books, Both, Graded, Grading, Shadows  # noqa: PLC0415 -- see above

    limits = settings.limits
    books_of = {one.name: one.prices for one in settings.providers.values() if one.prices}
    prices = PriceBook(books_of)
    pool = UpstreamPool(connect_timeout_s=limits.connect_timeout_s, read_timeout_s=limits.read_timeout_s)
    ask = judge_of(pool, settings.providers, prices.cost, spool.append, time.time_ns, new_id)
    live = LiveGrading(
        settings.graders, graders.Parts(ask=ask, name_of=Catalog.load(at_ns=time.time_ns()).name_of)
    )

    async def grade(both: Both) -> Graded:
        sample = Sample(id=both.id, bucket=both.bucket, request=both.request)
        found = await live.grade(sample, both.api, both.baseline, both.candidate)
        return msgspec.convert(found, Graded, from_attributes=True)

    books = Books(
        record=spool.append,
        note=notes.append,
        allowance=allowance_from(settings),
        price_of=prices.cost,
        now_ns=time.time_ns,
        new_id=new_id,
    )
    grading = Grading(can=live.can, grade=grade)
    return Shadows(settings.guard, settings.providers, grading, books, pool, guard)
