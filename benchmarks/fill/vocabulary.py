"""Words of invented jobs, with frequencies as in real texts, and terms of known frequency."""

import random
from bisect import bisect
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, product
from typing import Generic, NamedTuple, TypeVar


class Term(NamedTuple):
    """A word that occurs in exactly `numerator` of `denominator` jobs, and nowhere else."""

    word: str
    numerator: int
    denominator: int
    # One in this number of the jobs with the word has it in the title.
    titled: int = 5

    def is_in(self, number: int) -> bool:
        """Return whether job `number` contains the word: evenly spread, including the first job."""
        return number * self.numerator % self.denominator < self.numerator

    def is_in_title_of(self, number: int) -> bool:
        return self.is_in(number) and number * self.numerator // self.denominator % self.titled == 0


TERMS = {
    "common": Term("python", 11, 100),
    "medium": Term("terraform", 5, 1_000),
    "rare": Term("erlang", 5, 100_000),
}

# On average.
SENTENCE_WORDS = 13
SENTENCES = 20_000

FREQUENT = (
    "the and to of a in with for our you we your is are as will on team work experience or an be that this skills "
    "from at all by have role strong ability business support working development including new customers clients "
    "within management knowledge environment ensure provide required opportunities quality services projects company "
    "must requirements years other across training degree build help solutions technical people communication process "
    "lead maintain join career performance benefits manage understanding responsible standards position time daily "
    "excellent related problems data systems health safety needs key design plan related preferred tasks leadership "
    "growth use deliver improve professional employees flexible partners global drive field relevant learning issues "
    "high best success internal operations culture activities develop reporting results insurance paid office reports "
    "education community schedule impact value tools review meet collaborate procedures candidate current industry "
    "digital analysis multiple effective order diverse stakeholders research information policies practices goals "
    "participate written verbal detail own equal weekly equipment travel create make full monthly offer products"
)
RARER_WORDS = 20_000
_ONSETS = ("b", "br", "c", "cl", "d", "dr", "f", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "st", "v")
_RHYMES = ("ab", "ade", "al", "an", "ar", "el", "en", "er", "est", "il", "in", "ol", "on", "or", "ul", "un")

LEVELS = ("", "Senior", "Junior", "Lead", "Principal", "Associate", "Assistant", "Head", "Deputy", "Trainee")
ROLES = (
    "Backend Engineer,Frontend Engineer,Registered Nurse,Account Manager,Data Analyst,Data Engineer,Accountant,"
    "Software Developer,Project Manager,Product Manager,Sales Representative,Customer Support Agent,Teacher,Welder,"
    "Electrician,Warehouse Operative,Truck Driver,Office Manager,Payroll Specialist,Recruiter,Site Engineer,Chef,"
    "Civil Engineer,Mechanical Engineer,Quality Inspector,Pharmacist,Physiotherapist,Paralegal,Legal Counsel,"
    "Marketing Specialist,Content Editor,Graphic Designer,Interior Designer,Network Administrator,Security Analyst,"
    "Test Engineer,Business Analyst,Financial Controller,Auditor,Tax Adviser,Buyer,Logistics Planner,Care Worker,"
    "Social Worker,Dentist,Dental Nurse,Veterinarian,Laboratory Technician,Research Scientist,Librarian,Translator,"
    "Architect,Surveyor,Plumber,Carpenter,Painter,Mason,Gardener,Baker,Butcher,Barista,Waiter,Receptionist,"
    "Housekeeper,Cleaner,Security Guard,Store Manager,Cashier,Visual Merchandiser,Pilot,Cabin Crew,Dispatcher"
).split(",")
FOCUSES = (
    "Payments,Public Sector,Night Shift,Retail,Energy,Insurance,Automotive,Aerospace,Pharma,Logistics,Education,"
    "Hospitality,Agriculture,Mining,Telecommunications,Media,Banking,Food,Textiles,Chemicals,Railways,Ports,Water,"
    "Recycling,Housing,Sports,Gaming,Tourism,Forestry,Fisheries,Construction,Robotics,Semiconductors,Cloud,Mobile,"
    "Field Service,Key Accounts,Emerging Markets,Enterprise,Small Business,Early Years,Secondary School,Emergency,"
    "Intensive Care,Paediatrics,Oncology,Cardiology,Geriatrics,Mental Health,Rehabilitation,Weekend,Early Shift"
).split(",")

