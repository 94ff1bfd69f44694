from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from wires import Wire

from suffice.errors import UpstreamError
from suffice.upstream.connection import Connection
from suffice.upstream.framing import FRAME_HEADS, are_frames, framed, without

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


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


@pytest.mark.parametrize(
    "cut", [b"", b"3\r\na\n\n", b"3\r\na", b"\r\n", b"0\r\n\r\n", b"4\r\na\n\n\r\n", b"3;x\r\na\n\n\r\n"]
)
def test_frames_that_come_together_are_known_only_if_all_are_whole_and_end_like_events(cut: bytes) -> None:
    several = [framed(b"x" * size + b"\n\n") for size in (1, 300, 0)]
    for count in range(1, 4):
        assert are_frames(b"".join([*several[:count], cut])) == (cut == b"")
        assert are_frames(b"".join([cut, *several[:count]])) == (cut == b"")


def test_an_end_of_events_within_a_frame_is_no_end_of_it() -> None:
    assert not are_frames(framed(b"a\n\n\r\nb\n\n"))
    assert without(framed(b"a\n\n\r\nxb\n\n") + framed(b"xxc"), b"x") == framed(b"a\n\n\r\nb\n\n") + framed(
        b"c"
    )


class Frames:
    """Pours a chunked body; notes what came as a frame, and what was parsed."""

    def __init__(self, *, takes: bool | None = True, silence_s: float = 5.0) -> None:
        self.connection, self.wire = Connection(silence_s), Wire()
        self.takes = takes
        self.framed: list[bytes] = []
        self.body = b""
        self.connection.connection_made(self.wire)
        self.connection.send("POST", b"", b"")
        self.connection.data_received(HEAD)

    def sink(self, chunk: bytes) -> bool:
        self.body += chunk
        return True

    def frames(self, frames: bytes) -> bool | None:
        while frames:
            head, _, rest = frames.partition(b"\r\n")
            chunk, frames = rest[: int(head, 16)], rest[int(head, 16) + 2 :]
            assert chunk.endswith(b"\n\n")
            assert rest == chunk + b"\r\n" + frames
            self.framed.append(chunk)
            if self.takes is not None:
                self.body += chunk
        return self.takes

    async def pour(self) -> asyncio.Future[bool]:
        pouring = asyncio.ensure_future(self.connection.pour(self.sink, self.frames))
        await asyncio.sleep(0)
        return pouring


STEPS = [
    b"a\n\n",
    b"b\n\n\r\n",
    b"c\n\n",
    b"0\r\n\n\n",
    b"4\r\no\n\n\r\n\n\n",
    b"\n\n",
    b"d" * 300 + b"\n\n",
    b"e" * 2000,
    b"f\n\n",
    b"g\n\n",
]


@pytest.mark.parametrize("takes", [True, None])
@pytest.mark.parametrize("digits", [b"%x", b"%X", b"%03x", b"%x;a=1"])
def test_frames_go_by_unparsed_and_the_body_is_the_same_wherever_they_are_cut(
    takes: bool | None, digits: bytes
) -> None:
    written = [digits % len(step) + b"\r\n" + step + b"\r\n" for step in STEPS]
    stream = b"".join(written) + b"0\r\n\r\n"

    async def run(at: int) -> list[bytes]:
        pours = Frames(takes=takes)
        pouring = await pours.pour()
        for frame in written:
            pieces = [frame] if not 0 < at < len(frame) else [frame[:at], frame[at:]]
            at -= len(frame)
            for piece in pieces:
                pours.connection.data_received(piece)
        pours.connection.data_received(b"0\r\n\r\n")
        assert await asyncio.wait_for(pouring, 1)
        assert pours.body == b"".join(STEPS)
        assert pours.connection.release(), "the parser is where the body has ended"
        return pours.framed

    # The first is parsed: only then the parser stands before a frame. A long or an unusual one always is.
    # Of the next neither, where the last did not end like events.
    after = {step for last, step in pairwise(STEPS) if last.endswith(b"\n\n")}
    usual = [step for step, frame in zip(STEPS, written, strict=True) if frame == framed(step)]
    expected = [step for step in usual if step in after and step.endswith(b"\n\n") and len(step) < 1024]
    assert asyncio.run(run(0)) == expected
    for at in range(1, len(stream)):
        assert set(asyncio.run(run(at))) <= set(STEPS)


