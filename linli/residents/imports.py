"""A community's own roster: columns recognised in any order and language, rows made households, bad rows given back.

Reading checks what a cell says (a date, a yes, a known word); who is known already and what changes is decided by
`actions.import_households`, for a preview and for the import alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from linli.core.actors import Actor
from linli.core.errors import Invalid
from linli.core.sheets import Sheet, header_key, read_day, read_sheet, write_sheet
from linli.grid.models import Place
from linli.grid.profile import kind_name, leaf_kinds, place_kinds
from linli.grid.queries import list_leaves
from linli.residents import actions, rules, words
from linli.residents.profile import groups
from linli.residents.rules import AnswererEntry, HouseholdRow, ImportOutcome, PersonEntry, RowError

MOST_PEOPLE = 100_000
FIRST_ROWS = 8
GROUP = "group:"

# Field → the headers that name it. The first Chinese and the first English one stand in the template.
HEADERS: dict[str, tuple[str, ...]] = {
    "grid": ("网格", "所属网格", "网格名称", "Grid"),
    "cell": ("微网格", "所属微网格", "微网格名称", "小组", "楼栋长片区", "Cell"),
    "estate": ("小区", "小区名称", "所属小区", "Estate", "Compound"),
    "building": ("楼栋", "楼栋号", "楼号", "栋", "栋号", "幢", "幢号", "楼", "Building", "House", "House number"),
    "entrance": ("单元", "单元号", "梯", "Entrance", "Staircase"),
    "floor": ("楼层", "层", "所在楼层", "Floor", "Storey"),
    "room": ("房号", "房间号", "室号", "室", "门牌号", "房屋号", "Room", "Flat", "Apartment", "Unit"),
    "number": ("户号", "户编号", "家庭编号", "Household number", "Household no", "Household ID"),
    "kind": ("户类型", "住户类型", "户别", "类型", "Household type", "Type"),
    "household": ("户名", "户主", "户主姓名", "家庭名称", "Household", "Household name", "Family"),
    "name": ("姓名", "居民姓名", "名字", "人员姓名", "Name", "Full name", "Resident"),
    "sex": ("性别", "Sex", "Gender"),
    "born_on": ("出生日期", "出生年月日", "生日", "出生年月", "Birth date", "Date of birth", "Born", "Birthday", "DOB"),
    "id_number": ("身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码",
                  "ID number", "Identity number", "ID"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "电话号码", "联系方式",
              "Phone", "Phone number", "Mobile", "Telephone", "Contact number"),
    "role": ("与户主关系", "关系", "家庭关系", "Relation to head", "Relation", "Relationship", "Role"),
    "registered_here": ("户籍在本地", "是否本地户籍", "本地户籍", "户籍在册", "Registered here"),
    "registered_place": ("户籍地", "户籍地址", "户籍所在地", "户口所在地", "Registered place", "Registered at"),
    "groups": ("重点人群", "人群标签", "特殊人群", "人群类别", "弱势群体", "人群", "Groups", "Group", "Vulnerable groups"),
    "language": ("语言", "使用语言", "Language"),
    "channels": ("联系渠道", "通知方式", "渠道", "Channels", "Channel"),
    "contact": ("联系人", "户联系人", "Contact person", "Contact"),
    "answerer": ("代答人", "代报人", "代为确认人", "代答人姓名", "Answered for by", "Answerer", "Who answers"),
    "answerer_phone": ("代答人电话", "代报人电话", "代答人手机", "Answerer phone", "Phone of answerer"),
    "answerer_relation": ("代答人关系", "代报人关系", "Answerer relation"),
    "status": ("状态", "人员状态", "居住状态", "登记状态", "Status"),
}  # fmt: skip
TEMPLATE = tuple(name for name in HEADERS if name not in {"number", "answerer_relation"})

_YES = {"是", "有", "y", "yes", "true", "1", "√", "✓", "x", "对"}
_NO = {"否", "无", "n", "no", "false", "0", "×", "非", "不是", ""}
_WORDS: dict[str, dict[str, str]] = {
    "sex": {"男": "m", "男性": "m", "male": "m", "m": "m", "女": "f", "女性": "f", "female": "f", "f": "f"},
    "status": {
        "在册": "registered", "已登记": "registered", "常住": "registered", "正常": "registered", "在住": "registered",
        "registered": "registered", "on the register": "registered", "未登记": "unregistered", "无户籍": "unregistered",
        "流动": "unregistered", "unregistered": "unregistered", "离开": "departed", "已离开": "departed",
        "迁出": "departed", "已迁出": "departed", "departed": "departed", "left": "departed",
    },
    "role": {
        "户主": "head", "本人": "head", "head": "head", "head of household": "head", "self": "head", "配偶": "spouse",
        "妻": "spouse", "夫": "spouse", "妻子": "spouse", "丈夫": "spouse", "wife": "spouse", "husband": "spouse",
        "子": "child", "女": "child", "子女": "child", "儿子": "child", "女儿": "child", "son": "child",
        "daughter": "child", "长子": "child", "长女": "child", "次子": "child", "次女": "child", "父": "parent",
        "母": "parent", "父亲": "parent", "母亲": "parent", "父母": "parent", "father": "parent", "mother": "parent",
        "孙子": "grandchild", "孙女": "grandchild", "外孙": "grandchild", "外孙女": "grandchild", "孙": "grandchild",
        "祖父母": "grandparent", "祖父": "grandparent", "祖母": "grandparent", "兄弟姐妹": "sibling", "兄": "sibling",
        "弟": "sibling", "姐": "sibling", "妹": "sibling", "兄弟": "sibling", "姐妹": "sibling", "brother": "sibling",
        "sister": "sibling", "亲属": "relative", "其他亲属": "relative", "儿媳": "relative", "女婿": "relative",
        "租户": "tenant", "租客": "tenant", "承租人": "tenant", "房客": "tenant", "住户": "resident", "居民": "resident",
        "员工": "staff", "职工": "staff", "联系人": "contact", "负责人": "contact", "其他": "other", "非亲属": "other",
    },
    "kind": {
        "家庭": "family", "家庭户": "family", "普通户": "family", "居民户": "family", "family": "family", "住宅": "family",
        "集体户": "collective", "集体": "collective", "宿舍": "collective/dormitory", "养老院": "collective/care_home",
        "敬老院": "collective/care_home", "工地": "collective/building_site", "宾馆": "collective/hotel",
        "酒店": "collective/hotel", "旅馆": "collective/hotel", "场所": "premises", "单位": "premises",
        "商铺": "premises/shop", "店铺": "premises/shop", "商店": "premises/shop", "门面": "premises/shop",
        "超市": "premises/shop", "餐馆": "premises/restaurant", "饭店": "premises/restaurant", "学校": "premises/school",
        "幼儿园": "premises/school", "诊所": "premises/clinic", "医院": "premises/clinic", "办公": "premises/office",
        "公司": "premises/office", "工厂": "premises/factory",
    },
    "channels": {
        "短信": "sms", "电话": "voice", "语音": "voice", "微信": "wechat", "微信群": "chat_group", "群": "chat_group",
        "邮件": "email", "邮箱": "email", "上门": "door", "敲门": "door",
    },
}  # fmt: skip
_UNKNOWN = {"sex": "sex_unknown", "status": "status_unknown", "role": "role_unknown", "kind": "kind_unknown"}


@dataclass
class Roster:
    """A file as read: households with their people, what is wrong with rows already, the rows as they were."""

    headers: list[str]
    columns: dict[str, int]
    unknown: list[str]
    notes: list[str]
    households: list[HouseholdRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)  # row → its texts

    @property
    def rows(self) -> int:
        return len(self.cells)


@dataclass
class Checked:
    """What a file would do, or has done."""

    roster: Roster
    outcome: ImportOutcome
    errors: list[RowError]

    @property
    def bad_rows(self) -> list[int]:
        return sorted({error.row for error in self.errors})


def known_headers() -> dict[str, tuple[str, ...]]:
    """HEADERS with what the deployment's profile calls its places and groups; a column a group is `group:code`."""
    found = dict(HEADERS)
    kinds = list(place_kinds().values())
    for at, kind in enumerate(kinds):
        if kind.leaf:
            found["cell"] = (kind.zh, kind.en, *found["cell"])
            above = kinds[at - 1]
            if not above.register:
                found["grid"] = (above.zh, above.en, *found["grid"])
    for group in groups().values():
        found[GROUP + group.code] = (group.zh, group.en, group.code)
    return found


