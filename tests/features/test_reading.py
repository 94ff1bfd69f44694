from __future__ import annotations

import pytest

from suffice.features.reading import ENTRIES, ENTRY_BYTES, Reading, file_names, forget, reading_of


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("Document 1: a\nDocument 2: b\nDocument 3: c", 3),
        ("Source A: tea\n\nSource B: coffee", 2),
        ("[Passage #1] a [Passage #2] b", 2),
        ("<document>a</document><document>b</document>", 2),
        ('<source id="1">a</source><source id="2">b</source>', 2),
        ("Document 1: a", 0),
        ("The document is long. This document: is short.", 0),
        ("", 0),
    ],
)
def test_documents_are_told_apart_by_number_or_tag(text: str, documents: int) -> None:
    assert reading_of(text).documents == documents


def test_source_files_are_told_from_other_dots() -> None:
    assert file_names("move src/a.py, `b.ts` and (c.go) to a.py, e.g. at 3.5 or example.com.") == {
        "src/a.py", "b.ts", "c.go", "a.py",
    }  # fmt: skip
    assert len(file_names(" ".join(f"m{number}.py" for number in range(5_000)))) == 64


@pytest.mark.parametrize("text", ["move src/a.py", "MOVE SRC/A.PY", "move a.\u212at"])
def test_the_case_of_a_source_files_name_does_not_matter(text: str) -> None:
    assert reading_of(text).files == 1


@pytest.mark.parametrize("text", ["`document 1. document 2. ", "Document 1. Document 2. "])
def test_numbers_after_a_noun_tell_nothing_in_running_text(text: str) -> None:
    assert reading_of(text).documents == 0
    assert reading_of(text + "\n").documents == 2


def test_blocks_between_fences_are_counted() -> None:
    assert reading_of("```py\na\n```\nand\n```\nb\n```").fences == 2


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Error: no such city", True),
        ("Traceback (most recent call last):\n  x", True),
        ("done " * 100 + "exit code 1", True),
        ('{"error": {"code": 404, "message": "not found"}}', True),
        ("Rain, 4 degrees.", False),
        ('{"rows": 3, "error": null}', False),
        ("42 passed, 0 errors", False),
        ("word " * 200 + "the error was small" + " word" * 200, False),
    ],
)
def test_a_failed_tools_output_is_recognised_by_its_ends(text: str, failure: bool) -> None:
    assert reading_of(text, result=True).failure is failure
    assert not reading_of(text).failure


def test_a_reading_is_the_same_when_it_is_remembered() -> None:
    texts = ["Document 1: a\nDocument 2: b", "x" * 100_000, "Error: no", " a.py b.py"]
    forget()
    first = [reading_of(text) for text in texts]
    assert [reading_of(f"{text}") for text in texts] == first
    forget()
    assert [reading_of(text) for text in texts] == first
    assert all(isinstance(reading, Reading) for reading in first)


def test_what_is_remembered_is_small() -> None:
    assert ENTRIES * ENTRY_BYTES < 8_000_000
