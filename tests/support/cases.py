"""Requests over APIs, tasks, shapes, languages, conversations and policies, each with a name: the golden decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from asks import SCHEMA, chat, request, tool

from suffice.catalog import Catalog
from suffice.engine import Engine
from suffice.features import Features
from suffice.layers import LAYERS
from suffice.policy.economy import Economy, Spell
from suffice.policy.policy import Certificate, Policy, Rule
from suffice.policy.switch import Setting, Switch
from suffice.quality.predictor import Predictor, PriorPredictor
from suffice.types import Candidate, Estimate, Opinion, Request, Score, Weight

NOW_NS = 1_795_478_400_000_000_000
"""2026-11-24, so that a price change does not move the golden decisions."""
DAY_NS = 86_400_000_000_000
CATALOG = Catalog.load(at_ns=NOW_NS)

PRIOR = Policy(evidence="prior")
CERTIFIED = Policy(
    certificates=(
        Certificate(
            bucket="tickets",
            baseline="gpt-5.4",
            candidate="gpt-5.4-nano",
            issued_ns=NOW_NS - DAY_NS,
            expires_ns=NOW_NS + DAY_NS,
        ),
        Certificate(
            bucket="letters",
            baseline="gpt-5.4",
            candidate="gpt-5.4-nano",
            issued_ns=NOW_NS - 2 * DAY_NS,
            expires_ns=NOW_NS - DAY_NS,
        ),
    )
)
RULES = Policy(
    evidence="prior",
    deny=frozenset({"gpt-6-luna"}),
    features={
        "contracts": Rule(stakes_nanos=500_000_000_000),
        "tickets": Rule(allow=frozenset({"gpt-5.4-mini"})),
        "letters": Rule(bar=0.99, deny=frozenset({"gpt-5.4-nano"})),
        "proofs": Rule(evidence="certified"),
    },
)

QUESTIONS: Mapping[str, str] = {
    "sentiment": "What is the sentiment of this review? The soup was cold.",
    "proof": "Prove that the square root of 3 is irrational.",
    "hello": "Hello!",
    "labels": "Classify the ticket as billing, technical or other: charged twice.",
    "components": "Classify this bug report by component.",
    "bullets": "Summarize the notes below in three bullets.",
    "detail": "Summarize the notes below in detail.",
    "extract": "Extract the vendor and total as JSON.",
    "essay": "Write a 2,000-word essay on tea.",
    "contradictions": "Compare both contracts and list the contradictions.",
    "function": "Write a Python function that merges two sorted lists.",
    "refactor": "Refactor api.py, models.py and views.py into one package.",
    "command": "Give me a bash command that finds large folders.",
    "language": "Detect the language: Guten Abend",
    "reply": "Write an empathetic reply to this angry customer.",
    "puzzle": "Solve this logic puzzle: each house has a different owner.",
    "rerank": "Rank these five passages by how well they answer the query.",
    "moderate": "Does this comment break the rules on insults? Answer yes or no.",
    "diagnosis": "A patient has chest pain and a rash: what are the likely diagnoses?",
    "intent": "What does the caller want: cancel, upgrade or complain? 'I am leaving.'",
}
LANGUAGES: Mapping[str, tuple[str, str]] = {
    "de": ("Ist diese Bewertung positiv oder negativ? Die Suppe war kalt.", "Fasse den Text in einem Satz zusammen."),
    "fr": ("Cet avis est-il positif ou négatif ? La soupe était froide.", "Résume le texte en une phrase."),
    "es": ("¿Esta reseña es positiva o negativa? La sopa estaba fría.", "Resume el texto en una frase."),
    "pt": ("Esta avaliação é positiva ou negativa? A sopa estava fria.", "Resuma o texto em uma frase."),
    "pl": ("Czy ta recenzja jest pozytywna czy negatywna? Zupa była zimna.", "Streść tekst w jednym zdaniu."),
    "tr": ("Bu yorum olumlu mu olumsuz mu? Çorba soğuktu.", "Metni tek cümleyle özetle."),
    "ru": ("Этот отзыв положительный или отрицательный? Суп был холодным.", "Кратко изложи текст."),
    "ar": ("هل هذا التقييم إيجابي أم سلبي؟ كان الحساء باردا.", "لخص النص في جملة واحدة."),
    "hi": ("क्या यह समीक्षा सकारात्मक है या नकारात्मक? सूप ठंडा था।", "पाठ का एक वाक्य में सारांश दें।"),
    "ja": ("このレビューは肯定的ですか、否定的ですか。スープは冷たかった。", "文章を一文で要約してください。"),
    "ko": ("이 리뷰는 긍정적입니까 부정적입니까? 수프가 차가웠어요.", "글을 한 문장으로 요약해 주세요."),
    "zh": ("这条评论是正面的还是负面的。汤是冷的。", "用一句话概括这段文字。"),
}  # fmt: skip
MODELS = ("gpt-5.4", "gpt-5.4-mini", "gpt-4o-2024-08-06", "gpt-4.1", "gpt-5")
CLAUDES = ("claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5-20251001")
NOTES = "The committee met on Tuesday and agreed on the budget for the coming year. " * 90
"""Some 1,200 tokens."""


class Learned(msgspec.Struct, frozen=True):
    """A predictor that has learned a pair or two, by hand: what it says of others is the prior's."""

    prior: PriorPredictor = PriorPredictor()

    @property
    def fingerprint(self) -> str:
        return "0123456789ab"

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:
        if candidate.model != "gpt-5.4-mini":
            return self.prior.weights(candidate, baseline)
        return {
            "input_length": Weight(per_demand=-1.5, usual=0.2),
            "output_length": Weight(per_demand=0.8, usual=0.3),
        }

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        found = self.prior.predict(features, scores, candidates, baseline)
        return tuple(_learned(e, features) if e.model == "gpt-5.4-mini" else e for e in found)