def read_roster(
    data: bytes, filename: str, *, actor: Actor, place: Place, progress: Callable[[int], None] | None = None
) -> Roster:
    """Raises Invalid where the file as a whole can't be used."""
    sheet = read_sheet(data, filename, columns=known_headers(), least=3, most_rows=MOST_PEOPLE)
    roster = Roster(
        sheet.headers,
        sheet.columns,
        [text for at, text in enumerate(sheet.headers) if text and at not in set(sheet.columns.values())],
        sheet.notes,
    )
    _check_columns(roster)
    reader = _Reader(roster, sheet, _Cells(actor, place))
    for number, texts in sheet.rows:
        reader.take(number, texts)
        if progress is not None and roster.rows % 1_000 == 0:
            progress(roster.rows)
    roster.households = reader.households()
    return roster


def _check_columns(roster: Roster) -> None:
    lacking = [name for name in ("building", "name") if name not in roster.columns]
    if "name" in lacking and "household" in roster.columns:
        lacking.remove("name")
    if lacking:
        names = ", ".join(column_name(name) for name in lacking)
        raise Invalid(_("The file lacks the column %(names)s.") % {"names": names}, code="column-missing")


def column_name(name: str) -> str:
    """A field as its column is called in the user's language."""
    from django.utils.translation import get_language

    headers = known_headers().get(name, (name,))
    if name == "cell":
        return kind_name(leaf_kinds()[0])
    chinese = (get_language() or "").startswith("zh")
    return next((text for text in headers if text.isascii() != chinese), name)


