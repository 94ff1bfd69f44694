from __future__ import annotations

from suffice.evidence.importers._entries import Part
from suffice.evidence.parts import Parts


def part(key: str, kind: str) -> Part:
    return Part(key=key, kind=kind, entry={"kind": kind})


def test_parts_come_together_by_format_and_key_in_their_order() -> None:
    parts = Parts()
    for number, (format_, key) in enumerate([("b", "1"), ("a", "2"), ("a", "1"), ("b", "1"), ("a", "2")]):
        parts.add(format_, part(key, f"kind{number}"), file=f"file{number}", number=number)
    found = [(group.format, [one.kind for one in group.parts], group.file) for group in parts.groups()]
    parts.close()
    assert found == [
        ("a", ["kind2"], "file2"),
        ("a", ["kind1", "kind4"], "file1"),
        ("b", ["kind0", "kind3"], "file0"),
    ]


def test_more_parts_than_are_written_at_once_are_all_there() -> None:
    parts = Parts()
    for number in range(12_000):
        parts.add("a", part(str(number % 6000), str(number)), file="f", number=number)
    sizes = [len(group.parts) for group in parts.groups()]
    parts.close()
    assert sizes == [2] * 6000
