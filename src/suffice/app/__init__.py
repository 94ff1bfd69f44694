"""The one composition root: puts the parts together, and is the only place that reads the clock and draws ids."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook, price_ids
from suffice.config import Settings, load
from suffice.engine import Engine
from suffice.errors import ConfigError, PolicyError
from suffice.evidence import graders
from suffice.layers import LAYERS
from suffice.ledger.projection import OutputRate
from suffice.policy.configured import policy_from
from suffice.policy.cost import Verbosity
from suffice.policy.judge import Known
from suffice.policy.policy import Policy
from suffice.policy.published import Published, fingerprint_of, with_published
from suffice.proxy.guard import Guard
from suffice.proxy.recorder import Recorder
from suffice.quality.predictor import Predictor, PriorPredictor
from suffice.store.artifacts import DIRECTORY, Artifacts
from suffice.store.decisions import first_id
from suffice.store.policies import DIRECTORY as POLICIES
from suffice.store.policies import Policies
from suffice.store.sqlite import SqliteStore
from suffice.store.switch import SwitchFile
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.store.trials import TRIALS, TrialStore
from suffice.upstream.vendors import load_vendors

if TYPE_CHECKING:
    from suffice.evidence.watch import Watch
    from suffice.proxy.captures.taking import Captures
    from suffice.store.captures.keeping import Keeping
    from suffice.store.cipher import AesGcm

LEDGER = "ledger.db"
"""The ledger's file in the data directory."""
SPOOLS = "spool"
"""The workers' spools in the data directory."""

CAPTURES = "captures"
"""Captured calls in the data directory."""


def settings_from(path: Path | None) -> Settings:
    """Reads the settings from a file, if there is one, and the environment.

    Raises:
        ConfigError: Something in them cannot be used.
    """
    catalog = Catalog.load(at_ns=time.time_ns())
    return load(
        path,
        os.environ,
        load_vendors(),
        price_ids=price_ids(),
        models=catalog.names(),
        catalog_providers=catalog.candidates().keys(),
        grader_problems=graders.problems_of,
    )


def engine_from(
    settings: Settings,
    learned: tuple[str, bytes] | None = None,
    published: tuple[str, bytes] | None = None,
    *,
    serving: bool = False,
    at_ns: int | None = None,
) -> Engine:
    """Returns the engine that decides with these settings.

    Args:
        settings: All of them.
        learned: An artifact's fingerprint and bytes; `None` for the defaults of each kind of task.
        published: A policy's fingerprint and bytes; `None` for what the settings say alone.
        serving: Decide as would be served, also where the mode only observes.
        at_ns: Unix time whose prices count; today's without it.

    Raises:
        PolicyError: One of the artifacts cannot be used.
    """
    catalog = Catalog.load(at_ns=time.time_ns() if at_ns is None else at_ns)
    predictor, known = (PriorPredictor(), Known()) if learned is None else learned_from(*learned)
    policy = None if published is None else published_from(*published)
    return Engine(
        layers=LAYERS,
        predictor=predictor,
        policy=with_published(policy_from(settings, catalog.names(), serving=serving), policy),
        resolve=catalog.resolve,
        across=catalog.across(settings.route.across_providers),
        known=_with_scheme(settings, known, policy),
        serving=with_published(policy_from(settings, catalog.names(), serving=True), policy),
    )


def worker_engine_from(
    settings: Settings, learned: tuple[str, bytes] | None = None, published: tuple[str, bytes] | None = None
) -> Engine:
    """Returns the engine of a worker: what it is switched to is not in the settings, so it knows both policies.

    Args:
        settings: All of them.
        learned: As `engine_from` takes it.
        published: The same.

    Raises:
        PolicyError: One of the artifacts cannot be used.
    """
    observing = msgspec.structs.replace(settings, mode="observe")
    return engine_from(observing, learned, published)


def switch_file_from(settings: Settings) -> SwitchFile:
    """Returns where the switch of this configuration is kept."""
    return SwitchFile(settings.data.directory)


def serving_policy_from(settings: Settings, published: Published | None = None) -> Policy:
    """Returns the policy that would serve traffic, also where the mode only observes.

    Args:
        settings: All of them.
        published: What was certified, if anything was.
    """
    configured = policy_from(settings, Catalog.load(at_ns=time.time_ns()).names(), serving=True)
    return with_published(configured, published)


