"""What was learned, as files named by their fingerprints, and a pointer to the one that counts.

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
    """The folder of artifacts.

    Args:
        directory: Made by the first publication.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def state(self) -> State:
        """Returns something that differs whenever the pointer was replaced; `None` if there is none. One stat."""
        try:
            seen = (self._directory / POINTER).stat()
        except FileNotFoundError:
            return None
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

    def current(self) -> str | None:
        """Returns the fingerprint of the artifact in use; `None` if nothing has been published.

        Raises:
            PolicyError: The pointer cannot be read, or holds no fingerprint.
        """
        try:
            said = (self._directory / POINTER).read_bytes()[:100].decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PolicyError(f"the artifact pointer cannot be read: {error.strerror}") from error
        if not _FINGERPRINT.fullmatch(said):
            raise PolicyError("the artifact pointer holds no fingerprint of 12 hexadecimal digits")
        return said

    def read(self, fingerprint: str) -> bytes:
        """Returns the bytes of an artifact.

        Raises:
            PolicyError: There is none of this fingerprint, or it cannot be read.
        """
        if not _FINGERPRINT.fullmatch(fingerprint):
            raise PolicyError("a fingerprint has 12 hexadecimal digits", code="no_artifact")
        try:
            return (self._directory / f"{fingerprint}{SUFFIX}").read_bytes()
        except OSError as error:
            raise PolicyError(
                f"the artifact {fingerprint} cannot be read: {error.strerror}", code="no_artifact"
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
            self._replace(f"{fingerprint}{SUFFIX}", data)
            self._replace(POINTER, fingerprint.encode() + b"\n")
        except OSError as error:
            raise StoreError(
                f"the artifact cannot be published in {self._directory}: {error.strerror}",
                code="not_published",
            ) from error

    def _replace(self, name: str, data: bytes) -> None:
        part = self._directory / f".{name}.{os.getpid()}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._directory / name)