def _learned(estimate: Estimate, features: Features) -> Estimate:
    good = features.task not in {"math_proof", "code_architecture"}
    p_good = 0.93 if good else 0.4
    opinion = Opinion(
        layer="use_case_evidence", gain=0.01, sd=0.05, labels=120.0, reason="120 graded outcomes"
    )
    return msgspec.structs.replace(
        estimate,
        p_good=p_good,
        p_low=p_good - 0.1,
        p_high=p_good + 0.05,
        opinions=(opinion,),
        evidence="calibrated",
    )


class Case(msgspec.Struct, frozen=True):
    """One golden decision: a name, what is asked, and who decides."""

    name: str
    request: Request
    policy: Policy = PRIOR
    predictor: Predictor = PriorPredictor()
    economy: Economy | None = None
    """Of budgets that are spent, in route mode."""

    @property
    def engine(self) -> Engine:
        engine = Engine(layers=LAYERS, predictor=self.predictor, policy=self.policy, resolve=CATALOG.resolve)
        if self.economy is None:
            return engine
        switch = Switch(default=Setting(mode="route", since_ns=0))
        return msgspec.structs.replace(
            engine, serving=msgspec.structs.replace(self.policy), switch=switch, economy=self.economy
        )


def cases() -> list[Case]:
    """All of them; more than 300."""
    parts = (_tasks, _shapes, _tools, _media, _languages, _conversations, _policies, _budgets)
    return [case for part in parts for case in part()]


def _tasks() -> Iterator[Case]:
    for name, question in QUESTIONS.items():
        for model in MODELS:
            yield Case(f"chat {name} {model}", chat(question, model=model))
        for model in CLAUDES[:2]:
            yield Case(f"messages {name} {model}", messages(question, model=model))
        yield Case(f"responses {name}", request({"input": question}, api="responses"))
    yield Case("messages haiku", messages(QUESTIONS["sentiment"], model=CLAUDES[2]))
    yield Case("chat cheapest", chat(QUESTIONS["sentiment"], model="gpt-6-luna"))
    yield Case("chat unknown model", chat(QUESTIONS["sentiment"], model="somebody-elses-model"))
    embedding = request({"input": "text"}, api="embeddings", model="text-embedding-3-small")
    yield Case("embedding", embedding)


