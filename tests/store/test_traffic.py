from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.errors import StoreError
from suffice.store.traffic import CallHead, Rejected, TrafficSpan, TrafficStore
from suffice.types import LoggedCall, Usage


class Sealing:
    """AES-GCM with the nonce in front."""

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)
        self._count = 0

    def seal(self, data: bytes) -> bytes:
        self._count += 1
        nonce = self._count.to_bytes(12, "big")
        return nonce + self._gcm.encrypt(nonce, data, None)

    def open(self, data: bytes) -> bytes:
        try:
            return self._gcm.decrypt(data[:12], data[12:], None)
        except InvalidTag as error:
            raise StoreError("no key opens it", code="sealed_traffic") from error


def call(number: int, **fields: object) -> LoggedCall:
    known: dict[str, object] = {
        "id": f"call-{number:04d}",
        "source": "openai_jsonl",
        "model": "gpt-5.4",
        "provider": "openai",
        "request": {"model": "gpt-5.4", "messages": [{"role": "user", "content": f"What is {number}?"}]},
        "response": {"choices": [{"message": {"content": f"It is {number}."}}]},
        "received_ns": number * 1_000,
        "usage": Usage(input_tokens=10 + number, output_tokens=5),
        "cost_nanos": 7,
    }
    return LoggedCall(**{**known, **fields})  # type: ignore[arg-type] -- fields of a test


@pytest.fixture
def store(tmp_path: Path) -> TrafficStore:
    return TrafficStore(tmp_path / "data" / "traffic.db")


def test_what_is_added_comes_back_in_the_order_of_ids(store: TrafficStore) -> None:
    calls = [call(number) for number in (3, 1, 2)]
    assert store.add(calls) == 3
    assert list(store.calls()) == sorted(calls, key=lambda one: one.id)


def test_a_call_of_a_known_id_is_passed_over(store: TrafficStore) -> None:
    assert store.add([call(1), call(2), call(1, model="other")]) == 2
    assert store.add([call(2, model="other"), call(3)]) == 1
    assert [one.model for one in store.calls()] == ["gpt-5.4"] * 3


def test_a_call_that_another_process_adds_meanwhile_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"

    class Overtaken(Sealing):
        def seal(self, data: bytes) -> bytes:
            with closing(TrafficStore(path)) as other:
                other.add([call(1)])
            return super().seal(data)

    with closing(TrafficStore(path, cipher=Overtaken(bytes(16)))) as store:
        assert store.add([call(1), call(2)]) == 1
        assert list(store.calls()) == [call(1), call(2)]


def test_more_calls_than_a_page_stream_whole(store: TrafficStore) -> None:
    store.add([call(number) for number in range(1300)])
    assert [one.id for one in store.calls()] == [f"call-{number:04d}" for number in range(1300)]


def test_a_store_may_be_written_while_it_is_read(store: TrafficStore) -> None:
    store.add([call(number) for number in range(1300)])
    for head in store.heads():
        store.assign([(head.id, "all")])
    assert {head.bucket for head in store.heads()} == {"all"}


def test_times_and_buckets_select(store: TrafficStore) -> None:
    store.add([call(number) for number in range(4)] + [call(9, received_ns=None)])
    store.assign([("call-0001", "a"), ("call-0003", "a"), ("call-0009", "b"), ("no-such", "a")])
    assert [one.id for one in store.calls(bucket="a")] == ["call-0001", "call-0003"]
    assert [one.id for one in store.calls(since_ns=1_000, until_ns=3_000)] == ["call-0001", "call-0002"]
    assert [one.id for one in store.heads(bucket="a", since_ns=2_000)] == ["call-0003"]


def test_heads_have_the_columns_of_their_calls(store: TrafficStore) -> None:
    store.add([call(1, feature="triage", session="s", usage=None, cost_nanos=None)])
    store.assign([("call-0001", "triage")])
    assert list(store.heads()) == [
        CallHead(
            id="call-0001",
            received_ns=1_000,
            feature="triage",
            session="s",
            model="gpt-5.4",
            provider="openai",
            api="chat_completions",
            input_tokens=None,
            output_tokens=None,
            cost_nanos=None,
            prompt_bytes=len('{"model":"gpt-5.4","messages":[{"role":"user","content":"What is 1?"}]}'),
            source="openai_jsonl",
            bucket="triage",
        )
    ]


def test_a_call_moves_to_the_last_bucket_that_it_was_put_into(store: TrafficStore) -> None:
    store.add([call(1)])
    store.assign([("call-0001", "a"), ("call-0001", "b")])
    assert list(store.calls(bucket="a")) == []
    assert len(list(store.calls(bucket="b"))) == 1


def test_get_keeps_the_order_asked_for(store: TrafficStore) -> None:
    store.add([call(number) for number in range(4)])
    found = store.get(["call-0002", "no-such", "call-0000"])
    assert [one.id for one in found] == ["call-0002", "call-0000"]


def test_documents_of_buckets_are_replaced_together(store: TrafficStore) -> None:
    store.add([])
    assert store.buckets() == []
    store.put_buckets([{"name": "b", "share": 0.5}, {"name": "a", "examples": ["Hi"]}])
    assert store.buckets() == [{"name": "b", "share": 0.5}, {"name": "a", "examples": ["Hi"]}]
    store.put_buckets([{"name": "c"}])
    assert store.buckets() == [{"name": "c"}]


