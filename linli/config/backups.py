"""`linli backup` and `linli restore`, `linli export deployment` and `linli import deployment`."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from django.conf import settings
from django.db import connection, connections

from linli.config import archive, operate
from linli.core import audit, chain, clock, console, erasures
from linli.core.actors import SYSTEM
from linli.core.errors import SetupError
from linli.core.upkeep import find_live_workers
from linli.residents.actions import replay_erasures

NAME = "linli-{:%Y%m%dT%H%M%SZ}.backup"
OURS = re.compile(r"linli-\d{8}T\d{6}Z\.backup")
Replace = Annotated[
    bool, typer.Option("--replace", help="Put it in place of the data that is there (backed up first).")
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Check = Annotated[bool, typer.Option("--check", help="Only read all of it and say whether it could be restored.")]
WithoutList = Annotated[bool, typer.Option("--without-list", help="The list of erasures is lost: go on without it.")]


def mount(app: typer.Typer, imports: typer.Typer, exports: typer.Typer) -> None:
    app.command("backup")(back_up)
    app.command("restore")(restore)
    exports.command("deployment")(export_deployment)
    imports.command("deployment")(import_deployment)
    listed = typer.Typer(help="The list of erasures outside the database.", no_args_is_help=True)
    listed.command("replay")(replay)
    listed.callback()(_listed)
    app.add_typer(listed, name="erasures")


def _listed() -> None:
    """The list of erasures outside the database."""


# Out -----------------------------------------------------------------------------------------------------------------


def back_up(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A new file, or a folder for a file named by the time.")],
    keep: Annotated[int, typer.Option(min=0, help="In a folder: keep so many, the newest; 0: all.")] = 0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Don't seal it: the key still guards it from changes.")
    ] = False,
) -> None:
    """Write all data into one file, while everything goes on running. The key is never in it: keep it elsewhere."""
    operate.ready(make_key=False)
    file, in_folder = _file_of(path)
    if keep and not in_folder:
        raise SetupError("--keep needs a folder: linli backup FOLDER --keep 14")
    told = write_backup(file, plain=plain)
    gone = _rotate(file.parent, keep) if keep else []
    console.result(
        {**told, "removed": [one.name for one in gone]},
        f"{told['file']}: {told['rows']} rows, {_size(told['bytes'])}. Keep it apart from the key file."
        + (f" {len(gone)} older ones removed." if gone else ""),
    )


def _file_of(path: Path) -> tuple[Path, bool]:
    if path.is_dir():
        return path / NAME.format(clock.now()), True
    if path.exists():
        raise SetupError(f"{path} is there already: choose another name, or name a folder")
    if not path.parent.is_dir():
        raise SetupError(f"there is no folder {path.parent}")
    return path, False


def write_backup(file: Path, *, plain: bool = False) -> dict[str, Any]:
    """One whole file or none: written beside its place, and moved there when it is on the disk."""
    with _beside(file) as out, archive.one_moment() as link:
        head = archive.make_head(link)
        foot = archive.copy_to(archive.ContainerSink(out, head, sealed=not plain), link)
    rows = sum(one["rows"] for one in foot["tables"].values())
    size = file.stat().st_size
    made = ("core.backup", file.name[-40:])
    audit.record(SYSTEM, "back_up", made, reason=f"{rows} rows, {_size(size)}")
    return {
        "file": str(file),
        "rows": rows,
        "bytes": size,
        "sealed": not plain,
        "made_at": head["made_at"],
        "audit_head": foot["audit_head"],
    }


@contextmanager
def _beside(file: Path) -> Iterator[IO[bytes]]:
    part = file.with_name(file.name + ".part")
    out = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "wb")
    with out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(f"another backup is being written to {file}") from None
        try:
            out.truncate(0)  # what a killed one left
            yield out
            out.flush()
            os.fsync(out.fileno())
            os.replace(part, file)
            _sync_folder(file.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rotate(folder: Path, keep: int) -> list[Path]:
    """The oldest of our own files go, only after the new one stands."""
    found = sorted(one for one in folder.iterdir() if OURS.fullmatch(one.name) and one.is_file())
    gone = found[:-keep]
    for one in gone:
        one.unlink()
    return gone


def _size(count: int) -> str:
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


# Back ----------------------------------------------------------------------------------------------------------------


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'linli backup' wrote.")],
    replace: Replace = False,
    yes: Yes = False,
    check: Check = False,
    without_list: WithoutList = False,
) -> None:
    """Put a backup into an empty database, with the key file that belongs to it. People who were erased since are erased
    again, from the list kept outside the backup; the audit trail is verified."""
    _take_back(archive.ContainerSource(file), replace=replace, yes=yes, check=check, without_list=without_list)


def _take_back(source: archive.Source, *, replace: bool, yes: bool, check: bool, without_list: bool) -> None:
    """All of it is read and checked before anything is touched."""
    archive.check_head(source.head)
    held = archive.examine(source)
    rows = sum(one["rows"] for one in held["tables"].values())
    told = {"version": held["version"], "made_at": held["made_at"], "rows": rows, "audit_head": held["audit_head"]}
    if check:
        console.result({"ok": True, **told}, f"Whole and right: {rows} rows of {held['made_at']}.")
        return
    if not without_list:
        _check_list(held)
    if operate.is_embedded():
        operate.make_room()
    if archive.check_target(replace=replace):
        told["replaced"] = _put_aside(yes=yes)
    erased: list[int] = []
    archive.restore(source, finish=lambda: erased.append(_finish(told)))
    connections.close_all()
    broken = chain.find_break()
    told |= {"erased_again": sum(erased), "audit": broken.words() if broken else "ok"}
    again = f" {told['erased_again']} people who were erased since are erased again." if sum(erased) else ""
    console.result(told, f"Restored {rows} rows of {held['made_at']}.{again} Everybody signs in anew.")
    if broken:
        raise SetupError(f"everything is back, but the trail was broken before the backup: {broken.words()}")


def _put_aside(*, yes: bool) -> str:
    """A backup of what is about to be replaced."""
    live = find_live_workers()
    if live:
        raise SetupError("a worker runs on this database: stop 'linli serve' and every 'linli worker' first")
    if not yes:
        _ask()
    operate.ready(make_key=False)
    erasures.write_list()  # what was erased a moment ago must not come back
    file = settings.HOME / f"before-restore-{NAME.format(clock.now())}"
    settings.HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    console.say(f"What is there now goes to {file}")
    return str(write_backup(file)["file"])


def _ask() -> None:
    try:
        sure = typer.confirm(f"Replace everything in {connection.settings_dict['NAME']}?", err=True)
    except typer.Abort:  # nobody there to answer
        console.say("")
        sure = False
    if not sure:
        raise SetupError("nothing was changed")


def _finish(told: dict[str, Any]) -> int:
    """On the restored tables, before anybody may use them."""
    audit.record(SYSTEM, "restore", ("core.backup", told["made_at"][:40]), reason=f"{told['rows']} rows")
    return replay_erasures(actor=SYSTEM, entries=erasures.read_list())


def _check_list(held: dict[str, Any]) -> None:
    """The list outside must reach at least as far as the archive does: a shorter one is not the deployment's."""
    there, known = len(erasures.read_list()), held["tables"].get("core_erasure", {}).get("rows", 0)
    if there < known:
        raise SetupError(
            f"the list of erasures {settings.ERASURE_LIST} names {there}, the archive knew {known}: people who were erased"
            " since would come back. Put the list back (LINLI_ERASURE_LIST), or say --without-list if it is lost"
        )


