"""Reads and scores each prompt once, as the proxy would, and keeps the result under bench-out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.progress import track

import suffice
from routing.outcomes import Outcomes
from suffice.features import Features, read
from suffice.layers import LAYERS
from suffice.types import Request, Score

SRC = Path(suffice.__file__).parent
_TOOLS = "\n\nAvailable functions:\n"
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string", "integer": "integer"}


class Read(msgspec.Struct, frozen=True):
    """One prompt as the layers see it."""

    features: Features
    scores: dict[str, Score]


def read_all(outcomes: Outcomes, out: Path) -> list[Read]:
    """Returns every prompt of a set, read and scored; from the cache if neither code nor prompts have changed."""
    digest = hashlib.sha256(source_digest(("features", "layers", "types.py")).encode())
    for prompt in outcomes.prompts:
        digest.update(prompt.encode("utf-8", "surrogatepass"))
    path = out / "features" / f"{outcomes.name}-{digest.hexdigest()[:12]}.msgpack"
    if path.is_file():
        return msgspec.msgpack.decode(path.read_bytes(), type=list[Read])
    pairs = zip(outcomes.prompts, outcomes.buckets, strict=True)
    rows = [
        read_one(prompt, bucket)
        for prompt, bucket in track(pairs, f"reading {outcomes.name}", total=len(outcomes.prompts))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{outcomes.name}-*.msgpack"):
        old.unlink()
    path.write_bytes(msgspec.msgpack.encode(rows))
    return rows


def read_one(prompt: str, bucket: str) -> Read:
    """Returns one prompt as the proxy would read it: a chat completion of one user turn, tagged with its use case."""
    features = read(
        Request(
            api="chat_completions", provider="openai", model="baseline", feature=bucket, body=body_of(prompt)
        )
    )
    return Read(features, {name: layer(features) for name, layer in LAYERS.items()})


def body_of(prompt: str) -> dict[str, object]:
    """Returns the body that a client would send; functions that a prompt lists at its end become tools."""
    question, mark, listed = prompt.partition(_TOOLS)
    tools = _tools(listed) if mark else []
    body: dict[str, object] = {
        "model": "baseline",
        "messages": [{"role": "user", "content": question if tools else prompt}],
    }
    return body | ({"tools": tools} if tools else {})


def _tools(listed: str) -> list[dict[str, object]]:
    tools = []
    for line in listed.splitlines():
        try:
            function = json.loads(line)
        except ValueError:
            # What cannot be read as functions stays text.
            return []
        if not isinstance(function, dict) or "name" not in function:
            return []
        tools.append({"type": "function", "function": _schema(function)})
    return tools


def _schema(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _TYPES.get(inner.lower(), inner.lower())
            if key == "type" and isinstance(inner, str)
            else _schema(inner)
            for key, inner in value.items()
        }
    return [_schema(inner) for inner in value] if isinstance(value, list) else value


def source_digest(parts: Iterable[str], root: Path = SRC) -> str:
    """Returns what changes when the code of some parts of the package does."""
    digest = hashlib.sha256()
    for part in parts:
        path = root / part
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]
