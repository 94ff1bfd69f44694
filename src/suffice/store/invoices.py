"""Invoices as files in the data directory: records that are written once, never changed, and never overlap."""

from __future__ import annotations

import os
from pathlib import Path

from suffice.errors import StoreError
from suffice.ledger.invoice import Invoice
from suffice.store.lock import folder_lock

DIRECTORY = "invoices"
"""The folder of invoices in the data directory."""


class Invoices:
    """The folder of invoices.

    Args:
        directory: Made by the first invoice.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def all(self) -> list[Invoice]:
        """Returns every invoice, the earliest period first.

        Raises:
            StoreError: One cannot be read, or was changed.
        """
        found = [self._read(path) for path in self._directory.glob("*.json")]
        return sorted(found, key=lambda one: one.since_ns)

    def of(self, since_ns: int, until_ns: int) -> Invoice | None:
        """Returns the invoice of exactly this period; `None` if none of it was issued yet.

        Raises:
            StoreError: Another one covers a part of it, so that the same savings would be billed twice; or one cannot
                be read.
        """
        for one in self.all():
            if (one.since_ns, one.until_ns) == (since_ns, until_ns):
                return one
            if one.since_ns < until_ns and since_ns < one.until_ns:
                raise StoreError(
                    f"the invoice {one.number} covers {one.period}, a part of this period: no saving is billed twice",
                    code="invoice_overlaps",
                )
        return None

    def put(self, invoice: Invoice) -> Invoice:
        """Keeps a new invoice.

        Returns:
            The one that is on record: an earlier one of the same period, if there is one.

        Raises:
            StoreError: Another one covers a part of its period, or it cannot be written.
        """
        otherwise = f"no invoice can be kept in {self._directory}"
        with folder_lock(self._directory, otherwise, code="not_invoiced"):
            there = self.of(invoice.since_ns, invoice.until_ns)
            if there is not None:
                return there
            path = self._directory / f"{invoice.number}.json"
            part = self._directory / f".{invoice.number}.{os.getpid()}.part"
            try:
                with part.open("wb") as file:
                    file.write(invoice.encode())
                    file.flush()
                    os.fsync(file.fileno())
                # A link is made only where nothing is: an invoice is never written over.
                os.link(part, path)
            except OSError as error:
                raise StoreError(
                    f"the invoice cannot be kept at {path}: {error.strerror}", code="not_invoiced"
                ) from error
            finally:
                part.unlink(missing_ok=True)
        return invoice

    @staticmethod
    def _read(path: Path) -> Invoice:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}", code="bad_invoice") from error
        return Invoice.decode(data, name=str(path))
