"""The values that a request turns into on its way: what every other part speaks of.

All are immutable, keyword-only `msgspec.Struct`s: cheap to make on the hot path, and each encodes to JSON as it stands.
Nothing here computes; absent is `None`, never 0. Those that are made for each request are hidden from the cycle
collector (`gc=False`): they hold plain data, which cannot refer back to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

ClientApi = Literal["chat_completions", "responses", "messages", "embeddings", "passthrough"]
"""Which of the client APIs a request speaks; `passthrough` is every other path under a provider."""

WireFormat = Literal["openai", "anthropic"]
"""How a provider's API speaks: decides paths, usage conventions and the shape of errors."""

Tier = Literal["nano", "mini", "flagship"]
"""An ordered class of models by capability and price. A label in data, never a branch in code."""

Evidence = Literal["prior", "calibrated", "certified"]
"""What an estimate rests on: category defaults, a fit on outcomes, or a certificate."""

BarOn = Literal["p_good", "p_low"]
"""What a candidate has to lift over the bar: its `p_good`, or the lower end of that."""

Leg = Literal["served", "discarded", "shadow"]
"""What a call was for: it answered a client; it was an attempt that routing caused and threw away; it was an extra call
that was computed and graded, never served."""

Arm = Literal["", "routed", "holdout"]
"""Where the dice put a request that could be routed; "" where none were cast."""

Ending = Literal[
    "complete", "client_left", "upstream_broke", "upstream_unreachable", "refused", "internal_fault"
]
"""How an exchange ended. `refused` and `upstream_unreachable` are answered by the proxy itself."""


