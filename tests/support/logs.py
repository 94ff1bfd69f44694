"""Records of every log format, written after the formats' documentation."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

ASKED = [
    {"role": "system", "content": "Sort the ticket."},
    {"role": "user", "content": "Where is my parcel?"},
]
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 8,
    "total_tokens": 128,
    "prompt_tokens_details": {"cached_tokens": 64},
}
CHAT = {"model": "gpt-5.4", "messages": ASKED, "temperature": 0}
COMPLETION = {
    "id": "chatcmpl-7QyqpwdfhqwajicIEznoc6Q47XAyW",
    "object": "chat.completion",
    "created": 1_795_000_000,
    "model": "gpt-5.4-2026-03-05",
    "service_tier": "default",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "delivery"}, "finish_reason": "stop"}
    ],
    "usage": USAGE,
}
TOOLS_CALLED = [
    {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
]
ASKED_CLAUDE = {
    "model": "claude-haiku-4-5",
    "max_tokens": 100,
    "system": "Sort the ticket.",
    "messages": [{"role": "user", "content": "Where is my parcel?"}],
}
MESSAGE = {
    "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5-20251001",
    "content": [{"type": "text", "text": "delivery"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 40, "cache_read_input_tokens": 80, "output_tokens": 8},
}


def openai() -> list[Json]:
    pair = {
        "id": "req_bd100dfacd3bd0d01254",
        "timestamp": "2026-11-18T10:00:00+00:00",
        "feature": "triage",
        "session_id": "s-1",
        "request": CHAT,
        "response": COMPLETION,
        "expected": "delivery",
        "duration_ms": 812.5,
        "metadata": {"team": "support"},
        "tags": ["env:prod"],
    }
    responses = {
        "timestamp": 1_795_000_001,
        "request": {
            "model": "gpt-5.4-mini",
            "input": "Where is my parcel?",
            "instructions": "Sort the ticket.",
        },
        "response": {
            "id": "resp_67ccd2bed1ec8190b14f964abc054267",
            "object": "response",
            "model": "gpt-5.4-mini",
            "output": [],
            "usage": {"input_tokens": 20, "output_tokens": 3, "total_tokens": 23},
        },
    }
    return [pair, responses, {**CHAT, "response": "delivery"}]


def anthropic() -> list[Json]:
    return [
        {
            "request": ASKED_CLAUDE,
            "response": MESSAGE,
            "timestamp": "2026-11-18T10:00:00Z",
            "feature": "triage",
        }
    ]


def openai_stored() -> list[Json]:
    completion = {
        **COMPLETION,
        "request_id": "req_ded8ab984ec4bf840f37566c1011c417",
        "tool_choice": None,
        "temperature": 0.0,
        "tools": None,
        "metadata": {"feature": "triage"},
        "response_format": None,
    }
    messages = [
        {**message, "id": f"{COMPLETION['id']}-{place}", "name": None, "content_parts": None}
        for place, message in enumerate(ASKED)
    ]
    return [
        {"object": "list", "data": [completion], "first_id": completion["id"], "has_more": False},
        {"object": "list", "data": messages[::-1], "has_more": False},
        {**completion, "messages": ASKED},
    ]


def openai_batch() -> list[Json]:
    asked = {"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
    answered = {
        "id": "batch_req_123",
        "custom_id": "request-1",
        "response": {"status_code": 200, "request_id": "req_123", "body": COMPLETION},
        "error": None,
    }
    return [asked, answered]


def anthropic_batch() -> list[Json]:
    asked = {"requests": [{"custom_id": "a-1", "params": ASKED_CLAUDE}]}
    return [asked, {"custom_id": "a-1", "result": {"type": "succeeded", "message": MESSAGE}}]


def litellm() -> list[Json]:
    row = {
        "request_id": "chatcmpl-4e1f9b02",
        "call_type": "acompletion",
        "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
        "spend": 0.000_34,
        "total_tokens": 128,
        "prompt_tokens": 120,
        "completion_tokens": 8,
        "startTime": "2026-11-18 10:00:00.125000",
        "endTime": "2026-11-18 10:00:01.125000",
        "model": "openai/gpt-5.4",
        "model_group": "our-best",
        "custom_llm_provider": "openai",
        "metadata": json.dumps(
            {"status": "success", "usage_object": USAGE, "spend_logs_metadata": {"team": "support"}}
        ),
        "cache_hit": "False",
        "request_tags": '["feature:triage", "env:prod"]',
        "messages": "{}",
        "response": json.dumps(COMPLETION),
        "session_id": "s-1",
        "status": "success",
        "proxy_server_request": json.dumps({**CHAT, "model": "our-best"}),
    }
    payload = {
        "id": "chatcmpl-9a61f0c2d7e84b35",
        "trace_id": "s-2",
        "call_type": "acompletion",
        "stream": False,
        "response_cost": 0.0,
        "status": "success",
        "custom_llm_provider": "openai",
        "total_tokens": 128,
        "prompt_tokens": 120,
        "completion_tokens": 8,
        "startTime": 1_795_000_000.25,
        "endTime": 1_795_000_001.0,
        "model": "gpt-5.4",
        "model_group": "our-best",
        "metadata": {"requester_metadata": {"feature": "triage"}},
        "cache_hit": None,
        "request_tags": [],
        "messages": ASKED,
        "response": COMPLETION,
        "error_str": None,
        "model_parameters": {"temperature": 0, "max_tokens": 50},
    }
    return [row, payload]


def helicone() -> list[Json]:
    return [
        {
            "response_id": "a4b9a1d6-0d8a-4c92-8a4f-0c6f6e6a3d11",
            "response_created_at": "2026-11-18T10:00:01.000Z",
            "response_body": COMPLETION,
            "response_status": 200,
            "response_model": "gpt-5.4-2026-03-05",
            "request_id": "5e8b4c0a-2c7d-4f0e-9d7b-2b1f6f0e9f10",
            "request_created_at": "2026-11-18T10:00:00.000Z",
            "request_body": CHAT,
            "request_path": "https://oai.helicone.ai/v1/chat/completions",
            "request_user_id": "u-7",
            "request_properties": {"Feature": "triage", "Helicone-Session-Id": "s-1"},
            "request_model": "gpt-5.4",
            "provider": "OPENAI",
            "delay_ms": 812,
            "prompt_tokens": 120,
            "completion_tokens": 8,
            "prompt_cache_read_tokens": 64,
            "cost": 0.000_34,
        }
    ]


def langfuse() -> list[Json]:
    enriched = {
        "id": "obs-2f6b7e9a51c04d38",
        "trace_id": "trace-1",
        "project_id": "p",
        "type": "GENERATION",
        "start_time": "2026-11-18 10:00:00.125000",
        "end_time": "2026-11-18 10:00:01.125000",
        "name": "sort",
        "metadata": {},
        "level": "DEFAULT",
        "input": json.dumps({"messages": ASKED}),
        "output": json.dumps({"role": "assistant", "content": "delivery"}),
        "provided_model_name": "gpt-5.4",
        "model_parameters": '{"temperature":"0","max_tokens":50,"user":"u"}',
        "usage_details": {"input": 56, "input_cached_tokens": 64, "output": 8, "total": 128},
        "cost_details": {"input": 0.0002, "output": 0.000_14, "total": 0.000_34},
        "total_cost": 0.000_34,
        "tool_definitions": {},
        "user_id": "u",
        "session_id": "s-1",
        "trace_name": "ticket",
        "tags": ["feature:triage"],
    }
    of_trace = {"user_id", "session_id", "trace_name", "tags"}
    legacy = {name: value for name, value in enriched.items() if name not in of_trace} | {
        "id": "obs-0b1d2c3e4f506172"
    }
    trace = {
        "id": "trace-1",
        "timestamp": "2026-11-18 10:00:00.000000",
        "name": "ticket",
        "user_id": "u",
        "session_id": "s-1",
        "public": False,
        "bookmarked": False,
        "tags": ["feature:triage"],
        "metadata": {"team": "support"},
    }
    return [enriched, legacy, trace, {"trace": trace, "observations": [legacy]}]


def any_value(value: object) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": pairs(value)}}
    return {"stringValue": value}


def pairs(values: Json) -> list[Json]:
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def span(attributes: Json, **fields: object) -> Json:
    """A line of the file exporter with one span."""
    one = {
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        "spanId": "00f067aa0ba902b7",
        "name": "chat gpt-5.4",
        "kind": 3,
        "startTimeUnixNano": "1795000000125000000",
        "endTimeUnixNano": "1795000001125000000",
        "attributes": pairs(attributes),
        "status": {},
        **fields,
    }
    resource = {"attributes": pairs({"service.name": "shop", "host.name": "h"})}
    return {
        "resourceSpans": [
            {"resource": resource, "scopeSpans": [{"scope": {"name": "openai"}, "spans": [one]}]}
        ]
    }


def log_records(*records: Json) -> Json:
    """A line of the file exporter with log records of the span."""
    common = {
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        "spanId": "00f067aa0ba902b7",
        "timeUnixNano": "1795000000125000000",
    }
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [{**common, **record} for record in records]}]}]}


SPAN = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.4",
    "gen_ai.request.temperature": 0.0,
    "gen_ai.response.model": "gpt-5.4-2026-03-05",
    "gen_ai.response.id": "chatcmpl-7QyqpwdfhqwajicIEznoc6Q47XAyW",
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 8,
    "gen_ai.usage.cache_read.input_tokens": 64,
    "gen_ai.conversation.id": "s-1",
    "feature": "triage",
}
INPUT = [{"role": one["role"], "parts": [{"type": "text", "content": one["content"]}]} for one in ASKED]
OUTPUT = [{"role": "assistant", "parts": [{"type": "text", "content": "delivery"}], "finish_reason": "stop"}]


def otel() -> list[Json]:
    current = span(
        {**SPAN, "gen_ai.input.messages": json.dumps(INPUT), "gen_ai.output.messages": json.dumps(OUTPUT)}
    )
    flat = {
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Sort the ticket.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": "Where is my parcel?",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "delivery",
        "gen_ai.completion.0.finish_reason": "stop",
        "llm.request.functions.0.name": "get_weather",
        "llm.request.functions.0.parameters": '{"type":"object"}',
    }
    details = {"gen_ai.input.messages": INPUT, "gen_ai.output.messages": OUTPUT}
    return [
        current,
        span({**SPAN, **flat}),
        span(SPAN),
        log_records(
            {
                "eventName": "gen_ai.client.inference.operation.details",
                "attributes": pairs({**SPAN, **details}),
            }
        ),
    ]


RECORDS = {
    "openai": openai,
    "anthropic": anthropic,
    "openai-stored": openai_stored,
    "openai-batch": openai_batch,
    "anthropic-batch": anthropic_batch,
    "litellm": litellm,
    "helicone": helicone,
    "langfuse": langfuse,
    "otel": otel,
}
"""The records of each format."""