def replay() -> None:
    """Erase again whom the list of erasures names, after the database was put back by other means than 'linli restore'."""
    done = replay_erasures(actor=SYSTEM, entries=erasures.read_list())
    console.result({"erased_again": done}, f"{done} people and households erased again.")


# A whole deployment, in the clear ------------------------------------------------------------------------------------


def export_deployment(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
) -> None:
    """Write all data as plain files, a table each, for another database or for eyes. What is sealed stays sealed; names
    and addresses don't: treat the folder like the register itself."""
    operate.ready(make_key=False)
    if folder.exists():
        raise SetupError(f"{folder} is there already: name a folder that is not")
    part = folder.with_name(folder.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    part.mkdir(mode=0o700)
    try:
        with archive.one_moment() as link:
            foot = archive.copy_to(archive.FolderSink(part, archive.make_head(link)), link)
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    rows = sum(one["rows"] for one in foot["tables"].values())
    audit.record(SYSTEM, "export_deployment", ("core.backup", folder.name[-40:]), reason=f"{rows} rows")
    console.result(
        {"folder": str(folder), "rows": rows, "tables": len(foot["tables"])},
        f"{rows} rows in {len(foot['tables'])} tables. Names stand in it in the clear: delete it when it has served.",
    )


def import_deployment(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What 'linli export deployment' wrote.")],
    replace: Replace = False,
    yes: Yes = False,
    check: Check = False,
    without_list: WithoutList = False,
) -> None:
    """Put an exported deployment into an empty database, SQLite or PostgreSQL, with its own key file."""
    _take_back(archive.FolderSource(folder), replace=replace, yes=yes, check=check, without_list=without_list)