def _shapes() -> Iterator[Case]:
    shapes: dict[str, dict[str, Any]] = {
        "json object": {"response_format": {"type": "json_object"}},
        "json schema": {
            "response_format": {"type": "json_schema", "json_schema": {"strict": True, "schema": SCHEMA}}
        },
        "limit 5": {"max_tokens": 5},
        "limit 100000": {"max_tokens": 100_000},
        "logprobs": {"logprobs": True},
        "n 4": {"n": 4},
        "high effort": {"reasoning_effort": "high"},
        "cold": {"temperature": 0, "stop": ["\n"]},
    }
    for name, shape in shapes.items():
        for question in ("sentiment", "bullets", "hello"):
            yield Case(f"chat {question}, {name}", chat(QUESTIONS[question], **shape))
    for tokens in (500, 5_000, 60_000, 300_000):
        yield Case(f"chat bullets, {tokens} words", chat(f"{QUESTIONS['bullets']}\n" + "word " * tokens))
    text = {"format": {"type": "json_schema", "schema": SCHEMA, "strict": True, "name": "x"}}
    yield Case("responses schema", request({"input": QUESTIONS["extract"], "text": text}, api="responses"))
    stored = {"input": QUESTIONS["sentiment"], "previous_response_id": "r"}
    yield Case("responses stored state", request(stored, api="responses"))
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 2_000}}
    yield Case("messages thinking", messages(QUESTIONS["puzzle"], **thinking))


def _tools() -> Iterator[Case]:
    flat = [{"type": "function", "name": f"t{n}", "parameters": SCHEMA} for n in range(3)]
    anthropic = [{"name": f"t{n}", "input_schema": SCHEMA} for n in range(3)]
    for count in (1, 3, 12, 40):
        tools = [tool(f"t{n}") for n in range(count)]
        for question in ("hello", "sentiment", "function"):
            yield Case(f"chat {question}, {count} tools", chat(QUESTIONS[question], tools=tools))
    yield Case("chat tools, none chosen", chat(QUESTIONS["hello"], tools=[tool()], tool_choice="none"))
    yield Case("chat tools, parallel", chat("Book a table.", tools=[tool()], parallel_tool_calls=True))
    yield Case("chat hosted search", chat("What is new?", tools=[{"type": "web_search"}]))
    for question in ("hello", "labels"):
        asked = QUESTIONS[question]
        yield Case(f"messages {question}, tools", messages(asked, tools=anthropic))
        yield Case(f"responses {question}, tools", request({"input": asked, "tools": flat}, api="responses"))
    for steps in (1, 4, 12):
        yield Case(f"chat agent, {steps} steps", agent(steps))


