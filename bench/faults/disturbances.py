"""What is done to the proxy and its surroundings while the load runs. Each is a coroutine that ends with the load."""

from __future__ import annotations

import asyncio
import errno
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path

from faults.proxied import Proxy
from suffice.app import LEDGER
from suffice.policy.published import BucketTerms, Published
from suffice.policy.switch import Mode, Setting, Switch
from suffice.store.artifacts import Artifacts
from suffice.store.policies import DIRECTORY
from suffice.store.switch import SwitchFile

Disturb = Callable[[Proxy], Awaitable[None]]


async def nothing(_proxy: Proxy) -> None:
    """Leaves it alone."""


async def kills(proxy: Proxy) -> None:
    """Kills a worker as soon as two of them serve, at most once a second: a machine that is slow to start a process
    would otherwise have none at all, which is another fault.
    """
    rng = random.Random(4)
    while True:
        await asyncio.sleep(1.0)
        serving = await asyncio.to_thread(proxy.serving)
        if len(serving) > 1:
            proxy.kill(rng.choice(sorted(serving)))


def database_gone(seconds: float) -> Disturb:
    """Locks the ledger for half of the time, then spoils its file for the other half and puts it back."""

    async def disturb(proxy: Proxy) -> None:
        ledger = proxy.data / LEDGER
        await asyncio.sleep(seconds / 4)
        with closing(sqlite3.connect(ledger, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(seconds / 2)
            other.execute("ROLLBACK")
        copy, spoil = ledger.with_suffix(".copy"), ledger.with_suffix(".spoil")
        with closing(sqlite3.connect(ledger, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        spoil.write_bytes(b"this is no database " * 1000)
        for end in ("-wal", "-shm"):
            ledger.with_name(ledger.name + end).unlink(missing_ok=True)
        try:
            spoil.rename(ledger)
            await asyncio.sleep(seconds / 2)
        finally:
            # Also when the load ends meanwhile.
            shutil.copy(copy, spoil)
            spoil.rename(ledger)

    return disturb


def disk_full(seconds: float) -> Disturb:
    """Fills the file system of the data directory to the last byte, and after a while empties it."""

    async def disturb(proxy: Proxy) -> None:
        await asyncio.sleep(seconds / 4)
        filler = proxy.data / "filler"
        try:
            await asyncio.to_thread(_fill, filler)
            # What the proxy frees meanwhile is taken as well.
            for _ in range(int(seconds * 10)):
                await asyncio.to_thread(_fill, filler)
                await asyncio.sleep(0.1)
        finally:
            filler.unlink(missing_ok=True)

    return disturb


def _fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1 << 8, 1):
            with suppress(OSError):
                _write_all(file, size)


def _write_all(file: object, size: int) -> None:
    block = b"x" * size
    while True:
        written = file.write(block)  # type: ignore[attr-defined] -- an open file
        if not written:
            raise OSError(errno.ENOSPC, "full")


async def clock_jumps(proxy: Proxy) -> None:
    """Sets the proxy's wall clock another way every half second: ahead by years, back behind its start."""
    day_ns = 86_400 * 10**9
    try:
        while True:
            for days in (0.5, -2.0, 400.0, -30.0, 0.0):
                proxy.set_clock(int(days * day_ns))
                await asyncio.sleep(0.5)
    finally:
        proxy.set_clock(0)


async def reloads(proxy: Proxy) -> None:
    """Publishes another policy and sets the switch another way, every second."""
    policies = Artifacts(proxy.data / DIRECTORY, suffix=".json")
    switch = SwitchFile(proxy.data)
    number = 0
    while True:
        number += 1
        published = Published(terms={"reloaded": BucketTerms(bar=0.5 + 0.001 * (number % 100))})
        await asyncio.to_thread(policies.publish, published.fingerprint, published.encode())
        other: Mode = "off" if proxy.mode == "observe" else "observe"
        now = Setting(
            mode=proxy.mode if number % 2 else other, since_ns=0, ramp=(1.0,), reason=f"reload {number}"
        )
        await asyncio.to_thread(switch.change, lambda _, now=now: Switch(default=now, holdout=0.0))
        await asyncio.sleep(1.0)
