from __future__ import annotations

from suffice.upstream.framing import FRAME_HEADS, framed


def test_a_frame_is_known_by_its_length_and_its_head() -> None:
    for size in (1, 9, 15, 16, 255, 256, 1023):
        frame = framed(b"x" * size)
        head = FRAME_HEADS[len(frame)]
        assert frame == head + b"x" * size + b"\r\n"
        assert int(head, 16) == size


def test_no_head_is_known_of_what_is_no_frame() -> None:
    # Five bytes are the end of a body, and 21 are one too many for one digit and too few for two.
    assert not {0, 5, 21} & FRAME_HEADS.keys()
    assert len(set(FRAME_HEADS.values())) == len(FRAME_HEADS)
    assert len(framed(b"x" * 1024)) not in FRAME_HEADS
