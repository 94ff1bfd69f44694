from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from suffice.config import FeatureSettings, Secret, Settings, load
from suffice.errors import ConfigError
from suffice.evidence.graders import problems_of

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- never bound here
NO_MODE = 'mode must be "observe" or "off" or "route", not "serve"'
ELSEWHERE = 'unknown key "read_timeout" in [providers.openai]; did you mean "read_timeout_s" in [limits]?'
VENDORS = {"groq": {"base_url": "https://groq.example/v1", "wire": "openai", "prices": "groq"}}


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = folder / "suffice.toml"
    path.write_text(dedent(text))
    return load(path, environ or {}, VENDORS)


def refused(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """What a start-up is told, one problem an item, with the folder left out."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ)
    return caught.value.message.replace(f"{folder}/", "").split("\n")


def test_no_file_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {})
    assert settings.data.directory == tmp_path / "suffice-data"
    assert settings.providers == Settings().providers
    assert settings.server == Settings().server


def test_an_empty_file_gives_the_defaults_beside_it(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    assert settings.data.directory == tmp_path / "suffice-data"
    assert settings.limits == Settings().limits


def test_a_whole_file(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        mode = "off"
        server = { host = "0.0.0.0", port = 9000, workers = 2, access_token = "env:TOKEN" }
        data.directory = "ledger"
        [observation]
        days = 7
        [policy]
        bar = 1
        [limits]
        connect_timeout_s = 0.5
        [providers.openai]
        key = "env:KEY"
        [providers.acme]
        base_url = "http://acme.example:8000/"
        """,
        {"TOKEN": "t", "KEY": "sk-1"},
    )
    assert settings.mode == "off"
    assert (settings.server.host, settings.server.port, settings.server.workers) == (EVERYWHERE, 9000, 2)
    assert settings.server.access_token == Secret("t")
    assert settings.data.directory == tmp_path / "ledger"
    assert (settings.observation.days, settings.policy.bar, settings.limits.connect_timeout_s) == (
        7,
        1.0,
        0.5,
    )
    assert settings.providers["openai"].secret == Secret("sk-1")
    assert settings.providers["openai"].base_url == "https://api.openai.com/v1"
    acme = settings.providers["acme"]
    assert (acme.base_url, acme.wire, acme.secret, acme.prices, acme.default) == (
        "http://acme.example:8000", "openai", None, None, False,
    )  # fmt: skip
    assert "sk-1" not in repr(settings)


def test_a_known_vendor_is_its_name_alone(tmp_path: Path) -> None:
    assert "groq" not in loaded(tmp_path, "").providers
    groq = loaded(tmp_path, "[providers.groq]").providers["groq"]
    assert (groq.base_url, groq.prices) == ("https://groq.example/v1", "groq")
    assert loaded(tmp_path, "providers = { groq = {} }").providers["groq"] == groq


def test_a_chosen_default_replaces_the_built_in_one(tmp_path: Path) -> None:
    providers = loaded(tmp_path, "[providers.groq]\ndefault = true").providers
    assert [p.name for p in providers.values() if p.default] == ["anthropic", "groq"]
    assert not loaded(tmp_path, "[providers.openai]\ndefault = false").providers["openai"].default


def test_two_chosen_defaults_are_refused(tmp_path: Path) -> None:
    text = "[providers.groq]\ndefault = true\n[providers.openai]\ndefault = true"
    assert refused(tmp_path, text) == [
        "suffice.toml:2: [providers.openai] is the default for openai already: keep one of the two"
    ]


