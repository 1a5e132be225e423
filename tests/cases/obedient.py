"""A decoding process that hangs and dies when told to."""

from __future__ import annotations

import sys

from picture_bytes import encoded, picture

from styleid.data.decode.hostile.pool import DecodePool

SOUND = encoded(picture(), "PNG")

# A child that obeys: pictures that really hang or crash Pillow get repaired, and then the test is gone.
OBEDIENT = """
import os, signal, sys, time
import styleid.data.decode.hostile.child as child
real = child.decode_gated
def decode_gated(data, policy, gate):
    if data == b"hang":
        while True: pass
    if data == b"sleep":
        time.sleep(600)
    if data == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if data == b"exit":
        os._exit(3)
    if data == b"memory":
        raise MemoryError
    if data == b"babble":
        os.write(1, b"not for the parent"); print("nor this", flush=True)
    if data.startswith(b"wait"):
        with gate():
            time.sleep(0.05)
        return real(sys.modules["__main__"].SOUND, policy, gate)
    return real(data if data != b"babble" else sys.modules["__main__"].SOUND, policy, gate)
child.decode_gated = decode_gated
SOUND = bytes.fromhex({sound!r})
child.main(sys.argv[1])
"""


class ObedientPool(DecodePool):
    command = (sys.executable, "-P", "-c", OBEDIENT.replace("{sound!r}", repr(SOUND.hex())))
