"""Every setting there is, with its type, default and meaning; `docs/configuration.md` is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from suffice.config.budgets import BudgetSettings, Economised, Limit, WhenSpent
from suffice.config.elsewhere import ElsewhereSettings
from suffice.config.secret import Secret
from suffice.types import BarOn, Evidence, WireFormat

Mode = Literal["observe", "route", "off"]
Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
Share = Annotated[float, Meta(ge=0, le=1)]
Dollars = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Names = tuple[str, ...]
Shares = tuple[Share, ...]
Reference = Literal["expected", "baseline", "none"]

REDACTIONS: Names = ("secrets", "personal")
"""The built-in sets of `captures.redact`."""

_KIB = 1024
_MIB = 1024 * 1024


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where suffice listens, and how much it takes in."""

    host: str = "127.0.0.1"
    """Address or host name to listen on. `0.0.0.0` is every interface; see `access_token` first."""
    port: Port = 8080
    """TCP port to listen on."""
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    """Worker processes that share the port. One per core is plenty."""
    max_body_mib: Annotated[int, Meta(ge=1, le=1024)] = 32
    """Largest request body in MiB; a larger one is answered with 413."""
    read_body_mib: Annotated[int, Meta(ge=0, le=1024)] = 8
    """Bodies up to this size in MiB are read to decide on; larger ones are forwarded unread.
    At most `max_body_mib`."""
    max_header_kib: Annotated[int, Meta(ge=8, le=1024)] = 64
    """Largest request head in KiB: request line and all headers together."""
    access_token: Secret | None = None
    """`"env:NAME"`: the token that clients must send, in place of a provider key or in `x-suffice-token`, read
    from the variable NAME. It is never forwarded.
    Required where `host` is not loopback and a provider's `key` is the operator's: otherwise whoever reached
    the port could spend that key."""

    @property
    def max_body_bytes(self) -> int:
        """Largest request body in bytes."""
        return self.max_body_mib * _MIB

    @property
    def read_body_bytes(self) -> int:
        """Largest body that is read to decide on, in bytes."""
        return self.read_body_mib * _MIB

    @property
    def max_header_bytes(self) -> int:
        """Largest request head in bytes."""
        return self.max_header_kib * _KIB


class DataSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger lives."""

    directory: Path = Path("suffice-data")
    """Folder of `ledger.db` and the workers' spools; made if it is missing. In the file, a relative path
    starts at the file's own folder; in a variable or on the command line, at the current folder."""
    keep_decisions_days: Annotated[int, Meta(ge=0, le=3660)] = 30
    """Days that whole decisions are kept for `suffice explain --decision`, without any text of the prompt;
    0 keeps none."""


class ObservationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to watch, and what the projection takes for granted."""

    days: Annotated[int, Meta(ge=1, le=366)] = 14
    """Days of traffic that the projection is meant to rest on; the report says "day N of" this."""
    evidence: Evidence = "prior"
    """What the shadow decisions of observation mode rest on, in place of `evidence` in `[policy]`: nothing is
    served by them, so `prior` shows on the first day what routing could save. `calibrated` or `certified` shows
    what would be served with what has been learned or proved so far."""


class PolicySettings(msgspec.Struct, frozen=True, kw_only=True):
    """When a cheaper model may serve in place of the one that was asked for."""

    evidence: Evidence = "certified"
    """The least that must be known of a candidate before it serves: `certified`, a valid certificate for the use
    case; `calibrated`, an estimate that was fitted on outcomes; `prior`, the defaults of each task category, for
    those who skip the bake-off knowingly. Observation mode serves nothing and has its own, in `[observation]`."""
    bar: Share = 0.85
    """Probability of an answer as good as the baseline's that a cheaper candidate must reach."""
    bar_on: BarOn = "p_good"
    """What must reach the bar: the estimate itself, or `p_low`, the lower end of its 90% interval."""
    stakes_ratio: Annotated[float, Meta(gt=0, le=1_000_000)] = 10.0
    """The baseline serves where a bad answer would cost more than this many times what routing is expected to
    save on the request."""
    allow: Names | None = None
    """Models that may stand in for the one that was asked for, by their names in the catalog; without it all may."""
    deny: Names = ()
    """Models that may not."""


class RouteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Route mode: how the choice is put into effect where it is served."""

    holdout: Annotated[float, Meta(ge=0, lt=1)] = 0.05
    """Share of sessions that stay on the model that was asked for, at random: what savings are measured against.
    Without a holdout there is nothing to measure, and savings are only modelled."""
    ramp: Shares = (0.05, 0.25, 1.0)
    """Shares of the other sessions that are routed, one step after another; each rises. Begins when a use case is
    switched on, and anew with each certificate."""
    ramp_step_hours: Annotated[float, Meta(gt=0, le=8784)] = 24.0
    """Hours that each step but the last holds."""
    salt: str = ""
    """Of the dice that say which session is where: another salt is another holdout."""
    response_model: Literal["requested", "served"] = "requested"
    """What an answer names as its `model`: what the client asked for, so that a client that compares goes on, or
    what served it. `x-suffice-model` always names what served."""
    switch_margin: Annotated[float, Meta(ge=0, le=1000)] = 0.25
    """A conversation changes its model only where what that is expected to save exceeds the prompt cache that it
    loses by this share of it."""
    cache_minutes: Annotated[float, Meta(ge=0, le=1440)] = 5.0
    """Minutes after which a provider's prompt cache is taken to have forgotten a conversation, so that a change of
    model loses nothing."""
    across_providers: Names = ()
    """Providers whose models may serve in the place of another provider's, such as `["anthropic", "gemini"]`; none
    unless named here. Each needs a `key` of its own: a client's key goes to no provider but the one that it asked.
    Chat completions only; see docs/route.md."""


class GuardSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What watches over use cases in route mode, and takes them back to the baseline; see docs/safety.md."""

    shadow_share: Share = 0.01
    """Share of the requests with a random arm that the other model answers as well, in the shadow, to be graded: the
    baseline where the cheaper one served, the cheaper one in the holdout. 0 asks nothing."""
    shadow_usd_per_day: Dollars = 5.0
    """What these calls and their grading may cost in a day (UTC), in US dollars, all workers together."""
    shadow_concurrency: Annotated[int, Meta(ge=1, le=100)] = 2
    """Of these calls so many at a time in each worker."""
    interval_s: Annotated[float, Meta(gt=0, le=86400)] = 60.0
    """Seconds between two looks at what was seen."""
    alpha: Annotated[float, Meta(gt=0, le=0.5)] = 0.05
    """How often a use case whose candidates are no worse than the tolerance may be taken back wrongly, in the whole
    life of its certificates."""
    demote: bool = True
    """Whether a use case that is shown to be harmed goes back to the baseline at once; otherwise it is only told."""
    webhook: str | None = None
    """An address that is told of each event by a POST with JSON; see docs/safety.md."""
    webhook_secret: Secret | None = None
    """`"env:NAME"`: the variable NAME holds the key that these are signed with."""


class CertificateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Certificates in use: how often `suffice serve` looks whether they still hold."""

    check_every_hours: Annotated[float, Meta(ge=0, le=720)] = 24.0
    """Hours between two looks at drift; 0 never looks. The false-alarm rate that docs/policy.md states is for one
    look a day."""
    void: bool = True
    """Whether a certificate that drift has voided is taken out of the policy at once; otherwise it is logged, and
    `suffice policy check --void` does it."""


class FeatureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What differs for the requests of one `x-suffice-feature`."""

    evidence: Evidence | None = None
    """In place of `evidence` in `[policy]`."""
    bar: Share | None = None
    """In place of `bar` in `[policy]`."""
    stakes_usd: Dollars | None = None
    """What a bad answer costs, in US dollars, where the request itself does not say (`x-suffice-stakes-usd`)."""
    allow: Names | None = None
    """Models that may serve here; those that `[policy]` leaves out stay out."""
    deny: Names = ()
    """Models that may not serve here, beside those of `[policy]`."""
    budget_usd_per_day: Limit | None = None
    """What this use case may spend in a day (UTC), in US dollars; in place of `usd_per_day` in `[budgets]`."""
    budget_usd_per_month: Limit | None = None
    """The same for a calendar month; in place of `usd_per_month` in `[budgets]`."""
    when_spent: WhenSpent | None = None
    """What happens when this use case's budget is spent; in place of `when_spent` in `[budgets]`."""
    economise_evidence: Economised | None = None
    """The evidence that is enough while it economises; in place of `economise_evidence` in `[budgets]`."""


class GraderSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What tells whether an answer in this bucket is good: one grader, and how it reads an answer."""

    kind: str
    """Which grader; docs/graders.md lists them, with the keys that each reads."""
    reference: Reference = "expected"
    """What an answer is held against: `expected`, the right answer that comes with the request (a request without
    one gets no verdict), or `baseline`, the baseline's own answer: then a candidate can lose but never win, and the
    difference is minus the share of requests where it answers otherwise. `none`: nothing (`regex` only)."""
    field: str | None = None
    """The answer is JSON, perhaps in a code fence: grade this field of it. A dot goes one level down."""
    pattern: str | None = None
    """A regular expression: what its first group (else all of it) matches last in the answer is graded."""
    flags: str = ""
    """Of the regular expression: any of the letters `i` (case), `m` (lines), `s` (dot matches line ends)."""
    ignore_case: bool = False
    """Capital and small letters are the same."""
    ignore_spaces: bool = False
    """Spaces and line ends do not count."""
    literals: bool = False
    """Compare what the texts stand for in JSON or Python: `[1,2]` is `[1, 2]`, `"a"` is `'a'`."""
    relative_tolerance: Share = 0.000001
    """How far a number may be off, as a share of the right one."""
    absolute_tolerance: Annotated[float, Meta(ge=0, le=1_000_000_000)] = 0.0
    """How far a number may be off, in its own unit; the larger tolerance counts."""
    schema: Path | None = None
    """A file with the JSON Schema that an answer must keep, in place of the request's own. A relative path starts
    at the file's own folder."""
    fields: Names = ()
    """Fields of a JSON answer that must equal those of `reference`: the share that does is the score. `*` stands for
    all fields of the reference. Without any, keeping the schema is enough."""
    ignore_arguments: Names = ()
    """Arguments of tool calls that do not count: `NAME`, or `TOOL.NAME` for one tool only."""
    ignore_optional: bool = False
    """An argument that the tool does not require counts only where both sides give it: one side may spell out what
    the tool would take anyway."""
    loose_numbers: bool = False
    """In tool calls, a text that is a number equals that number: `"2"` is `2`."""
    ordered: bool = False
    """Parallel tool calls must come in the same order."""
    partial: bool = False
    """The score is the share that is right, not all or nothing: of tool calls, or of texts to contain."""
    command: Names = ()
    """The program and its arguments, run once for each answer, without a shell. It is handed the answer as JSON on
    standard input and prints its score; see docs/graders.md."""
    verdict: Literal["stdout", "exit_code"] = "stdout"
    """Where a command tells its verdict: what it prints, or its exit code: 0 is good, 1 is bad, others are none."""
    environment: Names = ()
    """Variables that a command is handed, beside `PATH` and its like: keys of providers are not, unless named."""
    function: str | None = None
    """`"module:function"`: called with the sample and the answer, returns the score; see docs/graders.md."""
    timeout_s: Seconds = 30.0
    """Seconds that a command, function or judge may take for one answer."""
    style: Literal["absolute", "pairwise"] = "absolute"
    """Ratings by people: of one answer, or of one answer beside another."""
    model: str | None = None
    """The judge's model, as `provider/model`."""
    rubric: str | None = None
    """What a judge goes by, in words. Without one: correct, complete, and what the request asks for."""


class BakeoffSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How trials of cheaper models are run: what `suffice bakeoff` does where its options do not say."""

    max_usd: Dollars | None = None
    """What one trial may cost at most, in US dollars, grading included. Without it, and without `--max-usd`, no trial
    runs: nothing is spent that nobody agreed to."""
    delta: Annotated[float, Meta(gt=0, le=1)] = 0.05
    """Tolerance: how much lower the mean score may be than the baseline's, on the grader's scale of 0 to 1."""
    alpha: Annotated[float, Meta(gt=0, le=0.5)] = 0.05
    """How often a verdict of EQUIVALENT may be wrong, and the false discovery rate over all rows of a trial."""
    concurrency: Annotated[int, Meta(ge=1, le=1000)] = 8
    """Calls to one provider that may be under way at once."""
    requests_per_minute: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    """Calls to one provider in a minute; without it only `concurrency` limits them."""
    attempts: Annotated[int, Meta(ge=1, le=20)] = 5
    """How often one call is tried while the provider is overloaded, limits the rate or breaks off."""
    twice_share: Share = 0.1
    """Share of the requests that the baseline answers twice, to see how far it disagrees with itself."""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for a provider, and for a client."""

    connect_timeout_s: Seconds = 10.0
    """Seconds that a connection to a provider may take to open."""
    read_timeout_s: Seconds = 600.0
    """Seconds that a provider may stay silent, before its first byte or between two; told up to a sixteenth later."""
    client_timeout_s: Seconds = 60.0
    """Seconds that a client may stay silent in the middle of a request; at twice as many at the latest it is
    cut off with 408."""
    candidate_timeout_s: Seconds = 60.0
    """Seconds that a model which suffice chose may stay silent before its first byte; then the baseline answers.
    A client that says how long it waits itself (the vendors' SDKs do) gives it at most half of that."""
    breaker_calls: Annotated[int, Meta(ge=1, le=1000)] = 20
    """A model that suffice chose is left alone when too many of so many last calls failed; each worker counts for
    itself."""
    breaker_least_calls: Annotated[int, Meta(ge=1, le=1000)] = 5
    """Fewer recent calls than this say nothing. At most `breaker_calls`."""
    breaker_failure_share: Annotated[float, Meta(gt=0, le=1)] = 0.5
    """Share of the recent calls that must have failed."""
    breaker_window_s: Seconds = 60.0
    """Seconds after which a call is no longer recent."""
    breaker_pause_s: Seconds = 5.0
    """Seconds that such a model is left alone before one call tries it again; twice as long each time it fails
    again, give or take a fifth."""
    breaker_longest_pause_s: Seconds = 300.0
    """Where that doubling ends, and the most that a provider's `retry-after` can ask for. At least
    `breaker_pause_s`."""
    breaker_probe_s: Seconds = 60.0
    """Seconds that the call which tries it again may take; without an outcome by then it has failed."""


class CaptureSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A random sample of requests and their answers, kept encrypted for later trials. Off unless switched on."""

    enabled: bool = False
    """Whether bodies are captured. Needs `key`."""
    key: Secret | None = None
    """`"env:NAME"`: the variable NAME holds the key that captures are encrypted with: 32 bytes as 64 hexadecimal
    digits or in base64, made for example by `openssl rand -hex 32`. After a comma, older keys may follow: they
    only open what was sealed with them. Do not call the variable `SUFFICE_CAPTURES_KEY`, which sets this setting."""
    share: Share = 1.0
    """Share of all calls that may be captured at all, drawn at random."""
    per_bucket: Annotated[int, Meta(ge=1, le=100_000)] = 100
    """Of each use-case bucket and day (UTC) so many calls are kept, drawn at random: rare buckets are kept whole."""
    max_body_kib: Annotated[int, Meta(ge=1, le=65_536)] = 256
    """A call whose request or answer is larger than this many KiB of JSON is not captured."""
    max_mib: Annotated[int, Meta(ge=1, le=1_048_576)] = 512
    """All files together stay below this many MiB; the oldest go first."""
    max_age_days: Annotated[int, Meta(ge=1, le=3660)] = 30
    """A capture is deleted when it is older than this many days, also when capturing is switched off."""
    redact: Names = REDACTIONS
    """What is replaced by placeholders before anything is written: `"secrets"` (API keys, tokens, private keys,
    card numbers, IBANs), `"personal"` (e-mail addresses, phone numbers, IP addresses), and functions of your own
    as `"module:function"`; see docs/captures.md."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """An API that requests can go to. Its name is its path: `/groq/v1/...` goes to `[providers.groq]`."""

    name: str
    """The name of the table; not a key."""
    base_url: str
    """Exactly what that vendor's SDK is given as its base URL. Known for the names listed below."""
    wire: WireFormat = "openai"
    """The wire format that it speaks."""
    secret: Secret | None = msgspec.field(default=None, name="key")
    """`"client"` forwards the key that the client sent. `"env:NAME"` sends the operator's own key, read from
    the variable NAME, in its place. A key is never written in the file."""
    prices: str | None = None
    """The provider's id in the genai-prices price book. Without one its costs are unknown, never zero."""
    default: bool = False
    """Whether it serves `/v1/...` paths that name no provider. At most one provider per wire format."""


BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "openai": {
        "base_url": "https://api.openai.com/v1",
        "wire": "openai",
        "prices": "openai",
        "default": True,
    },
    "anthropic": {
        "base_url": "https://api.anthropic.com",
        "wire": "anthropic",
        "prices": "anthropic",
        "default": True,
    },
}
"""The providers that exist without any configuration."""


def _built_in() -> dict[str, Provider]:
    return {name: Provider(name=name, **row) for name, row in BUILT_IN.items()}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, checked: what the composition root builds everything from."""

    mode: Mode = "observe"
    """`observe` forwards as asked, decides in the shadow and keeps the ledger; `route` serves the choice, as
    `[route]` says; `off` decides nothing. Holds until `suffice mode` sets another."""
    server: ServerSettings = ServerSettings()
    data: DataSettings = DataSettings()
    observation: ObservationSettings = ObservationSettings()
    policy: PolicySettings = PolicySettings()
    budgets: BudgetSettings = BudgetSettings()
    route: RouteSettings = RouteSettings()
    certificates: CertificateSettings = CertificateSettings()
    guard: GuardSettings = GuardSettings()
    bakeoff: BakeoffSettings = BakeoffSettings()
    limits: LimitSettings = LimitSettings()
    captures: CaptureSettings = CaptureSettings()
    features: Mapping[str, FeatureSettings] = {}
    """By the tag of `x-suffice-feature`."""
    graders: Mapping[str, GraderSettings] = {}
    """By bucket; `*` is for all that have none of their own."""
    elsewhere: Mapping[str, ElsewhereSettings] = {}
    """By `provider/model`: where the same model is served too."""
    providers: Mapping[str, Provider] = msgspec.field(default_factory=_built_in)
    """By name: the built-in ones and those with a table."""
