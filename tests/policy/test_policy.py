from __future__ import annotations

from suffice.policy.policy import Certificate, Policy, Rule


def certificate(**fields: object) -> Certificate:
    given = {
        "bucket": "faq",
        "baseline": "big",
        "candidate": "small",
        "issued_ns": 10,
        "expires_ns": 20,
        **fields,
    }
    return Certificate(**given)  # type: ignore[arg-type] -- as the test says


def test_a_policy_is_named_by_its_content() -> None:
    assert Policy(bar=0.9).fingerprint == Policy(bar=0.9).fingerprint
    assert Policy(bar=0.9).fingerprint != Policy(bar=0.91).fingerprint
    assert len(Policy().fingerprint) == 12


def test_every_part_is_in_the_name() -> None:
    policies = [
        Policy(),
        Policy(evidence="prior"),
        Policy(bar_on="p_low"),
        Policy(stakes_ratio=5),
        Policy(allow=frozenset()),
        Policy(allow=frozenset({"a"})),
        Policy(deny=frozenset({"a"})),
        Policy(features={"faq": Rule()}),
        Policy(features={"faq": Rule(bar=0.5)}),
        Policy(certificates=(certificate(),)),
        Policy(certificates=(certificate(expires_ns=21),)),
    ]
    assert len({policy.fingerprint for policy in policies}) == len(policies)


def test_the_order_of_names_is_not_in_the_name() -> None:
    one, other = [frozenset(names) for names in (["a", "b", "c"], ["c", "b", "a"])]
    assert Policy(deny=one).fingerprint == Policy(deny=other).fingerprint
    rules = {"a": Rule(bar=0.5), "b": Rule(bar=0.6)}
    backwards = dict(reversed(rules.items()))
    assert Policy(features=rules).fingerprint == Policy(features=backwards).fingerprint


def test_a_feature_differs_only_where_it_says_so() -> None:
    policy = Policy(
        bar=0.9, evidence="calibrated", features={"faq": Rule(bar=0.0), "legal": Rule(evidence="certified")}
    )
    assert (policy.terms("faq").bar, policy.terms("faq").evidence) == (0.0, "calibrated")
    assert (policy.terms("legal").bar, policy.terms("legal").evidence) == (0.9, "certified")
    assert policy.terms("other") == policy.terms("untagged")
    assert policy.terms("other").bar == 0.9


def test_an_empty_allow_list_allows_nobody_and_no_list_everybody() -> None:
    assert Policy().allows("any", "faq")
    assert not Policy(allow=frozenset()).allows("any", "faq")


def test_a_feature_narrows_what_the_policy_allows_and_never_widens_it() -> None:
    policy = Policy(
        allow=frozenset({"a", "b"}),
        deny=frozenset({"b"}),
        features={"faq": Rule(allow=frozenset({"a", "b", "c"})), "legal": Rule(deny=frozenset({"a"}))},
    )
    assert [policy.allows(model, "faq") for model in "abc"] == [True, False, False]
    assert not policy.allows("a", "legal")
    assert policy.allows("a", "other")


def test_one_of_several_certificates_is_enough() -> None:
    policy = Policy(certificates=(certificate(), certificate(issued_ns=30, expires_ns=40)))
    held = [policy.certified("faq", "big", "small", at_ns=now) for now in (5, 15, 25, 35, 45)]
    assert held == [False, True, False, True, False]
    assert not policy.certified("faq", "big", "other", at_ns=15)
    assert not policy.certified("faq", "other", "small", at_ns=15)
    assert [policy.certifies("faq", name) for name in ("big", "other")] == [True, False]
    assert not policy.certifies("other", "big")


def test_stakes_of_a_feature() -> None:
    policy = Policy(features={"faq": Rule(stakes_nanos=5), "legal": Rule()})
    assert [policy.stakes_nanos(feature) for feature in ("faq", "legal", "other")] == [5, None, None]


def test_a_certificate_has_held_since_the_first_of_those_that_hold() -> None:
    def issued(issued_ns: int, expires_ns: int) -> Certificate:
        return Certificate(
            bucket="faq", baseline="big", candidate="small", issued_ns=issued_ns, expires_ns=expires_ns
        )

    policy = Policy(certificates=(issued(5, 10), issued(8, 20)))
    since = [policy.certified_since("faq", "big", "small", at_ns=at_ns) for at_ns in (4, 5, 9, 10, 20)]
    assert since == [0, 5, 5, 8, 0]
