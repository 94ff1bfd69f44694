"""Which known kind of task a request is, from the words of its instructions and its last user turn.

Rules in a fixed order, the first that fits wins: what is known to be hard comes first, so that a doubt costs
money and not quality. A text can only say what it asks for; words about models, tiers or routers are not
read. Source: house heuristic over the task categories of docs/layers.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from suffice.features.contract import Contract
from suffice.features.tools import Tools
from suffice.types import Tier

TASKS: Mapping[str, Tier] = {
    "math_proof": "flagship",
    "document_synthesis": "flagship",
    "code_architecture": "flagship",
    "long_essay": "flagship",
    "long_reasoning": "flagship",
    "customer_tone": "flagship",
    "sentiment": "nano",
    "language_detection": "nano",
    "moderation": "nano",
    "few_labels": "nano",
    "pattern_match": "nano",
    "agent_step": "mini",
    "tool_orchestration": "mini",
    "reranking": "mini",
    "chunk_search": "mini",
    "intent_detection": "mini",
    "tagging": "mini",
    "extraction": "mini",
    "classification": "mini",
    "short_summary": "mini",
    "code_completion": "mini",
    "terminal": "mini",
}
"""Task categories and the tier that serves each by default, until evidence says otherwise."""

FEW = 5
"""A classification with fewer labels than this is nano work."""
_BOUNDED_TOOLS = 20
_LONG_INPUT_TOKENS = 12_000
_LONG_OUTPUT_TOKENS = 500

_MARKS = ".,;:!?()[]{}<>\"'`*#|/\\\n\t\r=+"
_TO_SPACE = str.maketrans(dict.fromkeys(_MARKS, " "))
_BYTE_TO_SPACE = bytes.maketrans(_MARKS.encode(), b" " * len(_MARKS))
_ASKS_FOR_LABEL = re.compile(
    r"(?:labels?|categor(?:y|ies)|class(?:es)?|one of|either|\bas|\binto|options?)\b[^.\n]{0,30}?[:(]?\s*"
    r"((?:[\"'`]?[\w-]{2,24}(?: [\w-]{2,24})?[\"'`]?(?:\s*[,/|]\s*(?:or |and )?|\s+(?:or|and)\s+)){1,12}"
    r"[\"'`]?[\w-]{2,24})"
)
_BETWEEN_LABELS = re.compile(r"\s*[,/|]\s*(?:or |and )?|\s+(?:or|and)\s+")
_LENGTH = re.compile(r"\b(\d{1,2},\d{3}|\d{3,5})[- ]words?\b")
_ENDINGS = frozenset(["py", "ts", "tsx", "js", "go", "rs", "java", "rb", "cs", "cpp", "kt", "swift"])
_FILE_NAMES = re.compile(r"[\w/-]{1,80}\.(?:py|ts|tsx|js|go|rs|java|rb|cs|cpp|kt|swift)\b")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules read of a request."""

    question: str
    """In lower case, as all of the text."""
    text: str
    """Instructions and question."""
    words: frozenset[str]
    """Of the text."""
    tools: Tools | None
    contract: Contract | None
    after_tool: bool
    input_tokens: int
    output_limit: int | None


class _Text:
    """An ask, its words looked at in the ways that the rules need."""

    __slots__ = ("_known", "ask", "asked", "whole")

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.asked = ask.question
        self.whole = ask.text
        self._known = ask.words & _KNOWN

    def has(self, words: frozenset[str]) -> bool:
        """Whether one of the words is there."""
        return not self._known.isdisjoint(words)

    def says(self, *phrases: str) -> bool:
        """Whether one of the phrases is there."""
        return any(phrase in self.whole for phrase in phrases)


def words_of(text: str) -> frozenset[str]:
    """Returns the words of a text, marks and white space left out.

    >>> sorted(words_of("yes, or no? (maybe.)"))
    ['maybe', 'no', 'or', 'yes']
    """
    if text.isascii():
        return frozenset(text.encode().translate(_BYTE_TO_SPACE).decode().split())
    return frozenset(text.translate(_TO_SPACE).split())


def task_of(ask: Ask) -> str | None:
    """Returns the category of a request, a key of `TASKS`; `None` if none is recognised."""
    text = _Text(ask)
    return next((task for task, fits in _RULES if fits(text)), None)


def label_count(text: str) -> int | None:
    """Returns how many labels a text lists to choose from; `None` if it lists none.

    >>> label_count("label it as positive, negative or neutral"), label_count("hello")
    (3, None)
    """
    found = _ASKS_FOR_LABEL.search(text)
    return None if found is None else len([part for part in _BETWEEN_LABELS.split(found[1]) if part])


