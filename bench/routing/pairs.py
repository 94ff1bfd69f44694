"""Which models are measured against each other: (baseline, candidate), by set. Chosen before any router was measured:
models of one provider first, then the pairs that other routers published; each with at least 250 prompts that both
answered and a gap of at least three points."""

from __future__ import annotations

GPT_4, MIXTRAL = "gpt-4-1106-preview", "mistralai/Mixtral-8x7B-Instruct-v0.1"

PAIRS: dict[str, list[tuple[str, str]]] = {
    "zeroeval": [
        ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"),
        ("claude-3-5-sonnet-20240620", "claude-3-haiku-20240307"),
        ("Meta-Llama-3.1-70B-Instruct", "Meta-Llama-3.1-8B-Instruct"),
        ("gpt-4o-2024-08-06", "gpt-3.5-turbo-0125"),
    ],
    "mmlu_pro": [
        ("gemini-1.5-pro-002", "gemini-1.5-flash-002"),
        ("Meta-Llama-3_1-70B-Instruct", "Meta-Llama-3_1-8B-Instruct"),
        ("gpt-4o-2024-05-13", "Mixtral-8x7B-Instruct-v0.1"),
    ],
    "bfcl": [
        ("gpt-4o-2024-08-06-FC", "gpt-4o-mini-2024-07-18-FC"),
        ("claude-3-5-sonnet-20240620", "claude-3-haiku-20240307"),
        ("gpt-4-1106-preview", "open-mixtral-8x7b"),
    ],
    "lookahead": [
        ("internlm2_5-20b-chat", "Llama-3.1-8B-Instruct"),
        ("Qwen2.5-Coder-7B-Instruct", "gemma-2-9b-it"),
        ("Yi-1.5-34B-Chat", "Phi-3-medium-4k-instruct"),
    ],
    "llmrouter": [
        ("llama-3.1-nemotron-51b-instruct", "llama-3.1-8b-instruct"),
        ("llama-3.1-nemotron-51b-instruct", "gemma-2-9b-it"),
        ("llama-3.1-nemotron-51b-instruct", "qwen2.5-7b-instruct"),
        ("llama-3.1-nemotron-51b-instruct", "mistral-7b-instruct-v0.3"),
    ],
    "routerbench": [
        ("gpt-4-1106-preview", "mistralai/mixtral-8x7b-chat"),
        ("gpt-4-1106-preview", "gpt-3.5-turbo-1106"),
    ],
    "arena": [
        ("gpt-4-1106-preview", "gpt-3.5-turbo-1106"),
        ("gpt-4-1106-preview", "Mixtral-8x7B-Instruct-v0.1"),
    ],
    "alpaca": [
        ("Qwen2.5-72B-Instruct", "Llama-3.1-8B-Instruct"),
        ("Meta-Llama-3-70B-Instruct", "Meta-Llama-3-8B-Instruct"),
    ],
    "livecodebench": [
        ("GPT-4O-2024-08-06", "GPT-4O-mini-2024-07-18"),
        ("Claude-3.5-Sonnet-20240620", "Claude-3-Haiku"),
    ],
}

STAND_INS: dict[str, tuple[str, str]] = {
    "zeroeval": ("gpt-4-turbo-2024-04-09", "Mixtral-8x7B-Instruct-v0.1"),
    "mmlu_pro": ("gpt-4o-2024-05-13", "Mixtral-8x7B-Instruct-v0.1"),
    "bfcl": ("gpt-4-1106-preview", "open-mixtral-8x7b"),
    "lookahead": ("internlm2_5-20b-chat", "Llama-3.1-8B-Instruct"),
    "llmrouter": ("llama-3.1-nemotron-51b-instruct", "llama-3.1-8b-instruct"),
    "routerbench": ("gpt-4-1106-preview", "mistralai/mixtral-8x7b-chat"),
    "arena": ("gpt-4-1106-preview", "Mixtral-8x7B-Instruct-v0.1"),
    "alpaca": ("gpt4_1106_preview", "Mixtral-8x7B-Instruct-v0.1_concise"),
    "livecodebench": ("GPT-4-Turbo-1106", "Gemini-Pro"),
}
"""Out of domain there is no outcome of RouteLLM's prompts to learn from, so each other set lends its nearest pair:
the same two models where it has them, else two that stand about as far apart."""
