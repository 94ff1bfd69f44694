"""The journal of trials in SQLite: plans, what was asked and paid for, what graders said.

1. An intent is on the disk before its call is sent, the answer before anybody uses it. What a killed process leaves is
   an intent without an answer: whether the provider worked for it cannot be known.
2. Every call is found by trial, unit, model and repeat; it is sent again only if its row says that it may be.
3. What a trial has spent is a query over the calls: a known cost, else the most that the call can have cost.

Answers are compressed, and sealed where a cipher is given. One process at a time runs a trial; any number may read.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from suffice.errors import StoreError
from suffice.store.traffic_bodies import Cipher
from suffice.store.trial_file import TrialFile
from suffice.types import Usage

TRIALS = "trials.db"
"""The file in the data directory."""

State = Literal["planned", "running", "paused", "capped", "done"]
"""Of a trial. `paused`: a provider or a person stopped it; `capped`: its spend cap was reached. Both can go on."""
CallState = Literal["intent", "done", "failed", "interrupted", "again"]
"""`intent`: sent or about to be. `failed`: given up, there is no answer. `interrupted`: an intent whose process is
gone: it may have been paid for, and is never asked again by itself. `again`: somebody said that it may be."""

_SUM = """COALESCE(SUM(lost_nanos + CASE state
  WHEN 'done' THEN COALESCE(cost_nanos, forecast_nanos)
  WHEN 'failed' THEN COALESCE(cost_nanos, 0)
  WHEN 'again' THEN 0
  ELSE forecast_nanos END), 0)"""
_SPENT = f"SELECT {_SUM} FROM calls WHERE trial = ?"  # noqa: S608 -- our own query
_SPENT_BY_KIND = f"""
SELECT CASE WHEN model LIKE 'judge:%' THEN 'grader' ELSE 'trial' END AS kind, {_SUM} FROM calls
WHERE (?1 IS NULL OR sent_ns >= ?1) AND (?2 IS NULL OR sent_ns < ?2) GROUP BY kind
"""  # noqa: S608 -- our own query

_LOOK_S = 0.1

Key = tuple[str, str, str]
"""Unit, model as `provider/model`, repeat."""


class TrialHead(msgspec.Struct, frozen=True, kw_only=True):
    """A trial without its calls."""

    id: str
    created_ns: int
    state: State
    said: str = ""
    """Why it stands where it stands, in words."""
    plan: bytes
    """As `suffice.evidence.plan` encodes it."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a trial. Money is in nano-dollars."""

    unit: str
    model: str
    """`provider/model`; with `judge:` before it, a grader's call."""
    repeat: str
    """`0`, `1` for a second answer; of a grader's call the digest of its request."""
    state: CallState
    forecast_nanos: int
    """The most that one attempt can cost; 0 for a logged answer."""
    lost_nanos: int = 0
    """Forecasts of attempts that were lost and may have been paid for."""
    cost_nanos: int | None = None
    """`None` is unknown; of a failed call, what is not 0 may have been paid for."""
    status: int | None = None
    error: str | None = None
    """A snake_case code, a colon and detail."""
    served_model: str | None = None
    """As the answer names it."""
    usage: Usage | None = None
    body: bytes | None = None
    """Of the answer."""

    @property
    def spent_nanos(self) -> int:
        """What it counts for: a known cost, else the most that it can have cost."""
        if self.state == "done":
            last = self.forecast_nanos if self.cost_nanos is None else self.cost_nanos
        elif self.state == "failed":
            last = self.cost_nanos or 0
        else:
            last = 0 if self.state == "again" else self.forecast_nanos
        return self.lost_nanos + last


