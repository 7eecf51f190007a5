"""A deployment as a folder of plain files: `manifest.json` and one file of JSON lines a table, for moving between databases
and for eyes. Sealed values stay sealed; the manifest carries a mark of the deployment's key."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from linli.config.archive.rows import LONGEST_LINE, Damaged, Part, Tally, check_end, parse
from linli.core import crypto
from linli.core.errors import SetupError

MANIFEST = "manifest.json"
TABLES = "tables"
LONGEST_MANIFEST = 16 * 1024 * 1024


def _mark(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode()
    return hmac.new(crypto.file_key(manifest["key_id"], "export"), text, hashlib.sha256).hexdigest()


def _open(path: Path, flags: int) -> IO[bytes]:
    """Never through a symbolic link: the folder may come from elsewhere."""
    return os.fdopen(os.open(path, flags | os.O_NOFOLLOW, 0o600), "wb" if flags & os.O_WRONLY else "rb")


class FolderSink:
    _file: IO[bytes]  # of the table that was begun

    def __init__(self, folder: Path, head: dict[str, Any]):
        self._folder, self._head = folder, head
        (folder / TABLES).mkdir(mode=0o700)

    def begin(self, name: str, columns: list[str]) -> None:
        self._file = _open(self._folder / TABLES / f"{name}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self._columns = columns

    def lines(self, data: bytes) -> None:
        self._file.write(data)

    def end(self, result: dict[str, Any]) -> None:
        result["columns"] = self._columns
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def finish(self, foot: dict[str, Any]) -> None:
        manifest = {**self._head, "foot": foot}
        manifest["mark"] = _mark(manifest)
        with _open(self._folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
            file.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())


class FolderSource:
    """Opens nothing outside its folder, and nothing before the mark of the manifest was found right."""

    def __init__(self, folder: Path):
        self._folder = folder
        try:
            with _open(folder / MANIFEST, os.O_RDONLY) as file:
                found = parse(file.read(LONGEST_MANIFEST))
        except FileNotFoundError:
            raise SetupError(f"{folder} holds no export of Linli: there is no {MANIFEST} in it") from None
        except OSError:
            raise Damaged(MANIFEST) from None
        if not isinstance(found, dict) or not isinstance(found.get("foot"), dict) or "key_id" not in found:
            raise Damaged(MANIFEST)
        self._given = str(found.pop("mark", ""))
        self._manifest, self.foot = found, found["foot"]
        self.head = {key: value for key, value in found.items() if key != "foot"}

    def parts(self) -> Iterator[Part]:
        if not hmac.compare_digest(self._given, _mark(self._manifest)):
            raise Damaged(MANIFEST)
        for name, end in sorted(self.foot["tables"].items()):
            if not name.replace("_", "").isalnum() or not name.isascii():
                raise Damaged("the name of a table")
            yield self._part(name, end)

    def _part(self, name: str, end: dict[str, Any]) -> Part:
        part = Part(name, list(end.get("columns") or []), iter(()), end)

        def rows() -> Iterator[list[Any]]:
            tally = Tally()
            try:
                file = _open(self._folder / TABLES / f"{name}.jsonl", os.O_RDONLY)
            except OSError:
                raise Damaged(f"{name}.jsonl can't be read") from None
            with file:
                while line := file.readline(LONGEST_LINE):
                    tally.take(line)
                    yield parse(line)
            check_end(name, tally, end)

        part.rows = rows()
        return part
