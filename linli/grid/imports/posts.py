"""A list of posts: who holds which post where, since when, by which paper. Columns in any order, Chinese or English."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from pypinyin import lazy_pinyin

from linli.core import clock
from linli.core.actors import Actor
from linli.core.crypto import keyed_hash
from linli.core.errors import Invalid
from linli.core.sheets import Sheet, column_letter, header_key, read_day, read_sheet
from linli.grid import actions, queries
from linli.grid.access import check_may
from linli.grid.actions import NewAccount, NewAppointment
from linli.grid.imports.premises import RowError
from linli.grid.models import Place
from linli.grid.numbers import normalise_phone
from linli.grid.profile import post_kinds
from linli.grid.rules import plain_username

COLUMNS = {
    "name": ("姓名", "名字", "人员姓名", "name", "full name"),
    "username": ("登录名", "用户名", "账号", "工号", "username", "login", "account"),
    "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "phone", "mobile", "telephone"),
    "post": ("岗位", "职务", "岗位名称", "职位", "post", "role"),
    "place": (
        "地点编码",
        "编码",
        "区划代码",
        "网格编码",
        "网格编号",
        "地点",
        "所在地",
        "网格",
        "place",
        "place code",
        "code",
    ),
    "from": ("任职开始", "开始日期", "任职日期", "起始日期", "起", "from", "start", "first day"),
    "until": ("任职结束", "结束日期", "截止日期", "止", "until", "end", "last day"),
    "paper": ("文件", "文号", "任命文件", "依据", "paper", "document"),
    "organisation": ("单位", "派出单位", "所属单位", "organisation", "organization", "lent by"),
}
FIRST_YEAR, LAST_YEAR = 1949, 2199
NEEDED = ("name", "post", "place", "paper")


@dataclass
class PostsImported:
    """What came in, what was there already, and what is wrong with the other rows."""

    rows: int = 0
    accounts_added: int = 0
    appointments_added: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Line:
    """A row that reads well so far."""

    number: int
    text: dict[str, str]
    post_kind: str
    from_at: datetime | None
    until_at: datetime | None
    phone: str
    username: str
    place: Place | None = None
    organisation_id: int | None = None


def import_posts(data: bytes, filename: str, *, actor: Actor, place: Place, dry_run: bool = False) -> PostsImported:
    """Good rows go in, bad ones are reported; sent again it adds nothing. Who has no account gets one, without a password.
    Raises Invalid where the file as a whole can't be read."""
    check_may(actor, "posts.appoint", place, seen_with="posts.see")
    sheet = read_sheet(data, filename, columns=COLUMNS)
    lacking = [name for name in NEEDED if name not in sheet.columns]
    if lacking or not {"username", "phone"} & set(sheet.columns):
        names = ", ".join(COLUMNS[name][0] + " / " + name for name in lacking or ("username", "phone"))
        raise Invalid(_("The sheet lacks these columns: %(names)s.") % {"names": names}, code="no-header")
    with transaction.atomic():
        done = PostsImported()
        _Posts(actor, place, sheet, done).bring_in()
        done.notes += sheet.notes
        done.errors.sort(key=lambda error: (error.row, error.column))
        if dry_run:
            transaction.set_rollback(True)
    return done


