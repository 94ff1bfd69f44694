"""`POST /v1/feedback`: what somebody says of an answer, by the decision's id.

What is accepted is on the disk before it is answered. An id is not looked up, as its entry may still be on its way into
the ledger: one that never comes is counted as unknown. Feedback of one kind on one answer counts once; the last counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from suffice.config import Secret
from suffice.errors import RequestError, StoreError
from suffice.proxy.asgi import ClientLeft, Receive, Scope, Send, read_body, send_json
from suffice.proxy.errors import body_of
from suffice.proxy.headers import admits
from suffice.store.guard import Feedback

if TYPE_CHECKING:
    # It brings cryptography, which a worker without a key does without.
    from suffice.store.cipher import AesGcm

PATH = "/v1/feedback"
MAX_BYTES = 256 * 1024
_ID = re.compile(r"[0-9a-f]{30}")
_KEYS = frozenset({"decision", "thumbs", "score", "corrected"})
_THUMBS = {"up": 1.0, "down": 0.0}


class FeedbackDesk:
    """Takes feedback in a worker.

    Args:
        token: That clients must send, if one is configured.
        cipher: Seals corrected outputs; without one they are counted and not kept.
        note: Writes down; has it safe when it returns, or raises `StoreError`.
        now_ns: Unix time.
    """

    def __init__(
        self,
        token: Secret | None,
        cipher: AesGcm | None,
        note: Callable[[Feedback], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._token = token
        self._cipher = cipher
        self._note = note
        self._now_ns = now_ns

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        headers = dict(scope["headers"])
        try:
            self._admit(scope["method"], headers)
            body = await read_body(receive, declared=headers.get(b"content-length"), limit_bytes=MAX_BYTES)
            found = feedback_of(body, at_ns=self._now_ns(), cipher=self._cipher)
            for one in found:
                self._note(one)
        except RequestError as error:
            await send_json(send, error.status, body_of(error, "openai", ""))
        except StoreError:
            failed = RequestError(
                "The feedback could not be written down. Send it again.", code="not_kept", status=503
            )
            await send_json(send, 503, body_of(failed, "openai", ""))
        except ClientLeft:
            return
        else:
            accepted = {"decision": found[0].decision, "accepted": [one.kind for one in found]}
            await send_json(send, 202, msgspec.json.encode(accepted))

    def _admit(self, method: str, headers: dict[bytes, bytes]) -> None:
        if method != "POST":
            raise RequestError("Feedback is sent with POST.", code="method_not_allowed", status=405)
        if self._token is not None and not admits(headers, self._token.reveal()):
            raise RequestError(
                "The access token is missing or wrong. Send it as the API key, or in x-suffice-token.",
                code="bad_access_token",
                status=401,
            )


def feedback_of(body: bytes, *, at_ns: int, cipher: AesGcm | None = None) -> list[Feedback]:
    """Returns what a body says.

    Args:
        body: `{"decision": ID, "thumbs": "up" | "down", "score": 0 to 1, "corrected": ANY}`, one of the last three at
            least.
        at_ns: Unix time.
        cipher: Seals what was corrected.

    Raises:
        RequestError: It cannot be meant; says what is wrong (400).
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _bad("the body is no JSON") from None
    if not isinstance(said, dict):
        raise _bad("the body must be a JSON object")
    strange = sorted(str(key)[:40] for key in said if key not in _KEYS)
    if strange:
        raise _bad(f"there is no {strange[0]!r}; there are: {', '.join(sorted(_KEYS))}")
    decision = said.get("decision")
    if not isinstance(decision, str) or not _ID.fullmatch(decision):
        raise _bad("decision must be the 30 hexadecimal digits of the answer's x-suffice-decision")
    found = []
    if "thumbs" in said:
        found.append(Feedback(decision=decision, kind="thumbs", at_ns=at_ns, value=_thumbs(said["thumbs"])))
    if "score" in said:
        found.append(Feedback(decision=decision, kind="score", at_ns=at_ns, value=_score(said["score"])))
    if said.get("corrected") is not None:
        text = msgspec.json.encode(said["corrected"])
        sealed = None if cipher is None else cipher.seal(text, bound_to=decision.encode())
        found.append(Feedback(decision=decision, kind="corrected", at_ns=at_ns, sealed=sealed))
    if not found:
        raise _bad("say something of the answer: thumbs, score or corrected")
    return found


def _thumbs(value: Any) -> float:
    if not isinstance(value, str) or value not in _THUMBS:
        raise _bad('thumbs must be "up" or "down"')
    return _THUMBS[value]


def _score(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _bad("score must be a number from 0 to 1")
    return float(value)


def _bad(what: str) -> RequestError:
    return RequestError(f"This is no feedback: {what}.", code="bad_feedback", status=400)
