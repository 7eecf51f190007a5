"""A whole deployment as a stream of rows that no database owns: backup and restore, export and import.

`snapshot` reads every table at one moment while others go on writing; `container` is the sealed file of a backup, `folder`
the readable one of an export; `loading` puts either into an empty database, of the schema that it was made with.
"""

from linli.config.archive.container import ContainerSink, ContainerSource
from linli.config.archive.folder import FolderSink, FolderSource
from linli.config.archive.loading import check_head, check_target, is_unfinished, restore
from linli.config.archive.rows import Damaged, Source, examine
from linli.config.archive.snapshot import copy_to, make_head, one_moment

__all__ = [
    "ContainerSink",
    "ContainerSource",
    "Damaged",
    "FolderSink",
    "FolderSource",
    "Source",
    "check_head",
    "check_target",
    "copy_to",
    "examine",
    "is_unfinished",
    "make_head",
    "one_moment",
    "restore",
]