def test_rejected_lines_are_kept_once(store: TrafficStore) -> None:
    line = Rejected(file="a.jsonl", line=7, reason="not_json: at 3", excerpt=b"{oops")
    store.reject([line, Rejected(file="a.jsonl", line=2, reason="no_model")])
    store.reject([line])
    assert [one.line for one in store.rejected()] == [2, 7]
    assert list(store.rejected())[1] == line


def test_span_counts_and_ignores_unknown_times(store: TrafficStore) -> None:
    store.add([call(1, received_ns=None)])
    assert store.span() == TrafficSpan(1, None, None)
    store.add([call(2), call(5)])
    assert store.span() == TrafficSpan(3, 2_000, 5_000)


def test_sealed_bodies_need_their_key(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    cipher = Sealing(bytes(32))
    store = TrafficStore(path, cipher=cipher)
    store.add([call(1, request={"messages": [{"role": "user", "content": "a secret"}]})])
    store.reject([Rejected(file="f", line=1, reason="not_json", excerpt=b"another secret")])
    store.put_buckets([{"examples": ["a third secret"]}])
    assert list(store.calls()) == store.get(["call-0001"])
    assert store.buckets() == [{"examples": ["a third secret"]}]
    assert [one.excerpt for one in store.rejected()] == [b"another secret"]
    store.close()
    assert b"secret" not in path.read_bytes()
    plain = TrafficStore(path)
    assert [head.id for head in plain.heads()] == ["call-0001"]
    with pytest.raises(StoreError) as caught:
        list(plain.calls())
    assert caught.value.code == "sealed_traffic"
    with pytest.raises(StoreError):
        list(TrafficStore(path, cipher=Sealing(bytes(31) + b"x")).calls())


def test_plain_and_sealed_bodies_live_together(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    TrafficStore(path).add([call(1)])
    sealing = TrafficStore(path, cipher=Sealing(bytes(32)))
    sealing.add([call(2)])
    assert list(sealing.calls()) == [call(1), call(2)]


@pytest.mark.parametrize("cipher", [None, Sealing(bytes(32))])
def test_calls_that_are_much_alike_take_little_room(tmp_path: Path, cipher: Sealing | None) -> None:
    path = tmp_path / "traffic.db"
    store = TrafficStore(path, cipher=cipher)
    calls = [call(number) for number in range(3000)]
    store.add(calls[:1500])
    store.add(calls[1500:])
    store.close()
    connection = sqlite3.connect(path)
    ((size,),) = connection.execute("SELECT AVG(LENGTH(body)) FROM bodies")
    connection.close()
    assert size < 110
    assert list(TrafficStore(path, read_only=True, cipher=cipher).calls()) == calls
    again = TrafficStore(path, cipher=cipher)
    again.add([call(number) for number in range(3000, 5000)])
    assert len(list(again.calls())) == 5000


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "what? #1 50%41" / "traffic.db"
    TrafficStore(path).add([call(1)])
    assert list(TrafficStore(path, read_only=True).calls()) == [call(1)]


def test_reading_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    with pytest.raises(StoreError) as caught:
        TrafficStore(path, read_only=True).span()
    assert caught.value.code == "no_traffic"
    assert not path.exists()
    TrafficStore(path).add([call(1)])
    assert list(TrafficStore(path, read_only=True).calls()) == [call(1)]


def test_a_file_that_is_no_database_is_an_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "traffic.db"
    path.write_bytes(b"not a database, by a long way, whatever it is called" * 10)
    with pytest.raises(StoreError) as caught:
        TrafficStore(path).add([call(1)])
    assert str(path) in caught.value.message


def test_a_damaged_body_is_an_error(store: TrafficStore, tmp_path: Path) -> None:
    store.add([call(1)])
    store.close()
    connection = sqlite3.connect(tmp_path / "data" / "traffic.db")
    with connection:
        connection.execute("UPDATE bodies SET body = x'00'")
    connection.close()
    with pytest.raises(StoreError) as caught:
        list(store.calls())
    assert caught.value.code == "damaged_traffic"


def test_all_of_a_batch_or_none(store: TrafficStore, tmp_path: Path) -> None:
    store.add([call(1)])
    lock = sqlite3.connect(tmp_path / "data" / "traffic.db")
    lock.execute("BEGIN IMMEDIATE")
    quick = TrafficStore(tmp_path / "data" / "traffic.db")
    quick._open().execute("PRAGMA busy_timeout = 1")
    with pytest.raises(StoreError):
        quick.add([call(2)])
    lock.rollback()
    lock.close()
    assert quick.add([call(2)]) == 1


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            call,
            st.integers(0, 9),
            expected=st.none()
            | st.text()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.lists(st.integers()),
            duration_ms=st.none() | st.floats(0, 1e9),
            feature=st.text(max_size=5),
            status=st.none() | st.integers(100, 599),
        )
    )
)
def test_the_first_of_each_id_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, calls: list[LoggedCall]
) -> None:
    store = TrafficStore(tmp_path_factory.mktemp("traffic") / "traffic.db")
    first = {one.id: one for one in reversed(calls)}
    assert store.add(calls) == len(first)
    assert store.add(calls) == 0
    assert list(store.calls()) == [first[id_] for id_ in sorted(first)]
    store.close()