FOUNDERS = (
    "Alder,Amber,Anchor,Arbor,Aurora,Bay,Beacon,Birch,Blue,Bridge,Bright,Canyon,Cedar,Citadel,Clear,Cliff,Cobalt,"
    "Coral,Crescent,Crown,Delta,Dune,Eagle,Echo,Elm,Ember,Falcon,Fern,Field,Fjord,Forge,Garnet,Glacier,Golden,Granite,"
    "Harbour,Hawk,Hazel,Heron,Horizon,Indigo,Iron,Ivory,Jade,Juniper,Lagoon,Lantern,Laurel,Lime,Lotus,Maple,Marble,"
    "Meadow,Mosaic,North,Oak,Ocean,Olive,Onyx,Opal,Orchard,Palm,Pearl,Pine,Quartz,River,Sable,Saffron,Silver,Summit"
).split(",")
TRADES = (
    "Analytics,Aviation,Bakeries,Banking,Biotech,Brands,Builders,Capital,Cargo,Carriers,Ceramics,Clinics,Consulting,"
    "Cooling,Dairy,Design,Digital,Dynamics,Electric,Estates,Express,Fabrics,Farms,Finance,Foods,Freight,Furniture,"
    "Gardens,Glass,Group,Health,Holdings,Homes,Hotels,Industries,Instruments,Interactive,Labs,Legal,Learning,Lines,"
    "Logistics,Machines,Marine,Markets,Materials,Medical,Metals,Mobility,Motors,Networks,Optics,Packaging,Paper,"
    "Partners,Petroleum,Plastics,Power,Press,Properties,Publishing,Rail,Resources,Retail,Robotics,Schools,Security,"
    "Shipping,Software,Solar,Studios,Systems"
).split(",")

CATEGORIES = (
    "Accounting,Administration,Agriculture,Arts,Automotive,Banking,Biotechnology,Childcare,Cleaning,Construction,"
    "Consulting,Customer Service,Data,Design,Education,Electrical Work,Energy,Engineering,Environment,Fashion,Finance,"
    "Government,Health,Hospitality,Human Resources,Insurance,Legal,Logistics,Manufacturing,Marketing,Media,"
    "Non-profit,Pharmacy,Real Estate,Research,Retail,Sales,Security,Software Development,Sports"
).split(",")
CITIES = {
    "Nigeria": "Lagos,Kano,Ibadan,Abuja,Port Harcourt,Kaduna,Benin City,Jos,Ilorin,Enugu",
    "Kenya": "Nairobi,Mombasa,Nakuru,Eldoret,Kisumu,Thika,Malindi,Kitale,Garissa,Nyeri",
    "Ghana": "Accra,Kumasi,Tamale,Takoradi,Cape Coast,Sunyani,Obuasi,Tema,Koforidua,Wa",
    "South Africa": "Cape Town,Durban,Johannesburg,Soweto,Pretoria,Bloemfontein,Polokwane,Kimberley,Rustenburg,Welkom",
    "Egypt": "Cairo,Alexandria,Giza,Port Said,Suez,Luxor,Asyut,Ismailia,Aswan,Damanhur",
    "Germany": "Berlin,Hamburg,Munich,Frankfurt,Stuttgart,Leipzig,Dortmund,Essen,Bremen,Dresden",
    "France": "Paris,Marseille,Lyon,Toulouse,Nice,Nantes,Montpellier,Strasbourg,Bordeaux,Lille",
    "United Kingdom": "London,Birmingham,Leeds,Glasgow,Sheffield,Manchester,Edinburgh,Liverpool,Bristol,Cardiff",
    "Spain": "Madrid,Barcelona,Valencia,Zaragoza,Murcia,Bilbao,Granada,Vigo,Gijon,Badajoz",
    "Italy": "Rome,Milan,Naples,Turin,Palermo,Genoa,Bologna,Florence,Bari,Catania",
    "Poland": "Warsaw,Krakow,Lodz,Wroclaw,Poznan,Gdansk,Szczecin,Lublin,Katowice,Gdynia",
    "Sweden": "Stockholm,Uppsala,Linkoping,Orebro,Helsingborg,Norrkoping,Lund,Umea,Gavle,Karlstad",
    "Netherlands": "Amsterdam,Rotterdam,The Hague,Utrecht,Eindhoven,Groningen,Tilburg,Almere,Breda,Nijmegen",
    "United States": "New York,Los Angeles,Chicago,Houston,Phoenix,Philadelphia,Dallas,Austin,Seattle,Denver",
    "Canada": "Toronto,Montreal,Calgary,Ottawa,Edmonton,Winnipeg,Vancouver,Halifax,Regina,Saskatoon",
    "Brazil": "Rio de Janeiro,Salvador,Fortaleza,Recife,Curitiba,Manaus,Belem,Natal,Campinas,Santos",
    "Mexico": "Mexico City,Tijuana,Puebla,Guadalajara,Monterrey,Merida,Chihuahua,Saltillo,Hermosillo,Toluca",
    "India": "Mumbai,Delhi,Chennai,Kolkata,Hyderabad,Pune,Jaipur,Lucknow,Nagpur,Indore",
    "Japan": "Tokyo,Yokohama,Osaka,Nagoya,Sapporo,Kobe,Kyoto,Fukuoka,Sendai,Hiroshima",
    "Australia": "Sydney,Melbourne,Brisbane,Perth,Adelaide,Canberra,Newcastle,Hobart,Cairns,Darwin",
}

