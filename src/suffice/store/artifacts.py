"""What was learned or published, as files named by their fingerprints, and a pointer to the one that counts.

A file never changes once it has its name; the pointer is replaced in one step, so whoever reads it finds the old one or
the new one and never half of either. Older files stay, for decisions that were made with them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from suffice.errors import PolicyError, StoreError

DIRECTORY = "artifacts"
"""The folder of artifacts in the data directory."""
POINTER = "current"
"""The file in it that holds the fingerprint of the artifact in use."""
SUFFIX = ".artifact"

_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
State = tuple[int, int, int] | None


class Artifacts:
    """A folder of artifacts of one kind.

    Args:
        directory: Made by the first publication.
        suffix: How the names of its files end.
        what: One of them, in messages.
    """

    def __init__(self, directory: Path, *, suffix: str = SUFFIX, what: str = "artifact") -> None:
        self._directory = directory
        self._pointer = directory / POINTER
        self._suffix = suffix
        self._what = what

    def state(self) -> State:
        """Returns something that differs whenever the pointer was replaced; `None` if there is none. One stat."""
        try:
            seen = self._pointer.stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def current(self) -> str | None:
        """Returns the fingerprint of the artifact in use; `None` if nothing has been published.

        Raises:
            PolicyError: The pointer cannot be read, or holds no fingerprint.
        """
        try:
            said = self._pointer.read_bytes()[:100].decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PolicyError(f"the {self._what} pointer cannot be read: {error.strerror}") from error
        if not _FINGERPRINT.fullmatch(said):
            raise PolicyError(f"the {self._what} pointer holds no fingerprint of 12 hexadecimal digits")
        return said

    def read(self, fingerprint: str) -> bytes:
        """Returns the bytes of an artifact.

        Raises:
            PolicyError: There is none of this fingerprint, or it cannot be read.
        """
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise PolicyError("a fingerprint has 12 hexadecimal digits", code="no_artifact")
        try:
            return (self._directory / f"{fingerprint}{self._suffix}").read_bytes()
        except OSError as error:
            raise PolicyError(
                f"the {self._what} {fingerprint} cannot be read: {error.strerror}", code="no_artifact"
            ) from error

    def there(self) -> list[str]:
        """Returns the fingerprints of all that are kept, sorted."""
        names = (path.name.removesuffix(self._suffix) for path in self._directory.glob(f"*{self._suffix}"))
        return sorted(name for name in names if _FINGERPRINT.fullmatch(name))

    def keep(self, fingerprint: str, data: bytes) -> None:
        """Writes an artifact without putting it to use.

        Args:
            fingerprint: Its name: 12 hexadecimal digits.
            data: Its bytes.

        Raises:
            StoreError: It could not be written.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._replace(f"{fingerprint}{self._suffix}", data)
        except OSError as error:
            raise StoreError(
                f"the {self._what} cannot be written in {self._directory}: {error.strerror}",
                code="not_written",
            ) from error

    def publish(self, fingerprint: str, data: bytes) -> None:
        """Puts an artifact in use: every worker notices within a second.

        Args:
            fingerprint: Its name.
            data: Its bytes.

        Raises:
            StoreError: It could not be written; what was in use stays in use.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._replace(f"{fingerprint}{self._suffix}", data)
            self._replace(POINTER, fingerprint.encode() + b"\n")
        except OSError as error:
            raise StoreError(
                f"the {self._what} cannot be published in {self._directory}: {error.strerror}",
                code="not_published",
            ) from error

    def _replace(self, name: str, data: bytes) -> None:
        part = self._directory / f".{name}.{os.getpid()}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._directory / name)