class _Cells:
    """The leaves of the place by code and by name, with or without the grid's."""

    def __init__(self, actor: Actor, place: Place):
        self.leaves = list_leaves(actor=actor, place=place)
        self.by_code = {_key(leaf.code): [leaf.pk] for leaf in self.leaves}
        self.by_name: dict[tuple[str, str], list[int]] = {}
        for leaf in self.leaves:
            for grid in {"", *(_key(text) for text in _parent_names(leaf))}:
                self.by_name.setdefault((grid, _key(leaf.name)), []).append(leaf.pk)

    def find(self, grid: str, cell: str) -> tuple[int, str]:
        """(leaf, what is wrong). 0 where the row names none: the entrance may stand somewhere already."""
        if not cell:
            return (self.leaves[0].pk, "") if len(self.leaves) == 1 else (0, "")
        found = self.by_code.get(_key(cell)) or self.by_name.get((_key(grid), _key(cell)), [])
        if not found:
            return 0, "cell_unknown"
        return (found[0], "") if len(set(found)) == 1 else (0, "cell_ambiguous")


def _parent_names(leaf: Place) -> tuple[str, ...]:
    return (leaf.parent.name, leaf.parent.code) if leaf.parent else ()


def _key(text: str) -> str:
    return "".join(rules.plain(text).casefold().split())


@dataclass
class _Group:
    """Rows of one household as they gather."""

    place_id: int
    door: tuple[str, str, str, str]
    floor: int | None
    row: int
    name: str = ""
    kind: str = "family"
    subkind: str = ""
    contact: str = ""
    people: list[PersonEntry] = field(default_factory=list)
    answerers: list[AnswererEntry] = field(default_factory=list)


