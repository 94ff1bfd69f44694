"""READ: what is in a request, in one form for all client APIs. No judgement, no trust: any value may have any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from suffice.features import excerpt, history, reading, task, tools
from suffice.features.contract import ASKED_IN, Contract, contract_of
from suffice.features.conversation import Conversation, conversation_of
from suffice.features.decoding import Decoding, decoding_of
from suffice.features.excerpt import HEAD_CHARS, TAIL_CHARS, Excerpt, Marks, excerpt_of
from suffice.features.history import conversation_in
from suffice.features.language import Language
from suffice.features.messages import MOST_TURNS, Turn
from suffice.features.task import Ask, task_of
from suffice.features.tools import OFFERED_IN, Tools, tools_of
from suffice.types import ClientApi, Request

__all__ = [
    "HEAD_CHARS", "TAIL_CHARS", "Contract", "Decoding", "Features", "Language", "Marks", "Tools", "forget", "read",
]  # fmt: skip

_REASONING = ("reasoning_effort", "reasoning", "thinking")
_STORED = ("previous_response_id", "conversation", "container")
_RARE = frozenset((*_REASONING, *_STORED, "parallel_tool_calls", "logprobs", "top_logprobs", "n"))
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
_ASKED_IN = frozenset((*OFFERED_IN, *ASKED_IN, *_LIMITS))
_NO_MARKS = Marks()


class Features(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the layers see of a request. Token counts are estimates; see `suffice.features.tokens`."""

    api: ClientApi
    feature: str = "untagged"
    """The client's use-case tag."""
    input_tokens: int
    tokens_by_role: Mapping[str, int]
    turns: int
    """Messages in the conversation, instructions included."""
    user_turns: int
    after_tool: bool
    """The last turn is a tool's result: an agent is at work."""
    instructions: str
    """The system's text, head and tail."""
    question: str
    """The last user turn's text, head and tail."""
    excerpts: tuple[Excerpt, Excerpt]
    """Instructions and question as they were read."""
    cues: Mapping[str, int]
    """How many words of each kind the text has; see `suffice.features.lexicon`."""
    question_cues: Mapping[str, int]
    """The same of the question alone."""
    marks: Marks
    """What stands in the text beside its words."""
    question_tokens: int
    """Of the last user turn, all of it."""
    language: Language
    """Of the question; of the instructions if the question is too short to tell."""
    instructions_language: Language
    steps: int = 0
    """Turns with tool calls since the last user turn."""
    failures: int = 0
    """Results of tools that failed, in a row, up to now."""
    attachments: int = 0
    """Images, recordings and files, in all turns."""
    documents: int = 0
    """Separate texts, told apart by number, by tag or as parts; 0 if there are no two."""
    files: int = 0
    """Different source files that the message with the most of them names."""
    fences: int = 0
    """Blocks of code between fences, in all turns."""
    decoding: Decoding = Decoding()
    output_limit: int | None = None
    """The largest answer that the client accepts, in tokens."""
    tools: Tools | None = None
    parallel_tools: bool = False
    contract: Contract | None = None
    modalities: frozenset[str] = frozenset()
    """Of: image, audio, file."""
    logprobs: bool = False
    choices: int = 1
    reasoning: bool = False
    """The client asks for reasoning by name."""
    pinned: bool = False
    """State that only the model that made it can continue: a stored response, a thinking signature."""
    task: str | None = None
    """The recognised kind of task, a key of `suffice.features.task.TASKS`."""

    @property
    def text(self) -> str:
        """Instructions and question, in lower case."""
        instructions, question = self.excerpts
        return f"{instructions.lower}\n{question.lower}" if instructions.lower else question.lower

    @property
    def words(self) -> frozenset[str]:
        """Of the text."""
        instructions, question = self.excerpts
        return instructions.words | question.words

    @property
    def hashes(self) -> bytes:
        """Of the text's words and marks in order; see `suffice.features.grams`."""
        return b"".join([excerpt.hashes for excerpt in self.excerpts])


