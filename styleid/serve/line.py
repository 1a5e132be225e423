"""The waiting line: pictures are decoded ahead, in child processes, and judged one by one as they came."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from io import BytesIO

from PIL import Image

from styleid.data.decode.hostile.pool import DecodePool
from styleid.data.decode.images import Decoded
from styleid.data.thumbnails import small_picture
from styleid.files import StrPath
from styleid.model.contents import Bundle
from styleid.model.predict import policy_of
from styleid.questions.evidence.measure import Evidence
from styleid.questions.evidence.sheet import Sheet

#: Pictures that are decoded at a time, the one that is judged among them; each takes 0.15 GB at most.
AT_ONCE = 4
#: Largest width x height: what a phone takes. Four of the largest that a command reads would take a minute.
MAX_PIXELS = 50_000_000
#: Seconds that the others wait for one whose turn it is, but which is still being decoded.
PATIENCE = 2.0
#: Seconds in which a picture must be decoded.
TIME_LIMIT = 10.0


class Line:
    """Makes sheets of pictures by one model; none is lost, and one that is slow to decode is passed by."""

    def __init__(self, model: Bundle, weights: StrPath | None = None, device: str = "auto") -> None:
        policy = policy_of(model)
        self.model, self.policy = model, replace(policy, max_pixels=min(policy.max_pixels, MAX_PIXELS))
        self._pool = DecodePool(AT_ONCE, self.policy, TIME_LIMIT)
        self._evidence = Evidence(model, weights, device, self._decoded, self._small)
        self._decoders, self._judge = ThreadPoolExecutor(AT_ONCE), ThreadPoolExecutor(1)
        self._room, self._turn = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
        self._now: Decoded | None = None

    async def answer(self, data: bytes, name: str) -> Sheet:
        """Make the sheet of a picture when its turn comes; an `ImageError` says why there is none."""
        loop = asyncio.get_running_loop()
        async with self._room:
            decoding = loop.run_in_executor(self._decoders, self._pool.decode, data)
            async with AsyncExitStack() as turn:
                await turn.enter_async_context(self._turn)
                if not (await asyncio.wait({decoding}, timeout=PATIENCE))[0]:
                    await turn.aclose()  # those behind it go on
                    await asyncio.wait({decoding})
                    await turn.enter_async_context(self._turn)
                return await loop.run_in_executor(self._judge, self._make, decoding.result(), data, name)

    def warm(self) -> None:
        """Load the network and start the children, so that the first pictures do not wait for them."""
        file = BytesIO()
        Image.new("RGB", (256, 256), "white").save(file, "PNG")
        data = file.getvalue()
        *_, decoded = self._decoders.map(self._pool.decode, [data] * AT_ONCE)
        self._make(decoded, data, "")

    def _make(self, decoded: Decoded, data: bytes, name: str) -> Sheet:
        self._now = decoded
        try:
            return self._evidence.of([data], [name])[0]
        finally:
            self._now = None

    def _decoded(self, data: bytes) -> Decoded:
        assert self._now is not None
        return self._now

    def _copy(self) -> Decoded:
        assert self._now is not None
        return replace(self._now, image=self._now.image.copy())

    def _small(self, data: bytes, kind: str, size: int) -> Decoded:
        if kind == "JPEG":  # made from fewer pixels, as that of the pictures the model knows
            return self._pool.small(data, kind, size)
        return small_picture(data, kind, size, lambda *_: self._copy())

    def close(self) -> None:
        """End the threads and the child processes, after what they are at."""
        self._judge.shutdown()
        self._decoders.shutdown(cancel_futures=True)
        self._pool.close()