class _Reader:
    """Makes households of rows. A row without a household's name belongs to the one read last at its door."""

    def __init__(self, roster: Roster, sheet: Sheet, cells: _Cells):
        self.roster, self.sheet, self.cells = roster, sheet, cells
        self.groups: list[_Group] = []
        self.by_name: dict[tuple[Any, ...], _Group] = {}
        self.last_at: dict[Any, _Group] = {}
        self.by_number: dict[str, _Group] = {}
        self.words = {name: _vocabulary(name) for name in ("sex", "status", "role", "kind", "channels")}
        self.group_words = _group_words()

    def take(self, number: int, texts: list[str]) -> None:
        self.roster.cells[number] = texts
        row = _Row(number, {name: texts[at] for name, at in self.roster.columns.items()}, self)
        if self._has_faults(number):
            return
        person, fresh = row.person(), row.household()
        group = self._group(row, fresh)
        if row.wrong or group is None:
            for column, reason in row.wrong.items():
                self.roster.errors.append(RowError(number, column, reason))
            return
        if group is fresh:
            self._add(group, row)
        if person is not None:
            group.people.append(person)
        self._take_household(group, row)

    def _has_faults(self, number: int) -> bool:
        names = {at: name for name, at in self.roster.columns.items()}
        faults = {names[at] for at in self.sheet.faults.get(number, {}) if at in names}
        self.roster.errors += [RowError(number, name, "cell_error") for name in sorted(faults)]
        return bool(faults)

    def _group(self, row: "_Row", fresh: _Group) -> _Group | None:
        if row.wrong:
            return None
        key, number = (fresh.door, fresh.name), row.text("number")
        found = self.by_number.get(number) if number else self._named(fresh, key)
        if found is not None and found.door != fresh.door:
            self.roster.errors.append(RowError(row.number, "number", "household_two_doors", {"other": str(found.row)}))
            return None
        return found or fresh

    def _named(self, fresh: _Group, key: tuple[Any, ...]) -> _Group | None:
        found = self.by_name.get(key) if fresh.name else self.last_at.get(fresh.door)
        if found is not None and fresh.place_id and found.place_id and fresh.place_id != found.place_id:
            return None  # two cells for one door: the check of entrances says so
        return found

    def _add(self, group: _Group, row: "_Row") -> None:
        self.groups.append(group)
        self.last_at[group.door] = group
        self.by_name[(group.door, group.name)] = group
        if row.text("number"):
            self.by_number[row.text("number")] = group

    def _take_household(self, group: _Group, row: "_Row") -> None:
        group.contact = group.contact or row.text("contact")
        answerer = AnswererEntry(row.text("answerer"), row.text("answerer_phone"), row.text("answerer_relation"))
        if (answerer.name or answerer.phone) and answerer not in group.answerers:
            group.answerers.append(answerer)
        if group.contact and not any(one.name == group.contact for one in group.people) and group.kind != "family":
            group.people.append(PersonEntry(name=group.contact, role="contact", status="", row=row.number))

    def households(self) -> list[HouseholdRow]:
        return [
            HouseholdRow(
                place_id=one.place_id,
                estate=one.door[0],
                building=one.door[1],
                entrance=one.door[2],
                room=one.door[3],
                floor=one.floor,
                kind=one.kind,
                subkind=one.subkind,
                name=one.name,
                contact=one.contact,
                people=tuple(one.people),
                answerers=tuple(one.answerers),
                row=one.row,
            )
            for one in self.groups
        ]


