"""Checks of where the deployment lives: its home, its files, its addresses, its extras."""

import importlib.util
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from linli.core import tiles, typesetting
from linli.core.doctor.findings import HINT, UNSAFE, WARNING, Finding
from linli.core.errors import SetupError

NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "afs", "ncpfs"}
LITTLE, ALMOST_NOTHING = 1024**3, 200 * 1024**2
INNER = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}


def check_files() -> Iterator[Finding]:
    """The home and what lies in it are nobody else's business."""
    home = Path(settings.HOME)
    if home.exists() and stat.S_IMODE(home.stat().st_mode) & 0o077:
        yield Finding(
            "home-open",
            UNSAFE,
            _("Others on this machine can look into %(path)s.") % {"path": home},
            _("The database in it holds names and addresses."),
            f"chmod 700 {home}",
        )
    for path in _own_files():
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(
                "file-open",
                UNSAFE,
                _("Others on this machine can read %(path)s.") % {"path": path},
                _("It is for Linli alone."),
                f"chmod 600 {path}",
            )


def _own_files() -> list[Path]:
    files = [Path(settings.ERASURE_LIST)]
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files += [Path(name), Path(name + "-wal"), Path(name + "-shm")]
    return files


def check_key_copy() -> Iterator[Finding]:
    """A backup beside the key is a backup that anybody who takes the disk can read, and both are lost at once."""
    if not settings.KEY_FILE.exists():
        return
    beside = [one for folder in {settings.HOME, settings.KEY_FILE.parent} for one in Path(folder).glob("*.backup")]
    if beside:
        yield Finding(
            "key-beside-backup",
            WARNING,
            _("Backups lie beside the key file, in %(path)s.") % {"path": beside[0].parent},
            _("Whoever has both reads everything; and a lost disk takes both."),
            _(
                "Write backups to another disk, and keep a copy of the key file in a third place, on paper or in a safe."
            ),
        )