def test_variables_override_the_file_and_options_override_both(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text("[server]\nport = 1\n[limits]\nread_timeout_s = 1\n")
    environ = {
        "SUFFICE_SERVER_PORT": "2",
        "SUFFICE_LIMITS_READ_TIMEOUT_S": "2",
        "SUFFICE_PROVIDERS_OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "SUFFICE_PROVIDERS_GROQ_DEFAULT": "true",
    }
    settings = load(path, environ, VENDORS, options={"server.port": 3, "server.host": None})
    assert (settings.server.port, settings.limits.read_timeout_s) == (3, 2.0)
    assert settings.providers["openai"].base_url == "http://127.0.0.1:9/v1"
    assert settings.providers["groq"].default


@pytest.mark.parametrize(
    ("text", "less", "more"),
    [
        ("breaker_least_calls = 30", "breaker_least_calls = 30", "breaker_calls = 20"),
        ("breaker_longest_pause_s = 2", "breaker_pause_s = 5", "breaker_longest_pause_s = 2"),
    ],
)
def test_breakers_that_could_never_open_or_wait_are_refused(
    tmp_path: Path, text: str, less: str, more: str
) -> None:
    said = f"suffice.toml:2: {less} is more than {more}: lower it, or raise {more.split(maxsplit=1)[0]}"
    assert refused(tmp_path, f"[limits]\n{text}\n") == [said]


def test_all_that_is_wrong_is_told_at_once_each_at_its_line(tmp_path: Path) -> None:
    text = """\
        mode = "serve"
        portt = 3
        [server]
        prot = 1
        read_body_mib = 64
        [providers.openai]
        read_timeout = 3
        key = "env:NOKEY"
        [providers.acme]
        default = true
        [providers.Bad]
        base_url = "https://x.example"
        [sevrer]
        """
    assert refused(tmp_path, text, {"SUFFICE_POLICY_BAR": "2"}) == [
        f"suffice.toml:1: {NO_MODE}",
        'suffice.toml:2: unknown key "portt" outside any table; did you mean "port" in [server]?',
        'suffice.toml:4: unknown key "prot" in [server]; did you mean "port"?',
        "suffice.toml:5: read_body_mib = 64 is more than max_body_mib = 32: lower it, or raise max_body_mib",
        f"suffice.toml:7: {ELSEWHERE}",
        "suffice.toml:8: key refers to the variable NOKEY, which is not set: export NOKEY=... first",
        'suffice.toml:9: [providers.acme] needs base_url = "https://...", as its SDK is given',
        'suffice.toml:11: a provider is named with a-z, 0-9 and "-": write [providers.bad]',
        'suffice.toml:13: unknown key "sevrer" outside any table; did you mean "server"?',
        'SUFFICE_POLICY_BAR: bar must be a number from 0 to 1, not "2"',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server = 5", 'suffice.toml:1: "server" is a table: write [server] and its keys'),
        (
            "\nproviders = 'openai'",
            'suffice.toml:2: "providers" is a table: write [providers.NAME] and its keys',
        ),
        (
            "[[providers]]\nname = 'x'",
            'suffice.toml:1: "providers" is a table: write [providers.NAME] and its keys',
        ),
        ("[server]\nhost = 'a b'", "suffice.toml:2: host must be an address or a host name"),
        ("[server]\n\nport = { x = 1 }", "suffice.toml:3: port must be a whole number from 1 to"),
        ("[providers.gorq]", "suffice.toml:1: [providers.gorq] needs base_url"),
        ("[providers.gorq]", "did you mean [providers.groq]"),
        ("[providers.v1]\nbase_url = 'http://x'", "suffice.toml:1: /v1 is a path of its own"),
        (
            "[providers.me]\nbase_url = 'http://localhost:8080/v1'",
            "suffice.toml:2: base_url is the address of suffice itself",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_fix(tmp_path: Path, text: str, said: str) -> None:
    problems = refused(tmp_path, text)
    assert len(problems) == 1
    assert said in problems[0]


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "10.1.2.3"])
def test_an_operators_key_is_not_left_open_to_the_network(tmp_path: Path, host: str) -> None:
    text = f'[server]\nhost = "{host}"\n[providers.openai]\nkey = "env:KEY"\n'
    problems = refused(tmp_path, text, {"KEY": "sk-1"})
    assert len(problems) == 1
    assert problems[0].startswith("suffice.toml:2: host = ")
    assert 'add access_token = "env:NAME" to [server]' in problems[0]
    with_token = text.replace("[providers", 'access_token = "env:T"\n[providers', 1)
    assert loaded(tmp_path, with_token, {"KEY": "sk-1", "T": "t"}).server.host == host
    assert loaded(tmp_path, f'[server]\nhost = "{host}"\n').server.host == host


def test_an_option_is_held_to_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text('[providers.openai]\nkey = "env:KEY"\n')
    with pytest.raises(ConfigError, match=r"--host: host = .* is open to other machines"):
        load(path, {"KEY": "sk-1"}, options={"server.host": EVERYWHERE})
    with pytest.raises(ConfigError, match="--port: port must be a whole number"):
        load(path, {"KEY": "sk-1"}, options={"server.port": 70000})


def test_the_data_directory_is_a_folder_or_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    path = tmp_path / "suffice.toml"
    for given in ("taken", "taken/deeper"):
        path.write_text(f'[data]\ndirectory = "{given}"\n')
        with pytest.raises(
            ConfigError, match=r":2: directory must be a folder, or one that can be made, .*taken"
        ):
            load(path, {})
    path.write_text('[data]\ndirectory = "made/later"\n')
    assert load(path, {}).data.directory == tmp_path / "made" / "later"


def test_prices_are_checked_where_the_ids_are_known(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text('[providers.openai]\nprices = "opnai"\n')
    assert load(path, {}).providers["openai"].prices == "opnai"
    with pytest.raises(
        ConfigError, match=r':2: the price book has no provider "opnai"; did you mean "openai"'
    ):
        load(path, {}, price_ids=["openai", "anthropic"])


def test_features_are_tables_by_their_tags(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        [policy]
        evidence = "calibrated"
        bar_on = "p_low"
        allow = []
        deny = ["a", "b"]
        [observation]
        evidence = "certified"
        [features.contract-review]
        stakes_usd = 500
        [features."ticket triage (EU)"]
        evidence = "prior"
        bar = 0.8
        allow = ["c"]
        """,
    )
    assert (settings.policy.evidence, settings.observation.evidence) == ("calibrated", "certified")
    assert (settings.policy.allow, settings.policy.deny) == ((), ("a", "b"))
    assert settings.features == {
        "contract-review": FeatureSettings(stakes_usd=500.0),
        "ticket triage (EU)": FeatureSettings(evidence="prior", bar=0.8, allow=("c",)),
    }


def test_a_list_in_a_variable_has_commas(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "", {"SUFFICE_POLICY_DENY": "a, b,,", "SUFFICE_POLICY_ALLOW": ""})
    assert (settings.policy.deny, settings.policy.allow) == (("a", "b"), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("features = 1", 'suffice.toml:1: "features" is a table: write [features.NAME] and its keys'),
        ("[features]\nfaq = 1", 'suffice.toml:2: "faq" is a table: write [features.faq] and its keys'),
        ("[features.faq]\nbra = 1", 'suffice.toml:2: unknown key "bra" in [features.faq]; did you mean "bar"?'),
        ('[features."Schäden"]\nstakes_usd = 9', 'suffice.toml:1: no request could have the tag "Schäden"'),
        ('[features." faq"]\nstakes_usd = 9', "suffice.toml:1: no request could have the tag"),
        (f"[features.{'a' * 129}]\nstakes_usd = 9", "suffice.toml:1: no request could have the tag"),
        ("[features.faq]\nbar = 2", "suffice.toml:2: bar must be a number from 0 to 1, not 2"),
        ("[features.faq]\nstakes_usd = -1", "suffice.toml:2: stakes_usd must be a number from 0"),
        ("[features.faq]\nstakes_usd = nan", "suffice.toml:2: stakes_usd must be a number from 0"),
        ('[policy]\ndeny = "a"', "suffice.toml:2: deny must be a list of texts in quotes"),
        ("[policy]\ndeny = [1]", "suffice.toml:2: deny must be a list of texts in quotes"),
        ('[policy]\nevidence = "hope"', 'evidence must be "calibrated" or "certified" or "prior", not "hope"'),
        ("[policy]\nstakes_ratio = 0", "suffice.toml:2: stakes_ratio must be a number above 0"),
        ("[data]\nkeep_decisions_days = -1", "suffice.toml:2: keep_decisions_days must be a whole number from 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_policy_is_told_with_its_fix(tmp_path: Path, text: str, said: str) -> None:
    problems = refused(tmp_path, text)
    assert len(problems) == 1
    assert said in problems[0]


def test_models_are_checked_where_their_names_are_known(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text('[policy]\ndeny = ["gpt-5.4-mni", "gpt-5.4-mini"]\n[features.faq]\nallow = ["other"]\n')
    assert load(path, {}).policy.deny == ("gpt-5.4-mni", "gpt-5.4-mini")
    with pytest.raises(ConfigError) as caught:
        load(path, {}, models=["gpt-5.4-mini", "gpt-5.4-nano"])
    first, second = caught.value.message.splitlines()
    assert first.endswith(
        ':2: deny names "gpt-5.4-mni", which is not in the catalog; did you mean "gpt-5.4-mini"?'
    )
    assert second.endswith(
        ':4: allow names "other", which is not in the catalog; docs/models.md lists those that are'
    )
    path.write_text("")
    with pytest.raises(ConfigError, match='SUFFICE_POLICY_DENY: deny names "x"'):
        load(path, {"SUFFICE_POLICY_DENY": "x"}, models=["gpt-5.4-mini"])


CAPTURES = {"K": "0f" * 32, "SHORT": "abc"}


def test_captures_are_off_and_on_with_a_key(tmp_path: Path) -> None:
    assert not loaded(tmp_path, "").captures.enabled
    text = """
        [captures]
        enabled = true
        key = "env:K"
        share = 0.01
        redact = ["secrets", "our.names:customers"]
    """
    captures = loaded(tmp_path, text, CAPTURES).captures
    assert captures.key == Secret(CAPTURES["K"])
    assert (captures.share, captures.redact) == (0.01, ("secrets", "our.names:customers"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("enabled = true", "captures are never written in the clear"),
        ('enabled = true\nkey = "env:UNSET"', "key refers to the variable UNSET, which is not set"),
        ('key = "env:SHORT"', "what the variable of key holds is no key of 32 bytes"),
        ('key = "client"', 'key must be "env:NAME", with NAME a variable'),
        (f'key = "{"0f" * 32}"', "a secret is never written in the file itself"),
        ('redact = ["secret"]', 'redact names "secret"'),
        ('redact = ["mod:"]', 'redact names "mod:"'),
        ("share = 1.5", "share must be a number from 0 to 1"),
        ("per_bucket = 0", "per_bucket must be a whole number from 1"),
    ],
)
def test_captures_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = refused(tmp_path, f"[captures]\n{text}", CAPTURES)
    assert said in problem
    assert CAPTURES["K"] not in problem


def test_graders_are_read_by_bucket(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        """
        [graders."*"]
        kind = "judge"
        model = "openai/judge"
        timeout_s = 5

        [graders.invoices]
        kind = "json_schema"
        schema = "schemas/invoice.json"
        fields = ["total", "currency"]
        """,
    )
    assert list(settings.graders) == ["*", "invoices"]
    assert (settings.graders["*"].model, settings.graders["*"].timeout_s) == ("openai/judge", 5.0)
    assert settings.graders["invoices"].schema == tmp_path / "schemas/invoice.json"
    assert settings.graders["invoices"].fields == ("total", "currency")
    assert settings.graders["invoices"].reference == "expected"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[graders.a]", 'suffice.toml:1: [graders.a] needs kind = "...": docs/graders.md lists them'),
        ("graders = 1", 'suffice.toml:1: "graders" is a table: write [graders.NAME] and its keys on'),
        ("[graders.a]\nkind = 7", "suffice.toml:2: kind must be a text in quotes, not 7"),
        ('[graders.a]\nkind = "exact"\npatern = "x"', 'unknown key "patern" in [graders.a]; did you mean "pattern"'),
        ('[graders.a]\nkind = "exact"\nreference = "gold"', 'must be "baseline" or "expected" or "none", not "gold"'),
        ('[graders.a]\nkind = "json_schema"\nschema = 7', "suffice.toml:3: schema must be a path in quotes, not 7"),
        ('[graders.a]\nkind = "numeric"\nrelative_tolerance = 2', ":3: relative_tolerance must be a number from"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_grader_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    problems = refused(tmp_path, text)
    assert len(problems) == 1
    assert said in problems[0]


def test_graders_are_checked_where_the_kinds_are_known(tmp_path: Path) -> None:
    path = tmp_path / "suffice.toml"
    path.write_text(
        '[graders.a]\nkind = "regx"\n[graders.b]\nkind = "numeric"\nfield = "x"\nordered = true\n'
    )
    assert load(path, {}).graders["a"].kind == "regx"
    with pytest.raises(ConfigError) as caught:
        load(path, {}, grader_problems=problems_of)
    first, second = caught.value.message.splitlines()
    assert first.endswith(':2: [graders.a] there is no grader of kind "regx"; did you mean "regex"?')
    assert ':6: [graders.b] kind = "numeric" does not read ordered; it reads ' in second