def published_from(fingerprint: str, data: bytes) -> Published:
    """Returns the policy of an artifact.

    Args:
        fingerprint: The name that it goes by.
        data: Its bytes.

    Raises:
        PolicyError: It cannot be used, or is not what its name says.
    """
    if fingerprint_of(data) != fingerprint:
        raise PolicyError(f"the policy {fingerprint} is damaged: its content has another fingerprint")
    return Published.decode(data, name=f"the policy {fingerprint}")


def policies_from(settings: Settings) -> Policies:
    """Returns the folder of published policies of this configuration."""
    return Policies(settings.data.directory / POLICIES)


def learned_from(fingerprint: str, data: bytes) -> tuple[Predictor, Known]:
    """Returns the predictor of an artifact, and what else it knows of use cases.

    Args:
        fingerprint: The name that it goes by.
        data: Its bytes.

    Raises:
        PolicyError: It cannot be used, or is not what its name says.
    """
    # Here, because it brings numpy: a worker that has learned nothing does without.
    from suffice.quality import clusters  # noqa: PLC0415 -- see above
    from suffice.quality.artifact import Artifact  # noqa: PLC0415 -- see above
    from suffice.quality.fitted import FittedPredictor  # noqa: PLC0415 -- see above

    artifact = Artifact.decode(data)
    if artifact.fingerprint != fingerprint:
        raise PolicyError(f"the artifact {fingerprint} is damaged: its content has another fingerprint")
    predictor = FittedPredictor(artifact)
    verbosity = Verbosity(
        {
            (bucket, model): factor
            for bucket, models in artifact.verbosity.items()
            for model, factor in models.items()
        }
    )
    if predictor.clusters is None:
        return predictor, Known(verbosity=verbosity)
    bucket_of = partial(clusters.bucket_of, clusters=predictor.clusters)
    return predictor, Known(verbosity=verbosity, bucket_of=bucket_of)


def artifacts_from(settings: Settings) -> Artifacts:
    """Returns the folder of artifacts of this configuration."""
    return Artifacts(settings.data.directory / DIRECTORY)


def schemes_from(settings: Settings) -> Artifacts:
    """Returns the folder of bucket schemes of this configuration."""
    return Artifacts(settings.data.directory / "schemes", what="bucket scheme")


def references_from(settings: Settings) -> Artifacts:
    """Returns the folder of the references that drift is measured against."""
    return Artifacts(settings.data.directory / "references", suffix=".reference", what="reference")


@contextmanager
def watch_from(settings: Settings) -> Iterator[Watch]:
    """Lends what certificates are looked at with: the ledger and the logged calls, as far as they are there."""
    # Here, because it brings numpy: only who looks at certificates needs it.
    from suffice.evidence.watch import Watch  # noqa: PLC0415 -- see above

    folder = settings.data.directory
    ledger = SqliteStore(folder / LEDGER, read_only=True) if (folder / LEDGER).exists() else None
    traffic = traffic_from(settings, read_only=True) if (folder / TRAFFIC).exists() else None
    try:
        yield Watch(
            references=references_from(settings),
            name_of=Catalog.load(at_ns=time.time_ns()).name_of,
            ledger=ledger,
            traffic=traffic,
        )
    finally:
        for store in (ledger, traffic):
            if store is not None:
                store.close()


def id_maker() -> Callable[[], str]:
    """Returns a function that makes ids which sort by time and are unique across processes: 30 hexadecimal digits."""
    process = os.urandom(6).hex()
    count = itertools.count()
    return lambda: f"{first_id(time.time_ns())}{process}{next(count):07x}"


def price_book_from(settings: Settings) -> PriceBook:
    """Returns the prices of the configured providers."""
    return PriceBook(
        {provider.name: provider.prices for provider in settings.providers.values() if provider.prices}
    )


def output_rate_from(settings: Settings, *, now_ns: int) -> OutputRate:
    """Returns what prices an output token: at the provider that was asked, else at the model's own.

    Args:
        settings: With the providers.
        now_ns: Unix time whose prices count.
    """
    prices, catalog = price_book_from(settings), Catalog.load(at_ns=now_ns)

    def rate(provider: str, model: str) -> int | None:
        for one in (provider, *catalog.providers_of(model)):
            cards = prices.cards(provider=one, model=model, at_ns=now_ns)
            if cards:
                return cards[-1][1].output
        return None

    return rate