class _Posts:
    """One list for one place."""

    def __init__(self, actor: Actor, place: Place, sheet: Sheet, done: PostsImported):
        self.actor, self.place, self.sheet, self.done = actor, place, sheet, done
        self.kinds = {
            header_key(name): kind.code for kind in post_kinds().values() for name in (kind.code, kind.en, kind.zh)
        }
        self.lines: list[_Line] = []

    def bring_in(self) -> None:
        for number, texts in self.sheet.rows:
            self.done.rows += 1
            line = self._read(number, texts)
            if line is not None:
                self.lines.append(line)
        self._find_places()
        self._find_organisations()
        accounts = self._find_accounts()
        rows = [
            NewAppointment(
                accounts[line.number],
                line.post_kind,
                line.place.pk,
                line.text["paper"],
                line.from_at,
                line.until_at,
                line.organisation_id,
            )
            for line in self.lines
            if line.place is not None
        ]
        made = actions.appoint_many(actor=self.actor, rows=rows)
        self.done.appointments_added, self.done.unchanged = len(made), len(rows) - len(made)

    def _wrong(self, number: int, name: str, reason: str) -> None:
        at = self.sheet.columns.get(name)
        letter, header = ("", "") if at is None else (column_letter(at), self.sheet.headers[at])
        self.done.errors.append(RowError(number, letter, header, reason))

    def _read(self, number: int, texts: list[str]) -> _Line | None:
        before = len(self.done.errors)
        text = {name: texts[self.sheet.columns[name]] if name in self.sheet.columns else "" for name in COLUMNS}
        for name, at in self.sheet.columns.items():
            reason = self.sheet.faults.get(number, {}).get(at)
            if reason:
                self._wrong(number, name, reason)
        for name, most in (("name", 60), ("paper", 120)):
            if not text[name] or len(text[name]) > most:
                self._wrong(number, name, _("this is needed, at most %(most)s characters.") % {"most": most})
        kind = self.kinds.get(header_key(text["post"]))
        if kind is None:
            self._wrong(number, "post", _("there is no post of this name: use one of the profile's."))
        phone, username = self._who(number, text)
        from_on, until_on = self._day(number, text, "from"), self._day(number, text, "until")
        if from_on and until_on and until_on < from_on:
            self._wrong(number, "until", _("the last day lies before the first."))
        if len(self.done.errors) > before:
            return None
        today = from_on is None or from_on == clock.today()
        return _Line(
            number,
            text,
            kind or "",
            None if today or from_on is None else queries.day_span(from_on)[0],
            queries.day_span(until_on)[1] if until_on else None,
            phone,
            username,
        )

    def _who(self, number: int, text: dict[str, str]) -> tuple[str, str]:
        """(phone, username), at least one of which says who it is."""
        phone = normalise_phone(text["phone"])
        if phone is None:
            self._wrong(number, "phone", _("this is no phone number."))
        username = plain_username(text["username"]) if text["username"] else ""
        if username is None:
            self._wrong(number, "username", _("use 2 to 60 letters, digits, or . - _ @ without spaces."))
        if not text["phone"] and not text["username"]:
            self._wrong(number, "username", _("a name for sign-in or a phone is needed to tell people apart."))
        return phone or "", username or ""

    def _day(self, number: int, text: dict[str, str], name: str) -> date | None:
        found = read_day(text[name]) if text[name] else None
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            found = None
        if text[name] and found is None:
            self._wrong(number, name, _("this is no day: write it as 2026-01-31."))
        return found

    def _find_places(self) -> None:
        """By code, or by a name that only one place here has."""
        wanted = {line.text["place"] for line in self.lines}
        known: dict[str, list[Place]] = {}
        for place in queries.list_places_called(actor=self.actor, within=self.place, texts=wanted):
            for key in {place.code, place.name} & wanted:
                known.setdefault(key, []).append(place)
        kept = []
        for line in self.lines:
            at = post_kinds()[line.post_kind].at
            found = [one for one in known.get(line.text["place"], []) if one.kind == at or ":" in at]
            if len(found) == 1:
                line.place = found[0]
                kept.append(line)
            elif found:
                self._wrong(line.number, "place", _("several places have this name: use the code."))
            else:
                reason = _("there is no place of this code or name here that has this post.")
                self._wrong(line.number, "place", reason)
        self.lines = kept

    def _find_organisations(self) -> None:
        wanted = {line.text["organisation"] for line in self.lines} - {""}
        bodies = (
            queries.list_organisations(actor=self.actor, place=self.place).filter(name__in=wanted) if wanted else []
        )
        known = {one.name: one.pk for one in bodies}
        kept = []
        for line in self.lines:
            name = line.text["organisation"]
            line.organisation_id = known.get(name)
            if name and name not in known:
                self._wrong(line.number, "organisation", _("there is no organisation of this name: add it first."))
            else:
                kept.append(line)
        self.lines = kept

    def _find_accounts(self) -> dict[int, int]:
        """Row → account: by name for sign-in, else by phone, else a new one. One person on several rows is one account."""
        index = {line.number: keyed_hash(line.phone, "phone") if line.phone else "" for line in self.lines}
        rows = queries.list_accounts_named(
            actor=self.actor,
            usernames={line.username for line in self.lines} - {""},
            phone_indexes=set(index.values()) - {""},
        )
        known: dict[str, Any] = {one.username: one for one in rows}
        by_phone = {one.phone_index: one for one in rows if one.phone_index}
        new: dict[str, NewAccount] = {}
        chosen: dict[int, str] = {}
        kept = []
        for line in self.lines:
            key = line.username or (f"phone:{index[line.number]}")
            found = known.get(line.username) if line.username else by_phone.get(index[line.number])
            account = found or new.get(key)
            if account is not None and account.name != line.text["name"]:
                self._wrong(
                    line.number, "name", _("this name for sign-in or phone belongs to somebody of another name.")
                )
                continue
            if account is None:
                account = new[key] = NewAccount(line.username or key, line.text["name"], line.phone)
            chosen[line.number] = found.username if found else key
            kept.append(line)
        self.lines = kept
        names = self._give_usernames(new)
        made = actions.make_accounts(actor=self.actor, rows=list(names.values()))
        self.done.accounts_added = len(names)
        keys = {key: made[row.username].pk for key, row in names.items()}
        keys |= {one.username: one.pk for one in rows if one.username not in keys}
        return {number: keys[key] for number, key in chosen.items()}

    def _give_usernames(self, new: dict[str, NewAccount]) -> dict[str, NewAccount]:
        """Who came without one gets a name for sign-in from the sound of the name: limei, limei2 …"""
        wanted = {key: _sound(row.name) for key, row in new.items() if key.startswith("phone:")}
        taken = set(queries.list_usernames_like(actor=self.actor, stems=set(wanted.values())))
        taken |= {key for key in new if not key.startswith("phone:")}
        given = dict(new)
        for key, stem in wanted.items():
            number, username = 1, stem
            while username in taken:
                number += 1
                username = f"{stem}{number}"
            taken.add(username)
            given[key] = NewAccount(username, new[key].name, new[key].phone)
        return given


def _sound(name: str) -> str:
    bare = "".join(sign for sign in "".join(lazy_pinyin(name)).lower() if sign.isascii() and sign.isalnum())
    return (bare or "person")[:40].ljust(2, "x")