def check_disk() -> Iterator[Finding]:
    """Room to write, on a disk that SQLite can trust."""
    home = Path(settings.HOME)
    if not home.exists():
        return
    free = shutil.disk_usage(home).free
    if free < LITTLE:
        yield Finding(
            "disk-full",
            UNSAFE if free < ALMOST_NOTHING else WARNING,
            _("Only %(free)s MB are free on the disk of %(path)s.") % {"free": free // 1024**2, "path": home},
            _("When it is full, nothing is stored any more: no receipt, no confirmation."),
            _("Make room, or move LINLI_HOME to a larger disk."),
        )
    if connection.vendor == "sqlite" and (kind := file_system(Path(connection.settings_dict["NAME"]))) in NETWORK_DISKS:
        yield Finding(
            "network-disk",
            UNSAFE,
            _("The database lies on a network disk (%(kind)s).") % {"kind": kind},
            _("SQLite's locks don't hold there: two writers at once can destroy it."),
            _("Move LINLI_HOME to a local disk, or use PostgreSQL (LINLI_DATABASE_URL)."),
        )


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system that holds `path`; empty where the system doesn't say."""
    if not mounts.exists():
        return ""
    best = ("", "")
    for line in mounts.read_text(errors="replace").splitlines():
        _device, where, kind, *_rest = line.split(" ")
        where = where.replace("\\040", " ")
        inside = where == "/" or str(path) == where or str(path).startswith(where.rstrip("/") + "/")
        if inside and len(where) >= len(best[0]):
            best = (where, kind)
    return best[1]


def check_erasure_list() -> Iterator[Finding]:
    """Erased is erased only while the list outlives the database."""
    path = Path(settings.ERASURE_LIST)
    folder = path if path.exists() else path.parent
    if folder.exists() and not os.access(folder, os.W_OK):
        yield Finding(
            "erasure-list-closed",
            UNSAFE,
            _("The list of erasures %(path)s can't be written.") % {"path": path},
            _("After a restore, people who were erased would be back."),
            _("Give Linli the right to write it, or name another file: LINLI_ERASURE_LIST."),
        )
    elif path.exists() and connection.vendor == "sqlite" and path.parent == Path(settings.HOME):
        yield Finding(
            "erasure-list-beside",
            WARNING,
            _("The list of erasures lies beside the database, in %(path)s.") % {"path": path.parent},
            _("A lost disk takes both, and a restore would bring back people who were erased."),
            _("Set LINLI_ERASURE_LIST to a file on another disk, or copy the list away with every backup."),
        )


def check_addresses() -> Iterator[Finding]:
    """Who reaches it from outside reaches it by TLS, under a known name."""
    hosts, address = set(settings.ALLOWED_HOSTS), settings.PUBLIC_URL
    outside = sorted(hosts - INNER)
    if "*" in hosts:
        yield Finding(
            "any-host",
            UNSAFE,
            _("Linli answers under any name (LINLI_HOSTS holds *)."),
            _("A forged name gets into the links that people are sent."),
            _("Name the hosts: LINLI_HOSTS=linli.example.org"),
        )
    if outside and not settings.SESSION_COOKIE_SECURE:
        yield Finding(
            "no-https",
            UNSAFE,
            _("Linli answers outside (%(hosts)s) without LINLI_HTTPS.") % {"hosts": ", ".join(outside)},
            _("Passwords and numbers of residents go over the network in the clear."),
            _("Put a proxy with TLS in front (deploy/ has examples) and set LINLI_HTTPS=true"),
        )
    if outside and not address:
        yield Finding(
            "no-public-url",
            WARNING,
            _("LINLI_PUBLIC_URL is not set."),
            _("Messages carry links; without it the worker doesn't know what they begin with."),
            "LINLI_PUBLIC_URL=https://" + outside[0].lstrip("."),
        )
    yield from _check_public(address, hosts)


def _check_public(address: str, hosts: set[str]) -> Iterator[Finding]:
    parts = urlsplit(address)
    if not address or parts.hostname in INNER:
        return
    if parts.scheme != "https":
        yield Finding(
            "public-url-plain",
            UNSAFE,
            _("LINLI_PUBLIC_URL does not begin with https://."),
            _("Personal links would go over the network in the clear."),
            f"LINLI_PUBLIC_URL=https://{parts.netloc or address}",
        )
    if parts.hostname and not any(parts.hostname == one or parts.hostname.endswith(one) for one in hosts - {"*"}):
        yield Finding(
            "public-url-unanswered",
            UNSAFE,
            _("Linli does not answer under the name in LINLI_PUBLIC_URL (%(name)s).") % {"name": parts.hostname},
            _("Every link in a message would lead to an error."),
            _("Add it: LINLI_HOSTS=%(name)s") % {"name": parts.hostname},
        )


def check_demo() -> Iterator[Finding]:
    if settings.DEMO and not (Path(settings.HOME) / "demo.json").exists():
        yield Finding(
            "demo",
            UNSAFE,
            _("This is set up as a demonstration (LINLI_DEMO)."),
            _("Anybody signs in with one click, and the clock can be moved."),
            _("Take LINLI_DEMO away and start anew."),
        )


def check_background() -> Iterator[Finding]:
    """The file behind the maps, where one is named."""
    try:
        tiles.check_tiles()
    except SetupError as error:
        yield Finding(
            "tiles",
            WARNING,
            str(error),
            _("Maps are shown without their background."),
            _("Name another file in LINLI_TILES, or take it away: maps work without a background too."),
        )


def check_extras() -> Iterator[Finding]:
    """Parts that some pages need and that are not installed by themselves."""
    lacks = typesetting.what_lacks()
    if lacks:
        yield Finding(
            "no-pdf",
            HINT,
            _("PDF files can't be made here."),
            _("Certificates and lists can only be printed from the browser."),
            lacks,
        )
    if importlib.util.find_spec("signxml") is None:
        yield Finding(
            "no-signxml",
            HINT,
            _("CAP documents can't be signed: signxml is missing."),
            _("Whoever receives them can't tell that they come from you."),
            "pip install 'linli[sign]'",
        )
