from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("mirrored", Path(__file__).parents[1] / "mirrored.py")
assert _SPEC is not None
assert _SPEC.loader is not None
mirrored = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mirrored)


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, Path]:
    for name, text in {
        "src/a.py": "def a(): ...\n",
        "src/_b.py": "def b(): ...\n",
        "src/data.py": "X = 1\n\n\nclass Y:\n    z: int = 1\n",
        "src/pack/__init__.py": "def pack(): ...\n",
        "src/pack/c.py": "async def c(): ...\n",
        "tests/test_a.py": "",
        "tests/test_b.py": "",
        "tests/pack/test_c.py": "",
        "tests/pack/test_pack.py": "",
        "tests/chaos/test_anything.py": "",
        "tests/conftest.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "src", tmp_path / "tests"


def test_a_mirrored_tree_lacks_nothing(tree: tuple[Path, Path]) -> None:
    assert list(mirrored.untested(*tree)) == []
    assert list(mirrored.unmirrored(*tree)) == []


def test_a_file_without_its_test_is_listed(tree: tuple[Path, Path]) -> None:
    (tree[1] / "pack" / "test_c.py").unlink()
    (tree[1] / "test_b.py").unlink()
    assert list(mirrored.untested(*tree)) == [
        "_b.py has no test: write tests/test_b.py",
        "pack/c.py has no test: write tests/pack/test_c.py",
    ]


def test_a_test_without_its_file_is_listed(tree: tuple[Path, Path]) -> None:
    (tree[0] / "a.py").unlink()
    (tree[1] / "pack" / "test_d.py").touch()
    assert [line.split(" ")[0] for line in mirrored.unmirrored(*tree)] == [
        "tests/pack/test_d.py",
        "tests/test_a.py",
    ]


def test_a_declared_package_is_covered_by_its_folder(
    tree: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrored, "COVERED_BY_FOLDER", {"pack": "its files are one protocol"})
    (tree[1] / "pack" / "test_c.py").rename(tree[1] / "pack" / "test_all.py")
    assert list(mirrored.untested(*tree)) == []
    assert list(mirrored.unmirrored(*tree)) == []
    for test in (tree[1] / "pack").iterdir():
        test.unlink()
    assert list(mirrored.untested(*tree)) == ["pack/c.py has no test: write tests/pack/test_c.py"]
