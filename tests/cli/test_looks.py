from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from entries import entry
from policed import Desk, policy

from suffice.app import LEDGER, settings_from
from suffice.cli._looks import CertificateLooks
from suffice.policy.published import VoidIf, unix_ns
from suffice.store.artifacts import POINTER
from suffice.store.sqlite import SqliteStore

HOUR_NS = 3_600_000_000_000


def drifting(folder: Path, extra: str = "") -> tuple[Desk, int]:
    """A policy in use whose baseline answers as another version since; and the time of its issue."""
    desk = Desk(folder)
    desk.config.write_text(f'[data]\ndirectory = "data"\n{extra}', "utf-8")
    certificate = desk.fresh(void_if=VoidIf(served={"gpt-5.4": ("gpt-5.4-2026-03-05",)}))
    desk.publish(policy(certificate))
    store, since_ns = SqliteStore(desk.data / LEDGER), unix_ns(certificate.issued)
    answers = [
        entry(
            number,
            feature="tickets",
            session=f"s{number}",
            received_ns=since_ns + 1 + number,
            requested_model="gpt-5.4",
            served_model="gpt-5.4-2026-09-01",
        )
        for number in range(40)
    ]
    store.append(answers, spool="test", moved_bytes=0)
    store.close()
    return desk, since_ns


def test_drift_voids_a_certificate_while_the_proxy_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk, since_ns = drifting(tmp_path)
    now_ns = since_ns + HOUR_NS
    looks = CertificateLooks(settings_from(desk.config), lambda: now_ns)
    with caplog.at_level(logging.WARNING):
        assert looks.glance()
    assert "the certificate of gpt-5.4-nano in 'tickets' is void: served: " in caplog.text
    shown = desk.told("policy", "show")["policy"]
    assert (shown["certificates"], len(shown["voided"])) == ([], 1)
    assert desk.policies.history()[-1].who == "suffice serve"


def test_it_looks_once_in_a_while_and_counts_others_looks(tmp_path: Path) -> None:
    desk, since_ns = drifting(tmp_path, "[certificates]\ncheck_every_hours = 2\nvoid = false\n")
    now_ns = [since_ns + HOUR_NS]
    looks = CertificateLooks(settings_from(desk.config), lambda: now_ns[0])
    assert [looks.glance(), looks.glance()] == [True, False]
    now_ns[0] += 2 * HOUR_NS
    desk.policies.note_look(now_ns[0] - HOUR_NS)
    assert not looks.glance()
    now_ns[0] += HOUR_NS
    assert looks.glance()
    assert desk.told("policy", "show")["policy"]["certificates"], "it was told to take nothing away"


def test_a_clock_that_was_set_back_does_not_end_the_looks(tmp_path: Path) -> None:
    desk, since_ns = drifting(tmp_path, "[certificates]\nvoid = false\n")
    now_ns = since_ns + HOUR_NS
    looks = CertificateLooks(settings_from(desk.config), lambda: now_ns)
    desk.policies.note_look(now_ns + HOUR_NS)
    assert not looks.glance(), "an hour back is no reason to look once more"
    desk.policies.note_look(now_ns + 1_000 * HOUR_NS)
    assert [looks.glance(), looks.glance()] == [True, False]


def test_switched_off_or_without_a_policy_it_never_looks(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    desk, since_ns = drifting(tmp_path / "a", "[certificates]\ncheck_every_hours = 0\n")
    assert not CertificateLooks(settings_from(desk.config), lambda: since_ns + HOUR_NS).glance()
    (tmp_path / "b").mkdir()
    empty = Desk(tmp_path / "b")
    assert not CertificateLooks(settings_from(empty.config), lambda: since_ns).glance()


def test_what_cannot_be_read_is_logged_and_tried_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk, since_ns = drifting(tmp_path)
    (desk.policies.draft.parent / POINTER).write_text("nonsense")
    looks = CertificateLooks(settings_from(desk.config), lambda: since_ns + HOUR_NS)
    with caplog.at_level(logging.WARNING):
        assert looks.glance()
    assert "could not be looked at" in caplog.text


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    desk, since_ns = drifting(tmp_path)
    stop = threading.Event()
    looks = CertificateLooks(settings_from(desk.config), lambda: since_ns + HOUR_NS)
    running = threading.Thread(target=looks.run, args=(stop,), kwargs={"wait_s": 0.01})
    running.start()
    while not desk.policies.looked_ns():
        pass
    stop.set()
    running.join(timeout=60)
    assert not running.is_alive()