def test_a_frame_is_taken_as_one_only_where_the_parser_stands_before_it() -> None:
    async def run() -> None:
        pours = Frames()
        pouring = await pours.pour()
        feed = pours.connection.data_received
        # Within a frame of 19 bytes come what looks like frames, and the end of one.
        for piece in (b"3\r\na\n\n\r\n", b"13\r\n", b"3\r\nb\n\n\r\n", b"c\n\n\r\n", b"d\n\r\n\n\n", b"\r\n"):
            feed(piece)
        assert (pours.framed, pours.body) == ([], b"a\n\n3\r\nb\n\n\r\nc\n\n\r\nd\n\r\n\n\n")
        for piece in (b"2\r\n\n\n\r\n4\r\n", b"y\n\n\n\r\n", b"3\r\nz\n\n\r\n"):
            feed(piece)
        assert pours.framed == [b"z\n\n"]
        feed(b"0\r\n\r\n")
        assert await asyncio.wait_for(pouring, 1)
        feed(b"1\r\na\r\n")
        assert pours.wire.aborted, "nobody asked for anything"

    asyncio.run(run())


def test_frames_that_come_together_go_by_together() -> None:
    async def run() -> None:
        pours = Frames()
        pouring = await pours.pour()
        feed = pours.connection.data_received
        for together in ([b"a\n\n"], [b"b\n\n", b"c\n\n"], [b"d\n\n", b"e\n\n", b"f" * 500 + b"\n\n"]):
            feed(b"".join(map(framed, together)))
        # Of these one is parsed: then all are.
        feed(framed(b"g\n\n") + framed(b"h") + framed(b"i\n\n"))
        feed(framed(b"j\n\n") + b"0\r\n\r\n")
        assert await asyncio.wait_for(pouring, 1)
        assert pours.framed == [b"b\n\n", b"c\n\n", b"d\n\n", b"e\n\n", b"f" * 500 + b"\n\n"]
        assert pours.body == b"a\n\nb\n\nc\n\nd\n\ne\n\n" + b"f" * 500 + b"\n\ng\n\nhi\n\nj\n\n"
        assert pours.connection.release()

    asyncio.run(run())


def test_a_frame_goes_by_unparsed_after_one_that_was_taken_before_the_pouring_began() -> None:
    async def run() -> None:
        pours = Frames()
        pours.connection.data_received(framed(b"a\n\n"))
        assert await pours.connection.chunk() == b"a\n\n"
        pouring = await pours.pour()
        for data in (framed(b"b\n\n"), b"0\r\n\r\n"):
            pours.connection.data_received(data)
        assert await asyncio.wait_for(pouring, 1)
        assert (pours.framed, pours.body) == ([b"b\n\n"], b"b\n\n")

    asyncio.run(run())


def test_only_a_frame_that_ends_like_events_goes_by_unparsed() -> None:
    async def run() -> list[bytes]:
        pours = Frames()
        await pours.pour()
        for body in (b"a\n\n", b"b\n\n", b"c\n", b"\n\n", b"d\n\n"):
            pours.connection.data_received(framed(body))
        pours.connection.release()
        assert pours.body == b"a\n\nb\n\nc\n\n\nd\n\n"
        return pours.framed

    assert asyncio.run(run()) == [b"b\n\n", b"d\n\n"]


def test_pouring_stops_at_a_frame_after_which_the_client_takes_no_more() -> None:
    async def run() -> None:
        pours = Frames(takes=False)
        pouring = await pours.pour()
        for body in (b"a\n\n", b"b\n\n", b"c\n\n"):
            pours.connection.data_received(framed(body))
        assert not await asyncio.wait_for(pouring, 1)
        assert pours.body == b"a\n\nb\n\n"
        assert await pours.connection.chunk() == b"c\n\n"
        pouring = await pours.pour()
        for body in (b"d\n\n", b"e\n\n"):
            pours.connection.data_received(framed(body))
        assert not await asyncio.wait_for(pouring, 1)
        assert await pours.connection.chunk() == b"e\n\n"
        assert pours.framed == [b"b\n\n", b"d\n\n"]
        pours.connection.release()

    asyncio.run(run())


def test_a_provider_whose_frames_go_by_unparsed_is_not_silent() -> None:
    async def run() -> None:
        pours = Frames(silence_s=0.2)
        pouring = await pours.pour()
        for _ in range(8):
            await asyncio.sleep(0.05)
            pours.connection.data_received(framed(b"a\n\n"))
        assert not pouring.done()
        with pytest.raises(UpstreamError, match="did not answer in time"):
            await asyncio.wait_for(pouring, 2)
        assert len(pours.framed) == 7

    asyncio.run(run())
