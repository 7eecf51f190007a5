"""Renews the browser libraries from npm, or compares them with the hashes in `vendor.toml`.

python linli/vendor/renew.py            fetch every library anew, by name and version (needs node)
python linli/vendor/renew.py --check    compare the files with their hashes; exit code 1 where one differs
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "vendor.toml"


def libraries() -> list[dict[str, Any]]:
    return tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["library"]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check() -> list[str]:
    """One line for each file that is missing, differs from its hash, or stands here without being named."""
    return list(_faults())


def _faults() -> Iterator[str]:
    known = {MANIFEST, Path(__file__).resolve()}
    for library in libraries():
        licence = HERE / library["licence_file"]
        known.add(licence)
        if not licence.exists():
            yield f"{library['name']}: its licence {library['licence_file']} is missing"
        for file in library["file"]:
            path = HERE / file["to"]
            known.add(path)
            if not path.exists():
                yield f"{library['name']}: {file['to']} is missing"
            elif digest(path) != file["sha256"]:
                yield f"{library['name']}: {file['to']} is not the released file"
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and path not in known and "__pycache__" not in path.parts:
            yield f"{path.relative_to(HERE)}: not named in vendor.toml"


def renew() -> None:
    """Puts the released files in place and writes their hashes into the manifest."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("renew: npm is needed; install node")
    text = MANIFEST.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for library in libraries():
            package = _unpack(npm, f"{library['name']}@{library['version']}", Path(folder))
            _copy(package / library["licence_from"], HERE / library["licence_file"])
            for file in library["file"]:
                target = HERE / file["to"]
                _copy(package / file["from"], target)
                text = _with_hash(text, file["to"], digest(target))
    MANIFEST.write_text(text, encoding="utf-8")


def _unpack(npm: str, release: str, folder: Path) -> Path:
    made = subprocess.run(  # noqa: S603
        [npm, "pack", "--silent", release], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = folder / made.stdout.split()[-1]
    target = folder / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def _with_hash(text: str, to: str, value: str) -> str:
    pattern = rf'(to = "{re.escape(to)}"\nsha256 = ")[0-9a-f]*(")'
    changed, count = re.subn(pattern, rf"\g<1>{value}\g<2>", text)
    if count != 1:
        raise SystemExit(f"renew: {MANIFEST.name} must name {to} once, with its hash on the next line")
    return changed


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        faults = check()
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        return 1 if faults else 0
    if arguments:
        raise SystemExit(__doc__)
    renew()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
