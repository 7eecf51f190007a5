"""Invented people: names, days of birth, numbers. Pure and seeded: the same generator gives the same people.

Identity numbers carry the area code 999999, which belongs to nobody, and a right check digit. Phones lie in blocks that
no resident was given: 1349 (once kept for a satellite service) and +63 952. Nothing is ever sent to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

AREA = "999999"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤熊涂揭饶喻"
)
RARE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "𠔡", "仉", "亓")
WOMEN = "芳娜敏静丽娟艳霞秀英玉兰桂珍梅红云燕萍玲洁琳雪莹颖欣怡佳慧婷雅琴淑华凤春香月蓉菊莲翠"
MEN = "伟强磊军洋勇杰涛明超刚平辉鹏华飞建国志文斌宇浩凯健俊峰帆亮林海山河松柏川成龙根生福贵德发"
EITHER = "子雨思晨一宁安文嘉心若清晓世家永新正天"
RARE = "𠮷𣲘𬱖𫖯𬍛𨱏𬬻𤧟㛃䶮"  # most of them beyond the basic plane
LONGEST_NAME = "古丽努尔·阿卜杜热西提·买买提吐尔逊·艾合买提江·依明阿吉木沙吾提"  # 33 characters
FOREIGN = (
    ("Maria Fernanda da Conceição Lima", "pt"),
    ("Nguyễn Thị Thu Hương", "vi"),
    ("Oluwaseun Adebayo-Okonkwo", "en"),
    ("Анна Сергеевна Кузнецова", "ru"),
    ("Mohammed Abdul-Rahman Al-Farsi", "ar"),
    ("Park Ji-hoon", "ko"),
)
MINORITY = (LONGEST_NAME, "次仁旺姆", "阿依努尔·买买提", "乌日娜", "索朗多吉", "艾力·吐尔逊")

FAMILY_NAMES = (
    "Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Garcia", "Mendoza", "Torres", "Castillo", "Flores", "Villanueva",
    "Ramos", "Aquino", "Dela Cruz", "Navarro", "Salazar", "Mercado", "Pascual", "Soriano", "Valdez", "Dimaculangan",
    "Macaraeg", "Panganiban", "Magsaysay", "Lacson", "Abad", "Ferrer", "Domingo", "Sison", "Tolentino",
)  # fmt: skip
GIVEN_WOMEN = (
    "Maria", "Luzviminda", "Rosario", "Grace", "Jocelyn", "Marites", "Analyn", "Teresita", "Imelda", "Cristina", "Joy",
    "Rowena", "Lourdes", "Divina", "Althea", "Princess", "Corazon", "Erlinda",
)  # fmt: skip
GIVEN_MEN = (
    "Jose", "Juan", "Antonio", "Ramon", "Rodrigo", "Danilo", "Ernesto", "Rolando", "Mark", "John Paul", "Angelo", "Jun",
    "Reynaldo", "Ferdinand", "Benigno", "Crisanto", "Jayson", "Emmanuel",
)  # fmt: skip


@dataclass(frozen=True)
class Tongue:
    """How a deployment names and numbers its people."""

    code: str  # zh | ph
    identity: bool

    def surname(self, rng: Random) -> str:
        if self.code == "ph":
            return rng.choice(FAMILY_NAMES)
        return rng.choice(RARE_SURNAMES) if rng.random() < 0.01 else rng.choice(SURNAMES)

    def name(self, rng: Random, surname: str, sex: str) -> str:
        if self.code == "ph":
            return f"{rng.choice(GIVEN_WOMEN if sex == 'f' else GIVEN_MEN)} {surname}"
        own = WOMEN if sex == "f" else MEN
        first = rng.choice(EITHER + own) if rng.random() < 0.75 else ""
        last = rng.choice(RARE) if rng.random() < 0.004 else rng.choice(own)
        return surname + first + last

    def phone(self, rng: Random) -> str:
        return f"1349{rng.randrange(10**7):07d}" if self.code == "zh" else f"0952{rng.randrange(10**7):07d}"


CHINESE = Tongue("zh", identity=True)
FILIPINO = Tongue("ph", identity=False)


def id_number(born_on: date, serial: int) -> str:
    """18 characters after GB 11643; `serial` (0 to 999) tells sex by its last digit: odd is male."""
    bare = f"{AREA}{born_on:%Y%m%d}{serial:03d}"
    return bare + CHECKS[sum(int(digit) * weight for digit, weight in zip(bare, WEIGHTS, strict=True)) % 11]


class Numbers:
    """Serial numbers of identity numbers: never the same twice."""

    def __init__(self) -> None:
        self._used: dict[tuple[date, str], int] = {}

    def next(self, born_on: date, sex: str) -> str:
        """Raises ValueError after 500 of one day and sex."""
        count = self._used.get((born_on, sex), 0)
        if count >= 500:
            raise ValueError("too many people born on one day")
        self._used[(born_on, sex)] = count + 1
        return id_number(born_on, count * 2 + (sex == "m"))


def born(rng: Random, day: date, years: int) -> date:
    """A day of birth of somebody who is `years` old on `day`."""
    return date.fromordinal(day.toordinal() - int((years + rng.random() * 0.98) * 365.2425) - 1)


def pick(rng: Random, weighted: Sequence[tuple[str, float]]) -> str:
    """One of the names, by weight. The weights need not add up to one."""
    point = rng.random() * sum(weight for _name, weight in weighted)
    for name, weight in weighted:
        point -= weight
        if point < 0:
            return name
    return weighted[-1][0]