class _Row:
    """One row's cells, read by field; `wrong` gathers field → code."""

    def __init__(self, number: int, texts: dict[str, str], reader: _Reader):
        self.number, self.texts, self.reader = number, texts, reader
        self.wrong: dict[str, str] = {}

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def word(self, name: str) -> str:
        text = self.text(name)
        if not text:
            return ""
        found = self.reader.words[name].get(_key(text))
        if found is None:
            self.wrong[name] = _UNKNOWN[name]
        return found or ""

    def yes(self, name: str) -> bool | None:
        text = _key(self.text(name))
        if not text:
            return None
        if text not in _YES | _NO:
            self.wrong[name] = "yes_no"
        return text in _YES

    def day(self, name: str) -> date | None:
        text = self.text(name)
        found = read_day(text) if text else None
        if text and found is None:
            self.wrong[name] = "date_invalid"
        return found

    def groups(self) -> tuple[str, ...]:
        found = []
        for part in _parts(self.text("groups")):
            code = self.reader.group_words.get(_key(part))
            if code is None:
                self.wrong["groups"] = "group_unknown"
            else:
                found.append(code)
        columns = (name for name in self.texts if name.startswith(GROUP))
        found += [name.removeprefix(GROUP) for name in columns if self.yes(name)]
        return tuple(dict.fromkeys(found))

    def channels(self) -> tuple[str, ...]:
        found = []
        for part in _parts(self.text("channels")):
            code = self.reader.words["channels"].get(_key(part))
            if code is None:
                self.wrong["channels"] = "channel_unknown"
            else:
                found.append(code)
        return tuple(found)

    def person(self) -> PersonEntry | None:
        if not self.text("name"):
            others = ("id_number", "phone", "born_on", "sex")
            if not self.text("household") or any(self.text(name) for name in others):
                self.wrong["name"] = "name_missing"
            return None
        return PersonEntry(
            name=rules.name_of(self.text("name")),
            sex=self.word("sex"),
            born_on=self.day("born_on"),
            id_number=self.text("id_number"),
            phone=self.text("phone"),
            role=self.word("role"),
            status=self.word("status"),
            registered_here=self.yes("registered_here"),
            registered_place=self.text("registered_place"),
            language=self.text("language"),
            channels=self.channels(),
            groups=self.groups(),
            row=self.number,
        )

    def household(self) -> _Group:
        leaf, wrong = self.reader.cells.find(self.text("grid"), self.text("cell"))
        if wrong:
            self.wrong["cell"] = wrong
        if not self.text("building"):
            self.wrong["building"] = "building_missing"
        kind, _slash, subkind = (self.word("kind") or "family").partition("/")
        if not self.text("room") and "room" in self.texts and kind != "premises":
            self.wrong["room"] = "room_missing"
        door = tuple(rules.plain(self.text(name)) for name in ("estate", "building", "entrance", "room"))
        name = rules.name_of(self.text("household"))
        return _Group(leaf, door, self.floor(), self.number, name, kind, subkind)  # type: ignore[arg-type]

    def floor(self) -> int | None:
        text = self.text("floor").rstrip("层楼Ff ")
        if not text:
            return None
        try:
            found = int(text)
        except ValueError:
            found = 1_000
        if not -20 <= found <= 300:
            self.wrong["floor"] = "floor_invalid"
            return None
        return found


def _parts(text: str) -> list[str]:
    for sign in "，、;；/|":
        text = text.replace(sign, ",")
    return [part.strip() for part in text.split(",") if part.strip()]


def _vocabulary(name: str) -> dict[str, str]:
    """Every word for a code: the table above, the codes, and what the pages call them in any language."""
    from django.utils.translation import override

    labels = {"sex": words.SEXES, "status": words.STATUSES, "role": words.ROLES, "kind": words.KINDS}
    named = labels.get(name, words.CHANNELS)
    found = {_key(word): code for word, code in _WORDS[name].items()}
    for code in named:
        found.setdefault(_key(code), code)
        for language in ("en", "zh-hans"):
            with override(language):
                found.setdefault(_key(str(named[code])), code)
    if name == "kind":
        for kind, subkinds in rules.SUBKINDS.items():
            for subkind in subkinds:
                found.setdefault(_key(subkind), f"{kind}/{subkind}")
                found.setdefault(_key(str(words.SUBKINDS[subkind])), f"{kind}/{subkind}")
    return found


