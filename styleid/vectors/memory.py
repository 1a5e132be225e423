"""Have the C library keep the memory that batches need again and again."""

from __future__ import annotations

import ctypes
import sys

# From glibc's malloc.h; numbers are part of its binary interface.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 2**30


def keep_freed_memory() -> bool:
    """Keep the C library from handing large pieces back to the system, to get them anew page by page.

    Call it before the threads that shall profit are started: a thread that has taken memory already keeps a
    pool of its own, from which large pieces do not come. The process holds up to 1 GiB more between its
    peaks, never more than at them. Only glibc has such settings; elsewhere nothing changes and the answer
    is False.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:  # not glibc
        return False
    options = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _KEPT), (_TRIM_THRESHOLD, _KEPT))
    taken = [set_option(option, value) for option, value in options]
    return all(taken)
