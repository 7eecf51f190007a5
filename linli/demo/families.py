"""Households behind doors: who lives together, how old they are, what a register knows of them."""

from dataclasses import dataclass, replace
from random import Random

from linli.demo.people import FOREIGN, MINORITY, Numbers, Tongue, born, pick
from linli.demo.world import DAY
from linli.residents.rules import AnswererEntry, HouseholdRow, PersonEntry

SIZES = (("1", 22), ("2", 30), ("3", 25), ("4", 13), ("5", 7), ("6", 3))
SOLITARY = (("old", 45), ("middle", 30), ("young", 25))
LANGUAGES = {"pt": "pt", "vi": "vi", "en": "en", "ru": "ru", "ar": "ar", "ko": "ko"}


@dataclass(frozen=True)
class Door:
    """Where a household is: the parts of its address."""

    leaf: str
    building: str
    room: str
    estate: str = ""
    entrance: str = ""
    floor: int | None = None


class Families:
    """Makes households one after another from one generator of chance."""

    def __init__(self, rng: Random, tongue: Tongue, marks: frozenset[str], numbers: Numbers):
        self.rng, self.tongue, self.marks, self.numbers = rng, tongue, marks, numbers
        self.made = 0

    def size(self) -> int:
        return int(pick(self.rng, SIZES))

    def family(self, door: Door, size: int) -> HouseholdRow:
        """A family of `size`; now and then of a minority or from abroad."""
        self.made += 1
        surname = self.tongue.surname(self.rng)
        people = self._people(surname, size)
        if self.tongue.code == "zh" and self.made % 97 == 0:
            people[0] = self._unusual(people[0])
        tenants = self.rng.random() < 0.18
        people = [
            replace(one, registered_here=not tenants, registered_place=self._from_where(tenants)) for one in people
        ]
        name = surname if self.tongue.code == "ph" else f"{surname}家"
        return self._row(door, name, people, answerers=self._answerers(people, surname))

    def _row(self, door: Door, name: str, people: list[PersonEntry], **more: object) -> HouseholdRow:
        place = {"estate": door.estate, "building": door.building, "entrance": door.entrance, "room": door.room}
        return HouseholdRow(place_id=0, name=name, floor=door.floor, people=tuple(people), **place, **more)  # type: ignore[arg-type]

    def _from_where(self, tenants: bool) -> str:  # noqa: FBT001
        if not tenants:
            return ""
        if self.tongue.code == "ph":
            return self.rng.choice(("San Isidro", "Santa Rosa", "Mabini"))
        return self.rng.choice(("上饶市鄱阳县", "宜春市丰城市", "抚州市东乡区", "九江市永修县", "湖北省黄梅县"))

    def _people(self, surname: str, size: int) -> list[PersonEntry]:
        rng = self.rng
        if size == 1:
            kind = pick(rng, SOLITARY)
            years = {"old": rng.randint(61, 92), "middle": rng.randint(35, 60), "young": rng.randint(20, 34)}[kind]
            return [self._person(surname, rng.choice("fm"), years, "head")]
        years = rng.randint(26, 78)
        found = [self._person(surname, "m" if rng.random() < 0.68 else "f", years, "head")]
        spouse = "f" if found[0].sex == "m" else "m"
        found.append(self._person(self.tongue.surname(rng), spouse, max(22, years + rng.randint(-5, 3)), "spouse"))
        while len(found) < size:
            found.append(self._another(surname, years, len(found)))
        return found

    def _another(self, surname: str, years: int, place: int) -> PersonEntry:
        sex = self.rng.choice("fm")
        if place >= 4 and years < 60:
            return self._person(surname, sex, min(95, years + self.rng.randint(22, 32)), "parent")
        if years >= 62:
            return self._person(surname, sex, self.rng.randint(0, 18), "grandchild")
        return self._person(surname, sex, max(0, years - self.rng.randint(23, 34)), "child")

    def _person(self, surname: str, sex: str, years: int, role: str) -> PersonEntry:
        rng = self.rng
        born_on = born(rng, DAY, years)
        return PersonEntry(
            name=self.tongue.name(rng, surname, sex),
            sex=sex,
            born_on=born_on,
            id_number=self.numbers.next(born_on, sex) if self.tongue.identity else "",
            phone=self.tongue.phone(rng) if self._has_phone(years) else "",
            role=role,
            status="unregistered" if rng.random() < 0.01 else "registered",
            channels=self._channels(years),
            groups=self._groups(years, sex, alone=False),
        )

    def _has_phone(self, years: int) -> bool:
        chance = 0.95 if 14 <= years < 65 else 0.72 if 65 <= years < 75 else 0.38 if years >= 75 else 0.0
        return self.rng.random() < chance

    def _channels(self, years: int) -> tuple[str, ...]:
        if years < 14:
            return ()
        return ("wechat", "sms") if years < 60 and self.tongue.code == "zh" else ("sms", "voice")

    def _groups(self, years: int, sex: str, *, alone: bool) -> tuple[str, ...]:
        rng, found = self.rng, []
        if years >= 60:
            found.append("elderly")
        if years < 3:
            found.append("infant")
        if 6 <= years < 18:
            found.append("student")
        if sex == "f" and 21 <= years < 40 and rng.random() < 0.035:
            found.append("pregnant")
        if rng.random() < 0.018:
            found.append("disabled")
        if years > 45 and rng.random() < 0.04:
            found.append("chronic_illness")
        if alone:
            found.append("elderly_alone")
        return tuple(one for one in found if one in self.marks)

    def _answerers(self, people: list[PersonEntry], surname: str) -> tuple[AnswererEntry, ...]:
        """Somebody outside answers for old people alone; most of them have such a one."""
        old = all((DAY - one.born_on).days > 60 * 365 for one in people if one.born_on)
        if not old:
            return ()
        if len(people) == 1 and "elderly_alone" in self.marks:
            people[0] = replace(people[0], groups=(*people[0].groups, "elderly_alone"))
        if self.rng.random() > (0.3 if any(one.phone for one in people) else 0.7):
            return ()
        sex = self.rng.choice("fm")
        relation = (
            ("女儿" if sex == "f" else "儿子") if self.tongue.code == "zh" else ("daughter" if sex == "f" else "son")
        )
        return (AnswererEntry(self.tongue.name(self.rng, surname, sex), self.tongue.phone(self.rng), relation),)

    def _unusual(self, one: PersonEntry) -> PersonEntry:
        if self.made % 2:
            return replace(one, name=MINORITY[self.made // 194 % len(MINORITY)])
        name, language = FOREIGN[self.made // 194 % len(FOREIGN)]
        groups = (*one.groups, "foreigner") if "foreigner" in self.marks else one.groups
        return replace(one, name=name, language=LANGUAGES[language], groups=groups, id_number="")

    def collective(self, door: Door, name: str, subkind: str, size: int) -> HouseholdRow:
        """A dormitory, a care home, a building site, a hotel: one door, one contact person, many residents."""
        years = {"care_home": (68, 94), "dormitory": (20, 45), "building_site": (22, 58)}.get(subkind, (20, 60))
        people = []
        for number in range(size):
            sex = self.rng.choice("fm")
            one = self._person(self.tongue.surname(self.rng), sex, self.rng.randint(*years), "resident")
            people.append(replace(one, role="contact", phone=self.tongue.phone(self.rng)) if number == 0 else one)
        return self._row(door, name, people, kind="collective", subkind=subkind, contact=people[0].name)

    def premises(self, door: Door, name: str, subkind: str) -> HouseholdRow:
        """A shop, a school, a clinic: a contact person with a phone, who lives elsewhere."""
        sex = self.rng.choice("fm")
        named = self.tongue.name(self.rng, self.tongue.surname(self.rng), sex)
        contact = PersonEntry(name=named, sex=sex, phone=self.tongue.phone(self.rng), role="contact")
        return self._row(door, name, [contact], kind="premises", subkind=subkind, contact=contact.name)