_PROOF = frozenset(
    [
        "prove",
        "proof",
        "theorem",
        "lemma",
        "corollary",
        "integral",
        "derivative",
        "polynomial",
        "eigenvalue",
        "modulo",
        "olympiad",
        "combinatorics",
        "differentiate",
        "integrate",
        "calculus",
        "trigonometric",
        "hypotenuse",
    ]
)
_SUMS = frozenset(
    [
        "cost",
        "costs",
        "total",
        "earn",
        "earns",
        "spend",
        "spends",
        "pay",
        "pays",
        "buy",
        "buys",
        "sell",
        "sells",
        "miles",
        "hours",
        "minutes",
        "dollars",
    ]
)
_COUNTS = frozenset(["many", "much", "probability"])
_FREE_FORM = frozenset(
    [
        "essay",
        "article",
        "blog",
        "story",
        "novel",
        "chapter",
        "speech",
        "screenplay",
        "poem",
        "whitepaper",
        "newsletter",
        "op-ed",
    ]
)
_CREATE = frozenset(["write", "draft", "compose", "create", "author", "pen"])
_RECONCILE = frozenset(
    [
        "compare",
        "contrast",
        "reconcile",
        "contradict",
        "contradictions",
        "contradictory",
        "synthesize",
        "synthesise",
        "synthesis",
        "differences",
        "conflicts",
        "conflicting",
        "inconsistencies",
    ]
)
_SOURCES = frozenset(
    [
        "documents",
        "sources",
        "reports",
        "contracts",
        "papers",
        "transcripts",
        "articles",
        "filings",
        "agreements",
        "versions",
    ]
)
_DESIGN = frozenset(
    [
        "architecture",
        "architect",
        "microservice",
        "microservices",
        "refactor",
        "redesign",
        "migrate",
        "migration",
        "monolith",
    ]
)
_CODE = frozenset(
    [
        "code",
        "codebase",
        "service",
        "services",
        "module",
        "modules",
        "repository",
        "api",
        "apis",
        "database",
        "backend",
        "frontend",
    ]
)
_REASON = frozenset(
    [
        "puzzle",
        "deduce",
        "riddle",
        "logic",
        "strategy",
        "plan",
        "planning",
        "scenario",
        "hypotheses",
        "trade-offs",
        "tradeoffs",
    ]
)
_TONE = frozenset(
    [
        "empathetic",
        "apologize",
        "apologise",
        "apology",
        "tone",
        "upset",
        "angry",
        "frustrated",
        "disappointed",
        "condolence",
    ]
)
_REPLY = frozenset(["reply", "respond", "response", "email", "letter", "message", "announcement", "press"])
_RANK = frozenset(["rerank", "re-rank", "rank", "ranked", "relevance", "order"])
_RANKED = ("rerank", "re-rank", "rank the ", "relevance score", "order of relevance", "by relevance")
_CHUNKS = frozenset(["passages", "chunks", "snippets", "excerpts"])
_SORT = frozenset(
    [
        "classify",
        "categorize",
        "categorise",
        "classification",
        "category",
        "categories",
        "label",
        "labels",
        "bucket",
        "triage",
    ]
)
_TAG = frozenset(["tag", "tags", "tagging", "keywords", "keyphrases", "hashtags", "topics"])
_PULL = frozenset(["extract", "extraction", "parse", "parsed", "fields"])
_SHORTEN = frozenset(["summarize", "summarise", "summary", "tldr", "tl;dr", "recap", "condense"])
_SHELL = frozenset(
    [
        "bash",
        "shell",
        "terminal",
        "kubectl",
        "grep",
        "awk",
        "sed",
        "ssh",
        "docker",
        "systemctl",
        "git",
        "chmod",
        "cron",
    ]
)
_FUNCTION = frozenset(
    ["function", "method", "def", "snippet", "regex", "sql", "query", "unit-test", "docstring"]
)
_BUILD = frozenset(["write", "implement", "complete", "fix", "finish", "fill", "add", "generate"])
_HARM = frozenset(
    [
        "moderation",
        "moderate",
        "toxic",
        "toxicity",
        "hateful",
        "nsfw",
        "harassment",
        "spam",
        "abusive",
        "profanity",
    ]
)
_PATTERNS = frozenset(
    [
        "email",
        "emails",
        "phone",
        "date",
        "dates",
        "url",
        "urls",
        "zip",
        "postcode",
        "iban",
        "number",
        "numbers",
        "amount",
        "id",
    ]
)
_DRAWN = frozenset(["asy"])
_BOUND = frozenset(["who", "each", "constraints", "must"])
_DETECT = frozenset(["detect", "identify", "which"])
_INTENT = frozenset(["intent", "intents"])
_COMMAND = frozenset(["command", "script", "shell", "bash", "terminal"])
_FIND = _PULL | {"find", "return"}
_SENTIMENT = frozenset(["sentiment"])
_POLAR = frozenset(["positive", "negative"])
_YES = frozenset(["yes", "true"])
_SEARCH = frozenset(["search"])
_ONE = frozenset(["one"])
_LANGUAGE = frozenset(["language"])
_KNOWN: frozenset[str] = frozenset().union(
    *(value for value in list(globals().values()) if isinstance(value, frozenset))
)
"""Every word that a rule asks for."""


