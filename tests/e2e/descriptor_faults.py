"""Calls of a program that fail for want of descriptors when a test says so (tests/descriptor_faults)."""

import errno
import mmap
import os
import pathlib
import re
import struct

from daemon import BUILD

LIBRARY = BUILD / "bin" / "collet-descriptor-faults.so"
KINDS = ("open", "pipe", "socket", "accept", "pidfd", "eventfd", "epoll", "timerfd")  # as the library has them
RECORD = struct.Struct("=IIIi")
FOR_EVER = 0xFFFFFFFF


def cannot_be_preloaded():
    """Why not, for who skips a test; empty where it can."""
    cache = BUILD / "CMakeCache.txt"
    sanitizers = re.search(r"^COLLET_SANITIZE:\w+=(.*)", cache.read_text(), re.M) if cache.exists() else None
    return "the thread sanitizer wants to see every descriptor being made" if sanitizers and "thread" in sanitizers[1] else ""


class Faults:
    """The faults of the programs that are started with `env`; none at first."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "descriptor-faults"
        self.file.write_bytes(bytes(RECORD.size * len(KINDS)))
        with open(self.file, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        # The sanitizer's runtime is content to come second.
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        self.env = {"LD_PRELOAD": str(LIBRARY), "COLLET_DESCRIPTOR_FAULTS": str(self.file), "ASAN_OPTIONS": options}

    def _write(self, kind, seen, first, last, error):
        RECORD.pack_into(self._memory, RECORD.size * KINDS.index(kind), seen, first, last, error)

    def seen(self, kind):
        """How many such calls there were since the last `clear`."""
        return RECORD.unpack_from(self._memory, RECORD.size * KINDS.index(kind))[0]

    def fail(self, kind, number, times=1, error=errno.EMFILE):
        """Lets the call with this number fail, counted from 1 by now, and with `times` so many, `FOR_EVER` or fewer."""
        self._write(kind, 0, number, min(number + times - 1, FOR_EVER), error)

    def clear(self):
        """Lets none fail, and counts anew."""
        for kind in KINDS:
            self._write(kind, 0, 0, 0, 0)
