"""Published policies: immutable files, a pointer to the one in use, and who put it there, when and why.

`history.jsonl` only grows. A line is written before the pointer moves, so that no policy is ever in use without one;
after a crash between the two the last line names a policy that is not in use, and `current` says which one is.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from suffice.errors import PolicyError, StoreError
from suffice.store.artifacts import Artifacts, State
from suffice.store.lock import folder_lock

DIRECTORY = "policies"
"""The folder of policies in the data directory."""
HISTORY = "history.jsonl"
DRAFT = "draft.json"
"""What `suffice certify` proposes, until it is published."""
LOOKED = "looked"
"""An empty file whose time is that of the last look at drift."""
SUFFIX = ".json"

Act = Literal["publish", "rollback", "void"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the policy in use."""

    at: datetime
    act: Act
    policy: str
    """The fingerprint of the policy in use from then on."""
    before: str | None
    """The one that it took the place of."""
    who: str
    note: str = ""


class Policies:
    """The folder of policies.

    Args:
        directory: Made by the first publication.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._artifacts = Artifacts(directory, suffix=SUFFIX, what="policy")

    @property
    def draft(self) -> Path:
        """Where the draft is, if there is one."""
        return self._directory / DRAFT

    def state(self) -> State:
        """Returns something that differs whenever the pointer was replaced; `None` if there is none. One stat."""
        return self._artifacts.state()

    def current(self) -> str | None:
        """Returns the fingerprint of the policy in use; `None` if nothing has been published.

        Raises:
            PolicyError: The pointer cannot be read, or holds no fingerprint.
        """
        return self._artifacts.current()

    def read(self, fingerprint: str) -> bytes:
        """Returns the bytes of a policy.

        Args:
            fingerprint: All of it, or its beginning where only one policy has that.

        Raises:
            PolicyError: There is none, or several; says which there are.
        """
        return self._artifacts.read(self.full(fingerprint))

    def full(self, fingerprint: str) -> str:
        """Returns the whole fingerprint of the one policy that begins like this.

        Raises:
            PolicyError: There is none, or several.
        """
        there = self._artifacts.there()
        found = [name for name in there if fingerprint and name.startswith(fingerprint)]
        if len(found) == 1:
            return found[0]
        which = (
            f"{len(found)} policies begin with {fingerprint}"
            if found
            else f"there is no policy {fingerprint}"
        )
        known = f"; there are: {', '.join(there)}" if there else "; none has been published yet"
        raise PolicyError(which + known, code="no_policy")

    def history(self) -> list[Event]:
        """Returns every change, the oldest first; a torn last line is left out.

        Raises:
            StoreError: The history cannot be read.
        """
        try:
            lines = (self._directory / HISTORY).read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"the history of policies cannot be read: {error.strerror}") from error
        whole = [line for line in lines if line.endswith(b"\n") and line.strip()]
        try:
            return [msgspec.json.decode(line, type=Event) for line in whole]
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"{self._directory / HISTORY} holds a line that is no event: {error}", code="bad_history"
            ) from error

    def looked_ns(self) -> int:
        """Returns when certificates were last looked at for drift; 0 if never."""
        try:
            return (self._directory / LOOKED).stat().st_mtime_ns
        except OSError:
            return 0

    def note_look(self, now_ns: int) -> None:
        """Notes that certificates were looked at for drift: looks are counted in what a false alarm's rate rests on.

        Raises:
            StoreError: It cannot be written.
        """
        path = self._directory / LOOKED
        try:
            path.touch()
            os.utime(path, ns=(now_ns, now_ns))
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}", code="not_written") from error

    def before(self) -> str | None:
        """Returns the policy that a rollback goes to: the one in use before the current one; `None` if there is none.

        A rollback itself is gone back over too: after publishing A, B, C, the first goes to B and the next to A.
        """
        stack: list[str] = []
        for event in self.history():
            if event.act == "rollback" and event.policy in stack:
                del stack[stack.index(event.policy) + 1 :]
            elif not stack or stack[-1] != event.policy:
                stack.append(event.policy)
        current = self.current()
        if current in stack:
            del stack[stack.index(current) :]
        return stack[-1] if stack else None

    def put(self, event: Event, data: bytes) -> None:
        """Puts a policy to use, and writes that down: every worker notices within a second.

        Args:
            event: What is done, when, by whom and why; its `before` is the policy in use as far as the caller knows.
            data: The bytes of its `policy`.

        Raises:
            PolicyError: Another one is in use by now: what the caller decided on has changed.
            StoreError: It could not be written; what was in use stays in use.
        """
        otherwise = f"the policy cannot be published in {self._directory}"
        with folder_lock(self._directory, otherwise, code="not_published"):
            current = self.current()
            if current != event.before:
                raise PolicyError(
                    f"the policy {current} was published meanwhile: look at it (`suffice policy diff`) and try again",
                    code="policy_changed",
                )
            self._artifacts.keep(event.policy, data)
            self._note(event)
            self._artifacts.publish(event.policy, data)

    def _note(self, event: Event) -> None:
        path = self._directory / HISTORY
        try:
            with path.open("ab+") as file:
                # A torn last line is none: it was never followed by its policy.
                file.truncate(_whole_bytes(file))
                file.write(msgspec.json.encode(event) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(
                f"the history of policies cannot be written: {error.strerror}", code="not_published"
            ) from error


def _whole_bytes(file: BinaryIO) -> int:
    """Returns where the last whole line ends."""
    file.seek(0)
    return file.read().rfind(b"\n") + 1