def captures_from(settings: Settings, guard: Guard, worker: str) -> Captures | None:
    """Returns what captures in a worker; `None` while that is off.

    Args:
        settings: All of them.
        guard: Counts what fails.
        worker: The worker's name.

    Raises:
        ConfigError: There is no key that can be used, or a function that redacts cannot be imported.
    """
    asked = settings.captures
    if not asked.enabled:
        return None
    # Here, because it brings libraries that a worker does without while capturing is off.
    from suffice.proxy.captures.redaction import finders_of  # noqa: PLC0415 -- see above
    from suffice.proxy.captures.taking import Captures  # noqa: PLC0415 -- see above
    from suffice.store.captures.files import CaptureFiles  # noqa: PLC0415 -- see above

    cipher = capture_cipher_from(settings)
    if cipher is None:
        raise ConfigError('captures are never written in the clear: add key = "env:NAME" to [captures]')
    files = CaptureFiles(settings.data.directory / CAPTURES, worker=worker)
    return Captures(asked, finders_of(asked.redact), files, cipher, guard)


def capture_cipher_from(settings: Settings) -> AesGcm | None:
    """Returns what opens captures, and seals bodies at rest; `None` if no key is configured.

    Raises:
        ConfigError: The key cannot be used.
    """
    if settings.captures.key is None:
        return None
    from suffice.store.cipher import cipher_of  # noqa: PLC0415 -- brings cryptography, which few need

    return cipher_of(settings.captures.key)


def keeping_from(settings: Settings) -> Keeping | None:
    """Returns what deletes and thins this configuration's captures; `None` where there are none and will be none.

    Raises:
        ConfigError: The key cannot be used.
    """
    directory = settings.data.directory / CAPTURES
    if not settings.captures.enabled and not directory.is_dir():
        return None
    from suffice.store.captures.keeping import Keeping  # noqa: PLC0415 -- few need what it brings

    return Keeping(
        directory,
        max_bytes=settings.captures.max_mib * 1024 * 1024,
        max_age_days=settings.captures.max_age_days,
        cipher=capture_cipher_from(settings),
        now_ns=time.time_ns,
    )


def traffic_from(settings: Settings, *, read_only: bool = False) -> TrafficStore:
    """Returns the store of this configuration's logged calls; bodies are sealed where `[captures]` has a key.

    Args:
        settings: All of them.
        read_only: For commands that only look: never makes or changes the file.

    Raises:
        ConfigError: The key cannot be used.
    """
    return TrafficStore(
        settings.data.directory / TRAFFIC, read_only=read_only, cipher=capture_cipher_from(settings)
    )


def trials_from(settings: Settings, *, read_only: bool = False) -> TrialStore:
    """Returns the journal of this configuration's trials; answers are sealed where `[captures]` has a key.

    Args:
        settings: All of them.
        read_only: For commands that only look: never makes or changes the file.

    Raises:
        ConfigError: The key cannot be used.
    """
    return TrialStore(
        settings.data.directory / TRIALS, read_only=read_only, cipher=capture_cipher_from(settings)
    )


def recorder_from(settings: Settings) -> Recorder:
    """Returns the recorder that moves this configuration's spools into its ledger."""
    prices = price_book_from(settings)
    store = SqliteStore(settings.data.directory / LEDGER)
    return Recorder(
        settings.data.directory / SPOOLS,
        store,
        prices.cost,
        keep_decisions_days=settings.data.keep_decisions_days,
        now_ns=time.time_ns,
    )


def _with_scheme(settings: Settings, known: Known, policy: Published | None) -> Known:
    """What is known of use cases, with those of untagged traffic as the policy's scheme finds them."""
    if policy is None or policy.scheme is None:
        return known
    # Here, because it brings numpy: a worker without a scheme does without.
    from suffice.quality.scheme import BucketScheme  # noqa: PLC0415 -- see above

    scheme = BucketScheme.decode(schemes_from(settings).read(policy.scheme))
    return known.under(scheme.bucket_of)