class TrialStore:
    """A journal file.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: Never makes or changes the file.
        cipher: Seals answers that are written from now on, and opens those that are sealed.
    """

    def __init__(self, path: Path, *, read_only: bool = False, cipher: Cipher | None = None) -> None:
        self._path = path
        self._file = TrialFile(path, read_only=read_only, cipher=cipher)

    def plan(self, head: TrialHead) -> None:
        """Keeps a new trial.

        Raises:
            StoreError: There is one of this id, or it cannot be written.
        """
        row = (head.id, head.created_ns, head.state, head.said, head.plan)
        self._file.write("INSERT INTO trials VALUES (?, ?, ?, ?, ?)", row)

    def head(self, id_: str) -> TrialHead:
        """Returns a trial.

        Raises:
            StoreError: There is none of this id (`no_trial`); the message names those there are.
        """
        for row in self._file.rows("SELECT * FROM trials WHERE id = ?", (id_,)):
            return self._told(_head(row))
        known = ", ".join(head.id for head in self.heads()[:10])
        raise StoreError(
            f"there is no trial {id_}; "
            + (f"there are: {known}" if known else "`suffice bakeoff plan` makes one"),
            code="no_trial",
        )

    def heads(self) -> list[TrialHead]:
        """Returns all trials, the newest first."""
        return [
            self._told(_head(row))
            for row in self._file.rows("SELECT * FROM trials ORDER BY created_ns DESC, id DESC")
        ]

    def say(self, id_: str, state: State, said: str = "") -> None:
        """Notes where a trial stands and why."""
        self._file.write("UPDATE trials SET state = ?, said = ? WHERE id = ?", (state, said, id_))

    @contextmanager
    def running(self, id_: str) -> Iterator[None]:
        """Holds a trial for this process: its calls are sent by one process at a time, so that none is paid for twice.

        Intents that an earlier process has left become `interrupted`.

        Raises:
            StoreError: Another process runs it (`trial_runs`).
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock_of(id_).open("ab") as lock:
            # The kernel lets go of it when the process ends, however it ends.
            if not _locked(lock, fcntl.LOCK_EX):
                # Who only looks has it for a moment, too.
                time.sleep(_LOOK_S)
                if not _locked(lock, fcntl.LOCK_EX):
                    raise StoreError(
                        f"trial {id_} is running in another process: wait for it, or end it first",
                        code="trial_runs",
                    )
            self._file.write(
                "UPDATE calls SET state = 'interrupted' WHERE trial = ? AND state = 'intent'", (id_,)
            )
            yield

    def _told(self, head: TrialHead) -> TrialHead:
        """What a process that was killed has left says that the trial runs; whether it does, its lock tells."""
        if head.state != "running" or self._is_held(head.id):
            return head
        said = f"the process that ran it is gone: `suffice bakeoff resume {head.id}` goes on"
        return msgspec.structs.replace(head, state="paused", said=said)

    def _is_held(self, id_: str) -> bool:
        try:
            with self._lock_of(id_).open("rb") as lock:
                return not _locked(lock, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def _lock_of(self, id_: str) -> Path:
        return self._path.with_name(f"{self._path.stem}-{id_}.lock")

    def intend(self, trial: str, key: Key, *, forecast_nanos: int, now_ns: int) -> None:
        """Writes down that a call is about to be sent. On the disk when this returns.

        Raises:
            StoreError: It has been sent before (`asked_before`), or this cannot be written: do not send it.
        """
        with self._file.changing(through=True) as connection:
            changed = connection.execute(_INTEND, (trial, *key, now_ns, forecast_nanos)).rowcount
        if not changed:
            raise StoreError(f"{' '.join(key)} of trial {trial} has been asked before", code="asked_before")

    def lose(self, trial: str, key: Key, nanos: int) -> None:
        """Adds what an attempt that was lost on the way may have cost, before another is made."""
        self._file.write(
            "UPDATE calls SET lost_nanos = lost_nanos + ? WHERE trial = ? AND unit = ? AND model = ? AND repeat = ?",
            (nanos, trial, *key),
        )

    def settle(self, trial: str, call: Call, *, now_ns: int) -> None:
        """Writes down how a call ended; one without an intent, such as a logged answer, is added whole."""
        body, sealed = self._file.pack(call.body)
        usage = None if call.usage is None else msgspec.json.encode(call.usage)
        values = (
            *(trial, call.unit, call.model, call.repeat, call.state, now_ns, call.forecast_nanos),
            *(call.cost_nanos, now_ns, call.status, call.error, call.served_model, usage, sealed, body),
        )
        self._file.write(_SETTLE, values)

    def withdraw(self, trial: str, key: Key) -> None:
        """Takes back an intent whose call certainly cost nothing and may be sent again by itself."""
        with self._file.changing() as connection:
            where = "trial = ? AND unit = ? AND model = ? AND repeat = ?"
            connection.execute(f"UPDATE calls SET state = 'again' WHERE {where}", (trial, *key))  # noqa: S608 -- our own columns
            connection.execute(f"DELETE FROM calls WHERE {where} AND lost_nanos = 0", (trial, *key))  # noqa: S608 -- our own columns

    def reask(self, trial: str, state: CallState) -> int:
        """Lets calls in this state be asked again; what they may have cost stays counted. Returns how many.

        The grades that rested on them are dropped.
        """
        with self._file.changing() as connection:
            units = "SELECT unit FROM calls WHERE trial = ?1 AND state = ?2"
            grades = f"DELETE FROM grades WHERE trial = ?1 AND unit IN ({units})"  # noqa: S608 -- our own query
            connection.execute(grades, (trial, state))
            lost = (
                "UPDATE calls SET lost_nanos = lost_nanos + {}, state = 'again' WHERE trial = ? AND state = ?"
            )
            cost = "forecast_nanos" if state == "interrupted" else "COALESCE(cost_nanos, 0)"
            return connection.execute(lost.format(cost), (trial, state)).rowcount

    def calls(self, trial: str, *, bodies: bool = False) -> Iterator[Call]:
        """Yields the calls of a trial, those of a unit one after another.

        Args:
            trial: Its id.
            bodies: Whether they come with their answers.
        """
        body = "sealed, body" if bodies else "0, NULL"
        select = f"SELECT {_CALL_COLUMNS}, {body} FROM calls WHERE trial = ? ORDER BY unit, model, repeat"  # noqa: S608 -- our own columns
        for row in self._file.rows(select, (trial,)):
            yield self._call(row)

    def paid(
        self, *, since_ns: int, until_ns: int
    ) -> Iterator[tuple[int, str, str | None, Usage, int | None]]:
        """Yields the answered calls of all trials that were sent in a time, as a provider counts them.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Yields:
            When it was sent, the model as `provider/model`, as the answer names it, its usage and its cost.

        Raises:
            StoreError: The journal cannot be read.
        """
        # A logged answer that was used again cost nothing, and was forecast to.
        select = (
            "SELECT sent_ns, model, served_model, usage, cost_nanos FROM calls WHERE state = 'done' "
            "AND forecast_nanos > 0 AND usage IS NOT NULL AND sent_ns >= ? AND sent_ns < ? ORDER BY sent_ns"
        )
        for sent_ns, model, served, usage, nanos in self._file.rows(select, (since_ns, until_ns)):
            yield sent_ns, model.removeprefix("judge:"), served, msgspec.json.decode(usage, type=Usage), nanos

    def call(self, trial: str, key: Key) -> Call | None:
        """Returns one call with its answer; `None` if it has not been sent."""
        select = f"SELECT {_CALL_COLUMNS}, sealed, body FROM calls WHERE trial = ? AND unit = ? AND model = ? AND repeat = ?"  # noqa: S608, E501 -- our own columns
        for row in self._file.rows(select, (trial, *key)):
            return self._call(row)
        return None

    def spent_nanos(self, trial: str) -> int:
        """Returns what a trial has cost, what may have been paid for included."""
        ((nanos,),) = self._file.rows(_SPENT, (trial,))
        return int(nanos)

    def spent_by_kind(self, *, since_ns: int | None = None, until_ns: int | None = None) -> dict[str, int]:
        """Returns what all trials have cost in a time, what may have been paid for included: `trial` and `grader`.

        Args:
            since_ns: Unix time of the first call, included.
            until_ns: Unix time that is not reached.
        """
        return dict(self._file.rows(_SPENT_BY_KIND, (since_ns, until_ns)))

    def grade(self, trial: str, bucket: str, candidate: str, unit: str, grade: bytes) -> None:
        """Keeps what a grader said of a unit; a second time replaces the first."""
        body, sealed = self._file.pack(grade)
        self._file.write(
            "INSERT OR REPLACE INTO grades VALUES (?, ?, ?, ?, ?, ?)",
            (trial, bucket, candidate, unit, sealed, body),
        )

    def grades(self, trial: str, bucket: str, candidate: str) -> dict[str, bytes]:
        """Returns what graders said, by unit."""
        select = "SELECT unit, sealed, grade FROM grades WHERE trial = ? AND bucket = ? AND candidate = ?"
        found = {}
        for unit, sealed, grade in self._file.rows(select, (trial, bucket, candidate)):
            body = self._file.unpack(sealed, grade)
            if body is not None:
                found[unit] = body
        return found

    def put_results(self, trial: str, results: Sequence[tuple[str, str, bytes]]) -> None:
        """Keeps what was found so far: bucket, candidate and result of each row."""
        with self._file.changing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", [(trial, *result) for result in results]
            )

    def results(self, trial: str) -> list[bytes]:
        """Returns what was found so far, a result a row, by bucket and candidate."""
        select = "SELECT result FROM results WHERE trial = ? ORDER BY bucket, candidate"
        return [result for (result,) in self._file.rows(select, (trial,))]

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        self._file.close()

    def _call(self, row: tuple[Any, ...]) -> Call:
        unit, model, repeat, state, forecast, lost, cost, status, error, served, usage, sealed, body = row
        return Call(
            unit=unit,
            model=model,
            repeat=repeat,
            state=state,
            forecast_nanos=forecast,
            lost_nanos=lost,
            cost_nanos=cost,
            status=status,
            error=error,
            served_model=served,
            usage=None if usage is None else msgspec.json.decode(usage, type=Usage),
            body=self._file.unpack(sealed, body),
        )


_CALL_COLUMNS = (
    "unit, model, repeat, state, forecast_nanos, lost_nanos, cost_nanos, status, error, served_model, usage"
)
_INTEND = """
INSERT INTO calls (trial, unit, model, repeat, state, sent_ns, forecast_nanos) VALUES (?, ?, ?, ?, 'intent', ?, ?)
ON CONFLICT (trial, unit, model, repeat) DO UPDATE SET state = 'intent', sent_ns = excluded.sent_ns,
  forecast_nanos = excluded.forecast_nanos, cost_nanos = NULL WHERE state = 'again'
"""
_SETTLE = """
INSERT INTO calls (trial, unit, model, repeat, state, sent_ns, forecast_nanos,
  cost_nanos, done_ns, status, error, served_model, usage, sealed, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trial, unit, model, repeat) DO UPDATE SET state = excluded.state, cost_nanos = excluded.cost_nanos,
  done_ns = excluded.done_ns, status = excluded.status, error = excluded.error, served_model = excluded.served_model,
  usage = excluded.usage, sealed = excluded.sealed, body = excluded.body
"""


def _locked(file: IO[bytes], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _head(row: tuple[Any, ...]) -> TrialHead:
    id_, created_ns, state, said, plan = row
    return TrialHead(id=id_, created_ns=created_ns, state=state, said=said, plan=plan)