FIRST_NAMES = (
    "Ada,Ben,Chidi,Dana,Emil,Fatima,Grace,Hiro,Ines,Jon,Kofi,Lena,Musa,Nora,Omar,Priya,Quinn,Rosa,Sven,Tunde,Uma,"
    "Vera,Wanjiru,Ximena,Yusuf,Zoe,Amara,Bola,Carlos,Dmitri,Elif,Femi,Gita,Hana,Ivan,Jia,Kwame,Lucia,Marta,Nils"
).split(",")
LAST_NAMES = (
    "Adeyemi,Berg,Costa,Diallo,Eze,Fischer,Garcia,Hansen,Ito,Jansen,Kamau,Lindqvist,Mensah,Novak,Okafor,Patel,Quist,"
    "Rossi,Silva,Tanaka,Usman,Virtanen,Weber,Xu,Yilmaz,Zhang,Abebe,Bello,Carson,Dubois,Ekwueme,Fofana,Gupta,Haddad"
).split(",")


Choice = TypeVar("Choice")


class Zipf(Generic[Choice]):
    """Random choices by Zipf's law, as words in a text: the n-th is about n times as rare as the first."""

    # Flattens the distribution of the first few.
    _FLATTENED = 3

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.choices = choices
        self.weights = [1 / (rank + self._FLATTENED) for rank in range(len(choices))]
        self._cumulated = list(accumulate(self.weights))

    def draw(self, rng: random.Random, number: int) -> list[Choice]:
        return rng.choices(self.choices, cum_weights=self._cumulated, k=number)

    def mean(self, measure: Callable[[Choice], float]) -> float:
        """Return the average of `measure` over random choices."""
        weighted = (measure(choice) * weight for choice, weight in zip(self.choices, self.weights, strict=True))
        return sum(weighted) / sum(self.weights)

    def one(self, rng: random.Random) -> Choice:
        # Like random.choices(), but faster for a single choice.
        return self.choices[bisect(self._cumulated, rng.random() * self._cumulated[-1], hi=len(self.choices) - 1)]


def company_names(number: int) -> list[str]:
    """Return distinct company names, at most 5,000."""
    return [f"{founder} {trade}" for trade, founder in product(TRADES, FOUNDERS)][:number]


def places(number: int) -> list[tuple[str, str]]:
    """Return distinct cities of the gazetteer with their countries, at most 200."""
    return [(city, country) for country, cities in CITIES.items() for city in cities.split(",")][:number]


def _salaries() -> list[str]:
    thousands = range(24, 180, 6)
    return [
        "",
        "Negotiable",
        *(f"${low},000 - ${low + 20},000" for low in thousands),
        *(f"€{low}.000 - €{low + 12}.000" for low in thousands),
        *(f"₦{low * 10},000 monthly" for low in thousands),
        *(f"£{low // 2}/hour" for low in thousands),
    ]


def _words() -> list[str]:
    invented = ["".join(syllables) for syllables in product(_ONSETS, _RHYMES, _ONSETS, _RHYMES)]
    return list(dict.fromkeys(FREQUENT.split() + invented[:: len(invented) // RARER_WORDS]))


SALARIES = Zipf(_salaries())
WORDS = Zipf(_words())
TITLES = Zipf(LEVELS), Zipf(ROLES), Zipf(FOCUSES)


def title(rng: random.Random) -> str:
    """Return a title such as "Senior Welder, Railways"."""
    level, role, focus = (part.one(rng) for part in TITLES)
    return f"{level} {role}, {focus}".strip()


@cache
def _sentences() -> list[str]:
    """Return sentences to choose from, since making every text from words would take minutes for a million jobs."""
    rng = random.Random("sentences")
    lengths = (rng.randint(1, 2 * SENTENCE_WORDS - 1) for _ in range(SENTENCES))
    return [f"{' '.join(WORDS.draw(rng, length)).capitalize()}." for length in lengths]


def prose(rng: random.Random, characters: int) -> str:
    """Return sentences of `characters` characters in total, on average."""
    mean = characters / _SENTENCE_CHARACTERS
    number = max(1, round(rng.gauss(mean, mean / 3)))
    return " ".join(rng.choices(_sentences(), k=number))


# Includes the space after each word.
_SENTENCE_CHARACTERS = SENTENCE_WORDS * (WORDS.mean(len) + 1) + 1