def read(request: Request) -> Features:
    """Returns the features of a request. Total: garbage is absent evidence, never an error.

    What was read of a message is remembered by a digest, within bounds: a conversation's next turn costs its new text.
    The features are the same with and without that memory.
    """
    body = request.body
    seen = conversation_of(_inputs(body)) if request.api == "embeddings" else conversation_in(body)
    plain: list[str] = []
    question, instructions = excerpt_of(seen.question, plain), excerpt_of("\n".join(seen.instructions))
    # Most requests ask for nothing beside their texts.
    offered, contract, limit = (None, None, None) if _ASKED_IN.isdisjoint(body) else _asked(body)
    # What a provider adds for a turn's frame; house heuristic.
    frame = 4 * seen.turns + (0 if offered is None else offered.tokens)
    ask = Ask(
        instructions=instructions.lower,
        question=question.lower,
        tools=offered,
        contract=contract,
        after_tool=seen.last_role == "tool",
        input_tokens=sum(seen.tokens.values()) + frame,
        output_limit=limit,
        may_list=instructions.may_list or question.may_list,
        plain=plain,
    )
    return _features(request, seen, instructions, question, ask)


def forget() -> None:
    """Forgets what was read of earlier requests: for measurements. No feature depends on it."""
    excerpt.forget()
    history.forget()
    reading.forget()
    tools.forget()
    task.forget()


def _features(
    request: Request, seen: Conversation, instructions: Excerpt, question: Excerpt, ask: Ask
) -> Features:
    body = request.body
    # In parts: Python packs more than 15 keywords of one call into a dict, which takes twice as long.
    features = Features(
        api=request.api,
        input_tokens=ask.input_tokens,
        tokens_by_role=seen.tokens,
        turns=seen.turns,
        user_turns=seen.user_turns,
        after_tool=ask.after_tool,
        instructions=instructions.text,
        question=question.text,
        excerpts=(instructions, question),
        cues=_sum(instructions.cues, question.cues),
        question_cues=question.cues,
        marks=question.marks
        if instructions.marks == _NO_MARKS
        else _both(instructions.marks, question.marks),
        question_tokens=seen.question_tokens,
        language=question.language if question.language.main else instructions.language,
        instructions_language=instructions.language,
    )
    features = replace(
        features,
        feature=request.feature,
        steps=seen.steps,
        failures=seen.failures,
        attachments=seen.attachments,
        documents=seen.documents,
        files=seen.files,
        fences=seen.fences,
        decoding=decoding_of(body),
        output_limit=ask.output_limit,
        tools=ask.tools,
        contract=ask.contract,
        modalities=seen.modalities,
        pinned=seen.pinned,
        task=None if request.api == "embeddings" else task_of(ask),
    )
    return features if _RARE.isdisjoint(body) else _with_rare(features, body)


def _with_rare(features: Features, body: Mapping[str, Any]) -> Features:
    return replace(
        features,
        parallel_tools=body.get("parallel_tool_calls") is True,
        logprobs=body.get("logprobs") is True or _positive(body.get("top_logprobs")) is not None,
        choices=_positive(body.get("n")) or 1,
        reasoning=any(isinstance(value, (str, dict)) for value in map(body.get, _REASONING)),
        pinned=features.pinned or any(map(body.get, _STORED)),
    )


def _sum(first: dict[str, int], second: dict[str, int]) -> Mapping[str, int]:
    if not first or not second:
        return first or second
    both = dict(first)
    for cue, count in second.items():
        both[cue] = both.get(cue, 0) + count
    return both


def _both(first: Marks, second: Marks) -> Marks:
    return Marks(
        numbers=first.numbers + second.numbers,
        items=first.items + second.items,
        options=max(first.options, second.options),
        questions=first.questions + second.questions,
        formulas=first.formulas + second.formulas,
        directives=first.directives + second.directives,
        labels=first.labels if second.labels is None else second.labels,
        measured=first.measured or second.measured,
        length_tokens=first.length_tokens if second.length_tokens is None else second.length_tokens,
    )


def _inputs(body: Mapping[str, Any]) -> list[Turn]:
    given = body.get("input")
    if isinstance(given, str):
        return [Turn("user", given)]
    return (
        [Turn("user", text) for text in given[:MOST_TURNS] if isinstance(text, str)]
        if isinstance(given, list)
        else []
    )


def _asked(body: Mapping[str, Any]) -> tuple[Tools | None, Contract | None, int | None]:
    return tools_of(body), contract_of(body), _output_limit(body)


def _output_limit(body: Mapping[str, Any]) -> int | None:
    for name in _LIMITS:
        if name in body and (limit := _positive(body[name])) is not None:
            return limit
    return None


def _positive(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None