def _group_words() -> dict[str, str]:
    return {_key(word): group.code for group in groups().values() for word in (group.code, group.en, group.zh)}


def check_roster(data: bytes, filename: str, *, actor: Actor, place: Place) -> Checked:
    """What the file would do: the preview. Nothing is written."""
    return _run(read_roster(data, filename, actor=actor, place=place), actor, place, dry_run=True)


def import_roster(
    data: bytes,
    filename: str,
    *,
    actor: Actor,
    place: Place,
    progress: Callable[[int], None] | None = None,
    before_commit: Callable[[Checked], None] | None = None,
) -> Checked:
    """Good rows go in, all or none; the bad ones stand in `errors`."""
    roster = read_roster(data, filename, actor=actor, place=place, progress=progress)
    return _run(roster, actor, place, dry_run=False, before_commit=before_commit)


def _run(
    roster: Roster,
    actor: Actor,
    place: Place,
    *,
    dry_run: bool,
    before_commit: Callable[[Checked], None] | None = None,
) -> Checked:
    def done(outcome: ImportOutcome) -> Checked:
        return Checked(roster, outcome, sorted([*roster.errors, *outcome.errors], key=lambda error: error.row))

    def tell(outcome: ImportOutcome) -> None:
        if before_commit is not None:
            before_commit(done(outcome))

    outcome = actions.import_households(
        actor=actor, place=place, rows=roster.households, dry_run=dry_run, before_commit=tell
    )
    return done(outcome)


def error_sheet(roster: Roster, errors: Sequence[RowError]) -> bytes:
    """The bad rows as they came, with a last column that says why: to mend and send again."""
    by_row: dict[int, list[RowError]] = {}
    for error in errors:
        by_row.setdefault(error.row, []).append(error)
    rows, marked = [], set()
    own = header_key(str(_("Why it was not imported")))
    headers = [text for text in roster.headers if header_key(text) != own]
    for at, (number, found) in enumerate(sorted(by_row.items())):
        texts = roster.cells.get(number, [])[: len(headers)]
        texts = texts + [""] * (len(headers) - len(texts))
        rows.append([*texts, " ".join(sentence(error) for error in found)])
        marked |= {(at, roster.columns[error.column]) for error in found if error.column in roster.columns}
    return write_sheet([*headers, _("Why it was not imported")], rows, title=_("To mend"), marked=marked)


def sentence(error: RowError) -> str:
    return f"{column_name(error.column)}: {words.reason(error.reason, error.values)}"


def template() -> bytes:
    """An empty roster with the columns that are understood, in the user's language."""
    return write_sheet([column_name(name) for name in TEMPLATE], [], title=_("Roster"))


def first_rows(roster: Roster) -> tuple[list[str], list[list[str]]]:
    """Headers and the first rows for the preview, numbers masked."""
    shown = sorted(roster.columns.items(), key=lambda pair: pair[1])
    masks = {"phone": rules.mask_phone, "answerer_phone": rules.mask_phone, "id_number": rules.mask_id}
    rows = [
        [masks.get(name, str)(texts[at]) for name, at in shown] for texts in list(roster.cells.values())[:FIRST_ROWS]
    ]
    return [roster.headers[at] for _name, at in shown], rows


def report_of(checked: Checked) -> dict[str, Any]:
    """Counts, and errors as row, column and code: what may be stored."""
    return {
        "rows": checked.roster.rows,
        **checked.outcome.counts(),
        "errors": [[error.row, error.column, error.reason, error.values] for error in checked.errors],
    }


def errors_of(report: dict[str, Any]) -> list[RowError]:
    return [RowError(*error) for error in report.get("errors", [])]
