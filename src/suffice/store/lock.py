"""One process at a time in a folder: whoever reads, changes and writes one of its files holds its lock meanwhile.

The lock is on the folder itself and so leaves no file behind. It binds those who ask for it: what is replaced in one
step is read without it. The kernel lets go of it when a process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suffice.errors import StoreError


@contextmanager
def folder_lock(folder: Path, otherwise: str, *, code: str) -> Iterator[None]:
    """Holds a folder for a while, once nobody else does. Not to be asked for again inside: that waits for itself.

    Args:
        folder: Made if it is not there.
        otherwise: What cannot be done without it: the beginning of the message.
        code: Of the error.

    Raises:
        StoreError: The folder cannot be made, opened or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StoreError(f"{otherwise}: {error.strerror}", code=code) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise StoreError(
                f"{otherwise}: {folder} cannot be locked: {error.strerror}", code=code
            ) from error
        yield
    finally:
        os.close(descriptor)
