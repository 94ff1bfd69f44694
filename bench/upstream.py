"""The provider that every contender talks to: nginx for whole answers, a small server of ours for streams."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sys
from pathlib import Path
from typing import Any

from processes import OTHER_CORE, Program, free_port

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 1764000000,
    "model": "gpt-5.4-2026-03-05",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "The parcel was handed to the carrier on Monday and is on its way. " * 6,
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 312,
        "completion_tokens": 90,
        "total_tokens": 402,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    },
    "service_tier": "default",
    "system_fingerprint": "fp_bench",
}

_CONFIG = """\
{user}worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.err;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k; client_max_body_size 32m;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
  {rest}
}}
"""

_ANSWERING = """\
server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      default_type application/json; return 200 '{answer}';
    }}
  }}
"""

_PROXYING = """\
upstream provider {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering {buffering};
    }}
  }}
"""


def nginx() -> str | None:
    """The program, also where it is not on a user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def _start_nginx(folder: Path, name: str, rest: str, core: int, port: int) -> Program:
    program = nginx()
    assert program is not None
    config = folder / f"{name}.conf"
    # Started by root, nginx would serve as a user who cannot read this folder.
    user = "" if os.geteuid() else f"user {pwd.getpwuid(0).pw_name}; "
    config.write_text(_CONFIG.format(user=user, folder=folder, name=name, rest=rest))
    started = Program([program, "-c", str(config)], core=core, log=folder / f"{name}.log")
    started.wait_for(f"http://127.0.0.1:{port}/", timeout_s=10)
    return started


def start_answering(folder: Path) -> tuple[Program, int]:
    """nginx that answers every request with the same completion."""
    port = free_port()
    rest = _ANSWERING.format(port=port, answer=json.dumps(ANSWER, separators=(",", ":")))
    return _start_nginx(folder, "provider", rest, OTHER_CORE, port), port


def start_proxying(folder: Path, upstream: int, core: int, *, streams: bool) -> tuple[Program, int]:
    """nginx as a plain proxy: the control."""
    port = free_port()
    rest = _PROXYING.format(port=port, upstream=upstream, buffering="off" if streams else "on")
    return _start_nginx(folder, "nginx-streams" if streams else "nginx", rest, core, port), port


def start_streaming(folder: Path) -> tuple[Program, int]:
    """A server that answers every request with the same stream."""
    port = free_port()
    script = str(Path(__file__).parent / "stream_server.py")
    started = Program([sys.executable, script, str(port)], core=OTHER_CORE, log=folder / "streams.log")
    started.wait_for(f"http://127.0.0.1:{port}/", timeout_s=10)
    return started, port
