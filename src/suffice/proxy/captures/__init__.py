"""Captures: a random sample of requests and their answers, redacted and sealed, for later trials.

An exchange asks `Captures.offer` when the head of its answer has come; what is drawn collects the answer's chunks on
their way (they are the very objects that are forwarded), and is handed over when the exchange has settled. All work is
done by a thread of its own: assembling, redacting, compressing, sealing, writing. Nothing here can fail a request.
"""