def _media() -> Iterator[Case]:
    ask = {"type": "text", "text": "What is in this? Answer in one word."}
    parts: dict[str, dict[str, Any]] = {
        "image": {"type": "image_url", "image_url": {"url": "data:,"}},
        "audio": {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
        "file": {"type": "file", "file": {"file_id": "f"}},
    }
    for name, part in parts.items():
        for model in MODELS[:3]:
            body = {"messages": [{"role": "user", "content": [ask, part]}]}
            yield Case(f"chat {name} {model}", request(body, model=model))
    source = {"type": "base64", "media_type": "image/png", "data": ""}
    for kind in ("image", "document"):
        content = [ask, {"type": kind, "source": source}]
        yield Case(f"messages {kind}", messages_of([{"role": "user", "content": content}]))
    for kind in ("input_image", "input_file"):
        content = [{"type": "input_text", "text": "What is in this?"}, {"type": kind}]
        yield Case(
            f"responses {kind}",
            request({"input": [{"role": "user", "content": content}]}, api="responses"),
        )


def _languages() -> Iterator[Case]:
    for language, (sentiment, summary) in LANGUAGES.items():
        yield Case(f"chat sentiment {language}", chat(sentiment))
        yield Case(f"messages summary {language}", messages(summary))


def _conversations() -> Iterator[Case]:
    for turns in (1, 3, 10, 40):
        for name in ("sentiment", "detail", "hello"):
            talk = conversation(turns, QUESTIONS[name])
            yield Case(f"chat {name} after {turns} turns", request({"messages": talk}))
            yield Case(f"messages {name} after {turns} turns", messages_of(talk))
    long = [
        {"role": "user", "content": NOTES},
        {"role": "assistant", "content": "I have read them."},
        {"role": "user", "content": QUESTIONS["bullets"]},
    ]
    yield Case("chat long history", request({"messages": long}))
    yield Case("messages long history", messages_of(long))
    yield Case("responses long history", request({"input": long}, api="responses"))
    sealed = [{"type": "reasoning", "encrypted_content": "x"}, {"role": "user", "content": "Go on."}]
    yield Case("responses sealed reasoning", request({"input": sealed}, api="responses"))


def _policies() -> Iterator[Case]:
    for name in ("sentiment", "labels", "proof", "hello", "detail"):
        asked = chat(QUESTIONS[name])
        for evidence in ("certified", "calibrated", "prior"):
            policy = Policy(evidence=evidence)
            yield Case(f"{evidence} {name}", asked, policy)
            yield Case(f"{evidence} {name}, learned", asked, policy, Learned())
        yield Case(f"low end {name}", asked, Policy(evidence="prior", bar_on="p_low", bar=0.7))
        for dollars in ("0.00001", "0.01", "0.04", "0.05", "25"):
            staked = with_(asked, stakes_nanos=round(float(dollars) * 1_000_000_000))
            yield Case(f"stakes {dollars} {name}", staked)
        yield Case(f"nobody allowed {name}", asked, Policy(evidence="prior", allow=frozenset()))
        yield Case(f"stakes unreadable {name}", with_(asked, stakes_unreadable=True))
        for feature in ("tickets", "letters", "contracts", "proofs", "other"):
            tagged = with_(asked, feature=feature)
            yield Case(f"rules {feature} {name}", tagged, RULES)
        for feature in ("tickets", "letters"):
            yield Case(f"certificates {feature} {name}", with_(asked, feature=feature), CERTIFIED)


def _budgets() -> Iterator[Case]:
    spent = Spell(evidence="prior", since_ns=0, until_ns=NOW_NS + 1)
    economy = Economy(features={"tickets": (spent,)})
    for name in ("sentiment", "proof", "detail"):
        for feature in ("tickets", "letters"):
            tagged = with_(chat(QUESTIONS[name]), feature=feature)
            yield Case(f"budget spent {feature} {name}", tagged, CERTIFIED, economy=economy)
        staked = with_(chat(QUESTIONS[name]), feature="tickets", stakes_nanos=25_000_000_000)
        yield Case(f"budget spent, stakes {name}", staked, CERTIFIED, economy=economy)


def with_(asked: Request, **fields: Any) -> Request:
    return msgspec.structs.replace(asked, received_ns=NOW_NS, **fields)


def messages(question: str, *, model: str = "claude-opus-5", **more: Any) -> Request:
    return messages_of([{"role": "user", "content": question}], model=model, **more)


def messages_of(talk: list[dict[str, Any]], *, model: str = "claude-opus-5", **more: Any) -> Request:
    body = {"system": "Be brief.", "max_tokens": 1_024, "messages": talk, **more}
    return request(body, api="messages", model=model)


def conversation(turns: int, question: str) -> list[dict[str, Any]]:
    said = [
        {"role": role, "content": f"{text} {number}."}
        for number in range(turns)
        for role, text in (("user", "Tell me of lighthouse"), ("assistant", "It stands on rock"))
    ]
    return [*said, {"role": "user", "content": question}]


def agent(steps: int) -> Request:
    talk: list[dict[str, Any]] = [{"role": "user", "content": "Find out why the build fails, and mend it."}]
    for step in range(steps):
        call = {"id": f"c{step}", "type": "function", "function": {"name": "t0", "arguments": "{}"}}
        talk.append({"role": "assistant", "content": None, "tool_calls": [call]})
        said = "error: no such file" if step % 3 == 2 else "ok"
        talk.append({"role": "tool", "tool_call_id": f"c{step}", "content": said})
    return request({"messages": talk, "tools": [tool("t0"), tool("t1")]})