class Request(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One client request as far as the proxy has read it; the bytes that go upstream are kept elsewhere."""

    api: ClientApi
    provider: str
    model: str
    """What the client asked for: the baseline. Empty if the body names none."""
    body: Mapping[str, Any]
    """The decoded JSON body. Untrusted: any value may have any type."""
    feature: str = "untagged"
    """The use-case tag of `x-suffice-feature`."""
    session: str = ""
    """A digest of the session key; empty if nothing identifies a session."""
    stream: bool = False
    stakes_nanos: int | None = None
    """What a bad answer would cost, of `x-suffice-stakes-usd`; `None` if the client does not say."""
    stakes_unreadable: bool = False
    """The client named stakes, but not in a form that can be read: then the baseline serves."""
    received_ns: int = 0
    """Unix time of arrival: what a certificate's validity is judged at."""


class Score(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One layer's opinion: how much model this request needs, as far as the layer can see."""

    demand: float | None
    """In [0, 1]; `None` abstains."""
    reason: str
    """In words, for a person; names what was seen, never quotes the prompt."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What one model charges for prompts of one range of lengths. Picodollars per token (1e-12 USD)."""

    above_tokens: int = -1
    """The rates hold for prompts longer than this."""
    input: int
    output: int
    cache_read: int | None = None
    """`None` where the price list has no rate for it: then cached input is priced as input."""


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model makes of one parameter of one client API. As it stands, it takes any value."""

    veto: str
    """The constraint that excludes the model where it does not take a value; see `suffice.policy.constraints`."""
    neutral: tuple[Any, ...] = ()
    """Values that mean what leaving the parameter out means."""
    takes: bool = True
    """False if it takes no value at all: a neutral one is left out then."""
    values: tuple[Any, ...] | None = None
    """The only values that it takes."""
    at_least: float | None = None
    at_most: float | None = None
    most: int | None = None
    """Of a list: how many."""
    becomes: str = ""
    """The name that it goes by, with the same meaning."""
    label: bool = False
    """It changes no answer: where it is not taken it is left out, whatever it says."""
    visible: bool = False
    """Every text in it has to have more than white space."""
    idle: bool = False
    """It is taken only while the model does not think."""
    without: str = ""
    """It is not taken together with this parameter."""


class Thinking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a model is told how much to think, on one client API."""

    member: str = ""
    """The parameter; one inside another as `reasoning.effort`. Empty if there is none."""
    levels: frozenset[str] = frozenset()
    """What it can be set to; `none` is off, `budget` a number of tokens."""
    default: str = "none"
    """What it does where the client says nothing."""
    off: Any = None
    """The value of `member` that turns it off; `None` if nothing does."""
    scale: str = ""
    """Whose levels these are: those of two scales do not compare, except for `none`."""


class Dialect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a family of models takes on one client API."""

    family: str
    path: str
    """Of the API, below the provider's base URL."""
    bearer: bool = False
    """The API wants the key in `authorization`, whatever the provider's own wire format does."""
    caches: bool = True
    """The provider's prompt cache works on this API."""
    thinking: Thinking = Thinking()
    accepts: Mapping[str, Acceptance] = {}
    """By parameter; one inside another as `text.verbosity`. One that is not here is not known."""
    plain: frozenset[str] = frozenset()
    """Members of a body that it takes with any value."""
    holders: frozenset[str] = frozenset()
    """Members of a body that hold parameters of their own."""
    traits: Mapping[str, Acceptance] = {}
    """What it does not take of messages and tools; see `suffice.policy.traits`."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A model that could serve: what the engine must know of it."""

    model: str
    provider: str
    tier: Tier
    rates: tuple[Rates, ...] = ()
    """Standard rates, those for the longest prompts first; empty if it has no price."""
    benchmarks: Mapping[str, float] = {}
    """Published benchmark name to score in [0, 1]."""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] = frozenset()
    """Of: tools, parallel_tools, json_schema, vision, audio, files, reasoning, logprobs, multiple_choices."""
    smaller: tuple[str, ...] = ()
    """Models of the same provider that may stand in for it on no more evidence than a prior: its own smaller
    siblings."""
    dialects: Mapping[ClientApi, Dialect] = {}
    """What it takes on each client API that its provider serves it on; empty if that is not known."""


class Opinion(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One learned layer's opinion of one candidate: how much better or worse than the baseline it would answer."""

    layer: str
    gain: float | None
    """Expected quality of the candidate minus the baseline's, in [-1, 1]; `None` abstains."""
    sd: float | None = None
    """Standard deviation of what is known about `gain`; `None` if it abstains."""
    labels: float = 0.0
    """How many outcomes it rests on, discounted where they are only similar."""
    reason: str
    """In words, for a person; never quotes a prompt."""


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """What a predictor makes of one layer's demand."""

    per_demand: float
    """Change of the log-odds of `p_good` for a demand of 1 instead of 0."""
    usual: float
    """The demand at which the layer changes nothing; an abstention counts as this."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the engine expects of one candidate on one request."""

    model: str
    p_good: float | None
    """Probability that its answer is as good as the baseline's, within tolerance; `None` if nothing is known."""
    p_low: float | None = None
    p_high: float | None = None
    """Ends of the central 90% interval."""
    opinions: tuple[Opinion, ...] = ()
    """Of the learned layers; empty where no artifact knows the pair of models."""
    evidence: Evidence = "prior"
    """What `p_good` rests on."""
    certified: bool = False
    """A valid certificate says that it is non-inferior in this use case, whatever `p_good` rests on."""
    cost_nanos: int | None = None
    """Expected cost in nano-dollars; `None` where a price is unknown."""
    veto: str | None = None
    """The constraint that excludes this candidate, if one does; see `suffice.policy.constraints`."""
    provider: str = ""
    """Who serves it, where that is another provider than the one that was asked."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a policy asks of a candidate in one use case."""

    evidence: Evidence = "certified"
    """The least that an estimate must rest on."""
    bar: float = 0.85
    """What `bar_on` must reach, in [0, 1]."""
    bar_on: BarOn = "p_good"
    """The estimate itself, or the lower end of its interval."""
    stakes_ratio: float = 10.0
    """The baseline serves where the stakes are more than this many times the expected saving."""
    usual_evidence: Evidence | None = None
    """What `evidence` is otherwise, while a spent budget lowers it; `None` where none does."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Which model should serve, and why: the engine's whole return value and its own explanation.

    It holds all that the choice was made on, and no text of the request: what would have flipped the choice can be
    said from it alone.
    """

    baseline: str
    """As the client asked for it."""
    model: str
    """The choice. Equal to `baseline` where nothing cheaper suffices."""
    reason: str
    """One constant of `suffice.policy.reasons`."""
    task: str | None = None
    """The recognised task category, if any."""
    bucket: str = ""
    """The use case that evidence is looked up by."""
    scores: Mapping[str, Score] = {}
    estimates: tuple[Estimate, ...] = ()
    baseline_cost_nanos: int | None = None
    """Expected cost of the baseline's answer in nano-dollars; `None` where its price is unknown."""
    input_tokens_estimated: int | None = None
    cached_tokens_estimated: int = 0
    """Subset of them that the provider's prompt cache is taken to serve."""
    output_tokens_estimated: int | None = None
    """Of an answer of usual length, whichever model writes it."""
    stakes_nanos: int | None = None
    """What a bad answer would cost, as the client or the policy says."""
    terms: Terms = Terms()
    policy: str = ""
    """The fingerprint of the policy that decided."""
    predictor: str = ""
    """The fingerprint of the predictor that it asked."""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Tokens of one call in one convention for all providers: totals, and subsets of them.

    `input_tokens` counts everything sent, cached or not; `output_tokens` everything generated, visible or not.
    OpenAI reports input with the cached part inside, Anthropic without it: `suffice.ledger.usage` reads both into this.
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    """Subset of `input_tokens` that the provider's cache served."""
    cache_write_tokens: int = 0
    """Subset of `input_tokens` written to the provider's cache, one-hour writes included."""
    cache_write_1h_tokens: int = 0
    """Subset of `cache_write_tokens` with the one-hour price."""
    reasoning_tokens: int = 0
    """Subset of `output_tokens` that is not shown."""
    input_audio_tokens: int = 0
    """Subset of `input_tokens`."""
    output_audio_tokens: int = 0
    """Subset of `output_tokens`."""
    web_searches: int = 0
    """Searches that the provider ran and bills by the piece."""
    service_tier: str | None = None
    """The tier that served, as the response says it; `None` if it says nothing."""
    source: Literal["reported", "estimated"] = "reported"


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What became of one request: the record a worker spools before the response ends. Holds no prompt text."""

    id: str
    """The decision id that the client sees in `x-suffice-decision`."""
    received_ns: int
    """Unix time in nanoseconds."""
    provider: str
    api: ClientApi
    method: str = "POST"
    path: str = ""
    """Path without query, for `passthrough` only."""
    feature: str = "untagged"
    session: str = ""
    stream: bool = False
    requested_model: str = ""
    served_model: str | None = None
    """The model that the response names; `None` if it names none."""
    status: int | None = None
    """HTTP status sent to the client."""
    ending: Ending = "complete"
    fault: str | None = None
    """The code of what went wrong on our side or the upstream's; `None` if nothing did."""
    usage: Usage | None = None
    duration_us: int = 0
    first_byte_us: int | None = None
    """From arrival to the first body byte sent to the client."""
    decide_us: int = 0
    decided_model: str | None = None
    """What `engine.decide` chose in the shadow; `None` if it could not decide."""
    reason: str = ""
    task: str | None = None
    p_good: float | None = None
    evidence: Evidence | None = None
    demands: Mapping[str, float] = {}
    """Layer name to demand, abstentions left out."""
    policy: str = ""
    """The fingerprint of the policy that decided."""
    predictor: str = ""
    """The fingerprint of the predictor that it asked."""
    leg: Leg = "served"
    parent: str = ""
    """The id of the served call that a discarded or shadow call belongs to."""
    mode: str = ""
    """"route" where the choice was served, "observe" where it was only written down; "" where nothing was decided."""
    arm: Arm = ""
    propensity: float | None = None
    """Probability that this session was put into the routed arm; `None` where no dice were cast."""
    bucket: str = ""
    """The use case that the decision was made in."""
    sent_model: str = ""
    """The model that the provider was asked for; empty if it is the one that the client asked for. A model that is
    served elsewhere keeps the name that it has with its own provider."""
    requested_provider: str = ""
    """The provider that the client asked, where another was called: then `provider` is the one that was called."""
    decided_provider: str = ""
    """Whose `decided_model` is, where that is another provider than the one that the client asked."""
    expected_nanos: int | None = None
    """What the baseline's answer was expected to cost, known before the choice."""
    signals: tuple[str, ...] = ()
    """What speaks against an answer without a grader: retry, regenerate, length, contract, empty, refusal; and what was
    done about it: escalated, fallback."""


class LoggedCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of a log, in one form whatever wrote it: what use cases are found in and trials draw from.

    Holds prompts and answers: it is kept apart from the ledger.
    """

    id: str
    """The log's own id, or a digest of the line: the same line read twice has one id."""
    source: str
    """The importer that read it."""
    model: str
    """What was asked for: the baseline."""
    request: Mapping[str, Any]
    """The body, in the shape of `api`. Untrusted: any value may have any type."""
    response: Mapping[str, Any] | None = None
    """The body of the answer, in the shape of `api`; `None` if the log has none."""
    api: ClientApi = "chat_completions"
    provider: str = ""
    """As the catalog and the settings name it; empty if the log does not say."""
    received_ns: int | None = None
    """Unix time; `None` if the log does not say."""
    feature: str = "untagged"
    session: str = ""
    expected: Any = None
    """The right answer, where there is one: text, number, list or object."""
    usage: Usage | None = None
    cost_nanos: int | None = None
    """As the log says it, in nano-dollars; `None` is unknown."""
    status: int | None = None
    duration_ms: float | None = None
