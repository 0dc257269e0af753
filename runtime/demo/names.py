"""Fictitious names in the shapes that Kazakhstan's register has: endings by sex, patronymics, passport Latin."""

from dataclasses import dataclass

from ca_core.identifiers import Sex
from runtime.demo.dice import Dice

_KAZAKH_SHARE = 0.8

_STEMS = (
    "Ахмет", "Оспан", "Ысқақ", "Серік", "Нұрлан", "Қасым", "Сейіт", "Жүсіп", "Омар", "Әбіл",
    "Мұқан", "Төлеген", "Бекмұрат", "Садық", "Ибрай", "Кенжебек", "Рахым", "Жақып", "Тілеу", "Мырза",
    "Қайырбек", "Сұлтан", "Байтұрсын", "Дүйсен", "Есім", "Құрман", "Айтбай", "Нұрпейіс", "Тоқтар", "Шәріп",
    "Абдрахман", "Бектұр", "Ерғали", "Жұмабек", "Қуаныш", "Мақсұт", "Нұрғали", "Оразбай", "Рысбек", "Сағынтай",
    "Тұрсын", "Үсен", "Шаймерден", "Ілияс", "Әлімжан", "Бөлек", "Досжан", "Жанғали", "Исатай", "Көшербай",
    "Қожахмет", "Мәмбет", "Өтеген", "Сәрсен", "Темірбек", "Ұзақ", "Шоқан", "Ыбырай", "Байжан", "Елеусіз",
)  # fmt: skip
_SLAVIC_SURNAMES = (
    "Соколов", "Ковалев", "Зайцев", "Лебедев", "Егоров", "Киселев", "Орлов", "Макаров", "Андреев", "Титов",
    "Фролов", "Гусев", "Белов", "Комаров", "Поляков", "Сорокин", "Виноградов", "Борисов", "Щербаков", "Ефимов",
)  # fmt: skip
_MEN = (
    "Алихан", "Нұрсұлтан", "Ерасыл", "Арман", "Данияр", "Ержан", "Нұрлан", "Азамат", "Бауыржан", "Серік",
    "Айдос", "Мейіржан", "Қайрат", "Тимур", "Санжар", "Ғалым", "Дәурен", "Жандос", "Еркебұлан", "Мақсат",
    "Рустем", "Әділет", "Бекзат", "Ілияс", "Олжас", "Талғат", "Шыңғыс", "Асқар", "Марат", "Қанат",
    "Сұңғат", "Ерлан", "Жасұлан", "Мұрат", "Нариман", "Өмірбек", "Рамазан", "Төреғали", "Ұлан", "Хамит",
)  # fmt: skip
_WOMEN = (
    "Айгерім", "Айару", "Мадина", "Динара", "Гүлнар", "Жансая", "Аружан", "Әсел", "Сәуле", "Назгүл",
    "Томирис", "Камила", "Ботагөз", "Інжу", "Ләззат", "Меруерт", "Перизат", "Раушан", "Толғанай", "Ұлжан",
    "Шолпан", "Айжан", "Баян", "Гүлмира", "Дана", "Еркежан", "Жанар", "Зарина", "Қарлығаш", "Маржан",
    "Нұргүл", "Салтанат", "Фатима", "Әлия", "Күләш", "Аягөз", "Роза", "Сымбат", "Үміт", "Халима",
)  # fmt: skip
_SLAVIC_MEN = (
    "Александр", "Дмитрий", "Сергей", "Андрей", "Алексей", "Максим", "Евгений", "Иван", "Михаил", "Павел",
    "Николай", "Виктор",
)  # fmt: skip
_SLAVIC_WOMEN = (
    "Елена", "Ольга", "Наталья", "Анна", "Татьяна", "Ирина", "Светлана", "Екатерина", "Мария", "Юлия",
    "Виктория", "Людмила",
)  # fmt: skip

_LATIN = {
    "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh",
    "з": "z", "и": "i", "й": "y", "к": "k", "қ": "k", "л": "l", "м": "m", "н": "n", "ң": "n", "о": "o",
    "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ұ": "u", "ү": "u", "ф": "f", "х": "kh",
    "һ": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "і": "i", "ь": "", "э": "e",
    "ю": "yu", "я": "ya",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    surname: str
    given_name: str
    patronymic: str
    language: str


def of(dice: Dice, sex: Sex) -> Name:
    return _kazakh(dice, sex) if dice.chance(_KAZAKH_SHARE) else _slavic(dice, sex)


def latin(text: str) -> str:
    """As a passport's machine-readable zone would have it."""
    return "".join(_LATIN.get(letter, letter) for letter in text.lower()).upper()


def _kazakh(dice: Dice, sex: Sex) -> Name:
    male = sex is Sex.MALE
    stem = dice.one_of(_STEMS, skew=1.4)
    given_name = dice.one_of(_MEN if male else _WOMEN, skew=1.5)
    father = dice.one_of(_MEN, skew=1.3)
    surname = dice.weighted(
        ((_russian_ending(stem, male), 60), (stem, 28), (stem + ("ұлы" if male else "қызы"), 12))
    )
    kind = dice.weighted((("kazakh", 52), ("russian", 38), ("none", 10)))
    patronymic = {
        "kazakh": father + ("ұлы" if male else "қызы"),
        "russian": _russian_patronymic(father, male),
        "none": "",
    }[kind]
    language = dice.weighted((("kk", 68), ("ru", 31), ("en", 1)))
    return Name(surname, given_name, patronymic, language)


def _slavic(dice: Dice, sex: Sex) -> Name:
    male = sex is Sex.MALE
    surname = dice.one_of(_SLAVIC_SURNAMES, skew=1.3) + ("" if male else "а")
    given_name = dice.one_of(_SLAVIC_MEN if male else _SLAVIC_WOMEN, skew=1.3)
    patronymic = _russian_patronymic(dice.one_of(_SLAVIC_MEN, skew=1.3), male)
    return Name(surname, given_name, patronymic, dice.weighted((("ru", 96), ("kk", 4))))


def _russian_ending(stem: str, male: bool) -> str:
    """Ахмет -> Ахметов, Ахметова; Мырза -> Мырзин; Айтбай -> Айтбаев."""
    if stem[-1] == "а":
        return stem[:-1] + ("ин" if male else "ина")
    if stem[-1] == "й":
        return stem[:-1] + ("ев" if male else "ева")
    if stem[-1] in "иу":
        return stem + ("ев" if male else "ева")
    return stem + ("ов" if male else "ова")


def _russian_patronymic(father: str, male: bool) -> str:
    """Марат -> Маратович, Маратовна; Сергей -> Сергеевич; Дмитрий -> Дмитриевич."""
    if father.endswith("ий"):
        return father[:-2] + ("иевич" if male else "иевна")
    if father.endswith("й"):
        return father[:-1] + ("евич" if male else "евна")
    if father.endswith("ь"):
        return father[:-1] + ("евич" if male else "евна")
    return father + ("ович" if male else "овна")
