"""The file of a backup: a head that anybody can read, then frames of compressed lines, each bound to its place by the
deployment's key. Without the key nothing in it can be read, changed, reordered or cut off unnoticed.

    LINLI-BACKUP 1
    {"version": …, "migrations": …, "salt": …, "sealed": true}
    length, frame · length, frame · …
"""

import hashlib
import hmac
import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linli.config.archive.rows import LONGEST_LINE, Damaged, Part, Tally, check_end, parse
from linli.core import crypto
from linli.core.errors import SetupError

MAGIC = b"LINLI-BACKUP 1\n"
FRAME = 1024 * 1024
LONGEST_HEAD = 1024 * 1024
TAG = 32
_LENGTH = struct.Struct(">I")


class _Guard:
    """Closes and opens frames. The number of a frame and whether it is the last one belong to what is checked."""

    def __init__(self, head: bytes, *, key: bytes, sealed: bool):
        self._head, self._key, self._sealed, self._at = hashlib.sha256(head).digest(), key, sealed, 0

    def _place(self, *, last: bool) -> bytes:
        self._at += 1
        return self._at.to_bytes(11, "big") + bytes([last])

    def _tag(self, place: bytes, data: bytes) -> bytes:
        return hmac.new(self._key, self._head + place + data, hashlib.sha256).digest()

    def close(self, data: bytes, *, last: bool) -> bytes:
        place = self._place(last=last)
        if self._sealed:
            return AESGCM(self._key).encrypt(place, data, self._head)
        return data + self._tag(place, data)

    def open(self, frame: bytes, *, last: bool) -> bytes:
        place = self._place(last=last)
        if not self._sealed:
            data, tag = frame[:-TAG], frame[-TAG:]
            if not hmac.compare_digest(tag, self._tag(place, data)):
                raise Damaged("a part of the file is not what was written")
            return data
        try:
            return AESGCM(self._key).decrypt(place, frame, self._head)
        except InvalidTag:
            raise Damaged("a part of the file is not what was written") from None


class ContainerSink:
    def __init__(self, file: IO[bytes], head: dict[str, Any], *, sealed: bool):
        salt = os.urandom(16).hex()
        line = json.dumps({**head, "salt": salt, "sealed": sealed}, ensure_ascii=False).encode() + b"\n"
        file.write(MAGIC + line)
        self._file, self._pack, self._waiting = file, zlib.compressobj(4), b""
        self._guard = _Guard(line, key=crypto.file_key(head["key_id"], f"backup {salt}"), sealed=sealed)

    def _write(self, data: bytes) -> None:
        self._waiting += self._pack.compress(data)
        while len(self._waiting) > FRAME:
            self._frame(self._waiting[:FRAME], last=False)
            self._waiting = self._waiting[FRAME:]

    def _frame(self, data: bytes, *, last: bool) -> None:
        frame = self._guard.close(data, last=last)
        self._file.write(_LENGTH.pack(len(frame)) + frame)

    def _say(self, value: dict[str, Any]) -> None:
        self._write(json.dumps(value, ensure_ascii=False).encode() + b"\n")

    def begin(self, name: str, columns: list[str]) -> None:
        self._say({"table": name, "columns": columns})

    def lines(self, data: bytes) -> None:
        self._write(data)

    def end(self, result: dict[str, Any]) -> None:
        self._say({"end": result})

    def finish(self, foot: dict[str, Any]) -> None:
        self._say({"foot": foot})
        self._frame(self._waiting + self._pack.flush(), last=True)


class ContainerSource:
    """Reads such a file as often as needed. Nothing of a frame is used before the frame was checked."""

    def __init__(self, path: Path):
        self.path = path
        self.foot: dict[str, Any] = {}
        with path.open("rb") as file:
            self.head = json.loads(self._head(file))

    def _head(self, file: IO[bytes]) -> bytes:
        if file.read(len(MAGIC)) != MAGIC:
            raise SetupError(f"{self.path.name} is no backup of Linli")
        line = file.readline(LONGEST_HEAD)
        if not isinstance(parse(line), dict):
            raise Damaged("its head")
        return line

    def _guard(self, line: bytes) -> _Guard:
        head = json.loads(line)
        try:
            key = crypto.file_key(head["key_id"], f"backup {head['salt']}")
            return _Guard(line, key=key, sealed=bool(head["sealed"]))
        except KeyError:
            raise Damaged("its head") from None

    def _frames(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            guard = self._guard(self._head(file))
            length = file.read(_LENGTH.size)
            while length:
                size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else 0
                frame = file.read(size) if 0 < size <= 2 * FRAME else b""
                length = file.read(_LENGTH.size)
                if not size or len(frame) != size:
                    raise Damaged("its end is missing")
                yield guard.open(frame, last=not length)

    def _lines(self) -> Iterator[bytes]:
        unpack, rest = zlib.decompressobj(), b""
        for frame in self._frames():
            data = frame
            while data:
                try:
                    rest += unpack.decompress(data, FRAME)
                except zlib.error:
                    raise Damaged("what was compressed") from None
                data = unpack.unconsumed_tail
                *whole, rest = rest.split(b"\n")
                yield from whole
                if len(rest) > LONGEST_LINE:
                    raise Damaged("a line without an end")
        if rest or not unpack.eof:
            raise Damaged("its end is missing")

    def parts(self) -> Iterator[Part]:
        self.foot = {}
        lines = self._lines()
        for line in lines:
            found = parse(line)
            if not isinstance(found, dict):
                raise Damaged("a row without a table")
            if "foot" in found:
                self.foot = found["foot"]
                break
            yield self._part(found, lines)
        if not self.foot or next(lines, None) is not None:
            raise Damaged("its end is missing")

    def _part(self, found: dict[str, Any], lines: Iterator[bytes]) -> Part:
        part = Part(str(found.get("table")), list(found.get("columns") or []), iter(()))

        def rows() -> Iterator[list[Any]]:
            tally = Tally()
            for line in lines:
                if line.startswith(b"{"):
                    part.end = parse(line).get("end")
                    check_end(part.name, tally, part.end)
                    return
                tally.take(line + b"\n")
                yield parse(line)
            raise Damaged("its end is missing")

        part.rows = rows()
        return part
