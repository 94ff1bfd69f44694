"""The proxies that are compared. Each is one file's worth of facts: how to install it, start it and talk to it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import upstream
from processes import TESTED_CORE, Program, free_port

LITELLM = "1.106.12"
PORTKEY = "1.15.2"
INSTALL_TIMEOUT_S = 600
KEY_OF_CAPTURES = "KEY_OF_CAPTURES"


class Skipped(Exception):  # noqa: N818 -- not a failure of the benchmark
    """This contender cannot run here; the text says why."""


@dataclass
class Contender:
    """A proxy that runs, or the provider itself (`program` is None)."""

    name: str
    port: int
    program: Program | None = None
    headers: list[str] = field(default_factory=list)
    data: Path | None = None
    slow: bool = False


Start = Callable[[Path, int], Contender]


def nginx(folder: Path, provider: int) -> Contender:
    program, port = upstream.start_proxying(folder, provider, TESTED_CORE, streams=False)
    return Contender("nginx", port, program)


def nginx_streams(folder: Path, provider: int) -> Contender:
    program, port = upstream.start_proxying(folder, provider, TESTED_CORE, streams=True)
    return Contender("nginx", port, program)


def suffice(folder: Path, provider: int, *, name: str = "suffice", more: str = "") -> Contender:
    """Starts suffice; `more` are further lines of its configuration."""
    data = folder / f"{name}-data-{provider}"
    config = folder / f"{name}-{provider}.toml"
    config.write_text(
        f'[data]\ndirectory = "{data}"\n\n[providers.openai]\nbase_url = "http://127.0.0.1:{provider}/v1"\n{more}'
    )
    port = free_port()
    command = [sys.executable, "-m", "suffice", "serve", "--config", str(config), "--port", str(port)]
    env = {KEY_OF_CAPTURES: "0f" * 32}
    program = Program(command, core=TESTED_CORE, log=folder / f"{name}.log", env=env)
    program.wait_for(f"http://127.0.0.1:{port}/healthz", timeout_s=30)
    return Contender(name, port, program, data=data)


def litellm(folder: Path, provider: int) -> Contender:
    home = folder.parent / "litellm"
    binary = home / "bin" / "litellm"
    if not binary.exists():
        log = folder.parent / "litellm-install.log"
        _install([sys.executable, "-m", "venv", str(home)], log)
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        _install([*pip, f"litellm[proxy]=={LITELLM}"], log)
    config = folder / f"litellm-{provider}.yaml"
    config.write_text(
        "model_list:\n  - model_name: gpt-5.4\n    litellm_params:\n      model: openai/gpt-5.4\n"
        f"      api_base: http://127.0.0.1:{provider}/v1\n      api_key: sk-bench\n"
    )
    port = free_port()
    command = [str(binary), "--config", str(config), "--port", str(port), "--host", "127.0.0.1"]
    env = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_TELEMETRY": "False",
        "LITELLM_MASTER_KEY": "sk-bench",
        "PATH": f"{home / 'bin'}:/usr/bin:/bin",
    }
    program = Program(command, core=TESTED_CORE, log=folder / "litellm.log", env=env)
    program.wait_for(f"http://127.0.0.1:{port}/health/liveliness", timeout_s=120)
    return Contender("LiteLLM", port, program, slow=True)


def portkey(folder: Path, provider: int) -> Contender:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Skipped("it needs Node.js and npm")
    home = folder.parent / "portkey"
    script = home / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    if not script.exists():
        home.mkdir(exist_ok=True)
        package = f"@portkey-ai/gateway@{PORTKEY}"
        command = [npm, "install", "--prefix", str(home), "--no-fund", "--no-audit", package]
        _install(command, folder.parent / "portkey-install.log")
    port = free_port()
    env = {"TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost", "NODE_ENV": "production"}
    program = Program(
        [node, str(script), f"--port={port}", "--headless"],
        core=TESTED_CORE,
        log=folder / "portkey.log",
        env=env,
    )
    program.wait_for(f"http://127.0.0.1:{port}/", timeout_s=60)
    headers = ["x-portkey-provider: openai", f"x-portkey-custom-host: http://127.0.0.1:{provider}/v1"]
    return Contender("Portkey", port, program, headers=headers)


def _install(command: list[str], log: Path) -> None:
    try:
        with log.open("ab") as out:
            subprocess.run(command, stdout=out, stderr=out, check=True, timeout=INSTALL_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise Skipped(f"it cannot be installed here, see bench-out/{log.name}") from error