def _math(text: _Text) -> bool:
    if text.has(_PROOF) or text.has(_DRAWN):
        return True
    if "\\" in text.whole and text.says("\\frac", "\\sqrt", "\\sum", "\\begin{", "$\\", "\\cdot", "\\times"):
        return True
    counts = text.ask.tools is None and text.has(_COUNTS) and text.has(_SUMS)
    return counts and sum(map(str.isdigit, text.asked)) >= 2


def _synthesis(text: _Text) -> bool:
    return text.has(_RECONCILE) and (text.has(_SOURCES) or text.says("document 1", "source a", "both texts"))


def _architecture(text: _Text) -> bool:
    if text.has(_DESIGN) and text.has(_CODE):
        return True
    return text.has(_ENDINGS) and len(set(_FILE_NAMES.findall(text.whole))) > 2


def _essay(text: _Text) -> bool:
    long = _LENGTH.search(text.asked) if "word" in text.asked else None
    if long is not None and int(long[1].replace(",", "")) >= 600:
        return True
    return text.has(_CREATE) and text.has(_FREE_FORM) and not text.says("one sentence", "title", "headline")


def _reasoning(text: _Text) -> bool:
    if not text.has(_REASON):
        return False
    steps = text.says("step by step", "step-by-step", "chain of thought", "think through", "work through")
    return steps or text.has(_BOUND)


def _tone(text: _Text) -> bool:
    return text.has(_REPLY) and text.has(_TONE)


def _few(text: _Text) -> bool:
    if text.ask.contract is not None and (labels := text.ask.contract.shape.labels) is not None:
        return labels < FEW
    if text.has(_YES) and text.says("yes or no", "true or false"):
        return True
    labels = label_count(text.whole) if text.has(_SORT) or (text.has(_ONE) and text.says("one of")) else None
    return labels is not None and 2 <= labels < FEW


def _pattern(text: _Text) -> bool:
    return (
        text.has(_FIND)
        and text.has(_PATTERNS)
        and not text.has(_FUNCTION)
        and text.says("only the", "just the", "all the")
    )


def _summary(text: _Text) -> bool:
    limit = text.ask.output_limit
    fits = limit is None or limit <= _LONG_OUTPUT_TOKENS
    return text.has(_SHORTEN) and fits and text.ask.input_tokens <= _LONG_INPUT_TOKENS


def _bounded(text: _Text) -> bool:
    tools = text.ask.tools
    return tools is not None and tools.choice != "none" and tools.count <= _BOUNDED_TOOLS


_Rule = Callable[[_Text], bool]
_RULES: tuple[tuple[str, _Rule], ...] = (
    ("agent_step", lambda text: text.ask.after_tool and _bounded(text)),
    ("math_proof", _math),
    ("document_synthesis", _synthesis),
    ("code_architecture", _architecture),
    ("long_essay", _essay),
    ("customer_tone", _tone),
    ("tool_orchestration", _bounded),
    (
        "sentiment",
        lambda text: (
            text.has(_SENTIMENT)
            or (text.has(_POLAR) and text.says("positive or negative", "negative or positive"))
        ),
    ),
    (
        "language_detection",
        lambda text: text.has(_LANGUAGE) and text.has(_DETECT),
    ),
    ("moderation", lambda text: text.has(_HARM)),
    ("few_labels", _few),
    ("pattern_match", _pattern),
    ("long_reasoning", _reasoning),
    ("reranking", lambda text: text.has(_RANK) and text.says(*_RANKED)),
    ("chunk_search", lambda text: text.has(_CHUNKS) or (text.has(_SEARCH) and "search quer" in text.whole)),
    ("intent_detection", lambda text: text.has(_INTENT)),
    ("tagging", lambda text: text.has(_TAG)),
    ("extraction", lambda text: text.has(_PULL)),
    ("classification", lambda text: text.has(_SORT)),
    ("short_summary", _summary),
    (
        "terminal",
        lambda text: text.has(_SHELL) and text.has(_COMMAND),
    ),
    ("code_completion", lambda text: text.has(_FUNCTION) and text.has(_BUILD)),
)
"""Tried in this order. An agent's inner step is recognised by its position, whatever its words say."""
