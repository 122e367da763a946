"""Parser of salaries that are written as free text. Where a text is in doubt, it names none.

A text is cut into tokens by RULES. An amount takes the currency that touches it, two amounts with a word for a range
between them are one offer, and the offer that is no extra takes the period beside it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import takewhile
from typing import NamedTuple

from babel.numbers import get_currency_precision

from jobs.searching.currencies import SIGNS, currency_of_sign

# Raise it with every change of what is read: jobs.batches.recalculate_salaries then reads all texts again.
RULES_VERSION = 1
# Payments a year, of 52 weeks of 40 hours.
PER_YEAR = {"hour": 2_080, "day": 260, "week": 52, "month": 12, "year": 1}
MAX_AMOUNT = Decimal(10) ** 12
# A period that is none of these, such as "2 weeks".
ODD = "odd"

# The amounts that, without a period, are paid by the year. Of other currencies such an amount may be paid by the month.
_YEARLY_FROM = {
    **dict.fromkeys(("USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD"), 15_000),
    **dict.fromkeys(("SEK", "NOK", "DKK", "ZAR"), 250_000),
    "SGD": 60_000,
    "PLN": 120_000,
    "INR": 500_000,
    "JPY": 1_500_000,
    "KRW": 15_000_000,
}
# The amounts that, without a period, are paid by the hour. In euros "25-30" may be thousands.
_HOURLY = dict.fromkeys(("USD", "GBP", "CAD", "AUD", "NZD"), (7, 40))
# Amounts outside these bounds, as shares of _YEARLY_FROM, are implausible: the text was misread.
_PLAUSIBLE = {
    "hour": (1 / 40_000, 1 / 20),
    "day": (1 / 4_000, 1 / 3),
    "week": (1 / 1_000, 1.5),
    "month": (1 / 400, 5),
    "year": (1 / 20, 300),
    "": (1 / 3_000, 300),
}
# The least amounts without a currency.
_LEAST = {"hour": 4, "day": 40, "week": 100, "month": 250, "year": 1_000, "": 500}
# The largest quotient of the bounds of a range, and of one that is written with "and".
_MAX_RANGE, _MAX_AND = 12, 3
_THOUSAND = 1_000
_YEARS = range(1900, 2100)

# --- The table of rules -----------------------------------------------------------------------------------------------
# Texts are in lower case. In lists of words, a space separates patterns, and "_" is a space.

_WORD_END = r"(?![^\W\d_])"
_NUMBER = r"\d+(?:[.,']\d+| \d{3}(?!\d))*"
_NUMBERS = rf"{_NUMBER}(?:\s?(?:-|to|bis|à|a)\s?{_NUMBER})?"


def _signs(patterns: str) -> str:
    return "(?:" + "|".join(pattern.replace("_", " ") for pattern in patterns.split()) + ")"


def _words(patterns: str) -> str:
    return _signs(patterns) + _WORD_END


_UNITS = {
    "hour": r"hours? hrs?\.? h std\.? stunden? heures? horas? hs ore uur uren timm(?:ar|e) timer? godzin\w* hodin\w*",
    "day": r"days? tage?n? jours? d[ií]as? giorn[oi] dage?[nr]? dagar dni dnů",
    "week": r"weeks? wks? wochen? semaines? semanas? settiman[ae] weke?n veckor uger uker tygodni\w*",
    "month": r"months? mths? monate?n? mois mes(?:es)? m[eê]s mes[ei] maand(?:en)? månader måneder miesi[ąe]c\w*",
    "year": r"years? yrs? jahre?n? ans? année?s? años? anos? ann[oi] jaar jaren år lat roky лет года?",
}
_SPAN = _words(" ".join(_UNITS.values()))
_DAY_OR_LONGER = _words(
    " ".join(_UNITS[unit] for unit in ("day", "week", "month", "year")) + " w uge uke vecka tydzień"
)
_EACH = _signs("/ per an? pro par por je in_der alla i om p[.]? each every de ao al la")
_MONTH_NAMES = _words(
    r"""jan(?:uar[yi]?|vier)? feb(?:ruar[yi]?)? f[ée]vrier march märz mars apr(?:il)? may mai june? juni juin
    july? juli juillet aug(?:ust)? août sept?(?:ember|embre)? o[ck]t(?:ober|obre)? nov(?:ember|embre)?
    de[cz](?:ember)? décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
    diciembre janeiro fevereiro março"""
)
_PER = _signs(
    r"""/\s? per_ each_ every_ an?_ pro_ je_ die_ im_ in_der_ par_ de_l' l' por_ por_la_ al_ a_la_ la_ à_l' all'
    ao_ alla_ i_ om_ za_ за_ pr\.?_? na_ в_ pe_ kada_ kwa_ ต่อ"""
)
# Of each period: units after "/" or "per", words, and signs that need no end.
_PERIODS = {
    "hour": (
        _UNITS["hour"] + r" timme[n]? tim\.? timen godz\.? hod\.? tunti óra часа? ώρα saat giờ jam oră",
        r"""hourly horaires? stundenlohn stündlich horari[oa]s? timlön timelønn? p\.?\s?h\.? p/h taux_horaire
        saatlik""",
        r"""時給 时薪 時薪 시급 [/每]\s?小?[时時] [/每]\s?時間""",
    ),
    "day": (
        r"days? tag jour d[ií]a giorno dag dzień den päivä nap день gün ngày hari diem zi",
        r"""daily tjm journali(?:er|ère) tagessatz täglich diari[oa]s? diári[oa]s? dagtarief day_?rate
        p\.?\s?d\.? p/d""",
        r"""日給 日薪 일급 일당 [/每]\s?[天日일]""",
    ),
    "week": (
        r"weeks? wk\.? woche semaine semana settimana vecka veckan uge ugen uke uka tydzień týden неделю hafta minggu",
        r"""weekly wöchentlich hebdo(?:madaire)? seman(?:al|ales|ais) settimanal[ei] wekelijks p\.?\s?w\.? p/w""",
        r"""週給 周薪 週薪 주급 [/每]\s?[周週]""",
    ),
    "month": (
        r"""months? mo mth\.? monat mon\.? mois m[eê]s mese maand mnd\.? månad(?:en)? mån\.? måned(?:en)? md\.?
        mies\.? mc miesiąc měsíc kk kuukausi hó hónap мес\.? месяц μήνα ay tháng bulan lun[aă] buwan mwezi
        شهر เดือน חודש""",
        r"""monthly mensuel(?:le)?s? monatlich monats(?:gehalt|lohn) mensual(?:es)? mensal mensais mensil[ei]
        maandelijks månadslön månedslø?nn? månedlig mdl\.? mtl\.? miesięcznie měsíčně ежемесячно aylık havi
        lunar kuukaudessa p\.?\s?m\.? p/m pcm sebulan kwa_mwezi bulanan شهريا bruttomonatsgehalt""",
        r"""月給 月薪 月収 月俸 월급 월_?(?=\d) 月(?=\d) [/每]\s?个?[月월] ต่อเดือน [·・•x×*]?\s?1\d\s?薪""",
    ),
    "year": (
        r"""years? yr\.? annum jahr an ann[eé]e añ[oó] ano anno jaar år(?:et)? rok год έτος yıl năm tahun vuosi
        vuodessa év mwaka""",
        r"""yearly annual(?:ly)? annum annuel(?:le)?s? jährlich jahresgehalt bruttojahresgehalt jahresbrutto
        anual(?:es)? anuais annual[ei] annu[oaei] ral jaarlijks årslønn? årslön årlig(?:en)? rocznie ročně
        yıllık éves anuale? p\.?\s?a\.? p/a pro_anno p\.\s?j\. jaarsalaris""",
        r"""年収 年俸 年薪 연봉 年(?=\d) 연_?(?=\d) [/每]\s?[年년]""",
    ),
}
# Of each currency: signs, then words after ";". First those that contain the sign of another. Keys of SIGNS are last.
_CURRENCIES = r"""
USD us_?\$ u\$[sd] usd_?\$? ; us_?dollars?
CAD ca?\$ cad_?\$ cdn\$ ; cad canadian_dollars?
AUD au?\$ aud_?\$ ; aud australian_dollars?
NZD nz\$ ; nzd
SGD s\$ ; sgd
HKD hk\$ ; hkd
TWD nt\$?(?=\s?\d) 新台幣 台幣 ; twd ntd
MXN mx\$ mxn_?\$ ; mxn pesos_mexicanos
BRL r\$ ; brl reais
DOP rd\$ ; dop
COP col\$ ; cop pesos_colombianos
ARS ar\$ ; ars pesos_argentinos
CLP clp\$ ; clp pesos_chilenos
NAD n\$ ; nad
PEN s/\.?(?=\s?\d) ; pen soles nuevos_soles
EUR € ; euros? eur
GBP ; gbp pounds_sterling quid
NGN ₦ #(?=\s?\d{1,3},?\d{3}) n(?=\s?\d{1,3}(?:,\d{3} [km]\b)) n(?=\d{4}) ; ngn naira
KES kshs?\.?(?=\s?\d) ; kes kshs? kenya_shillings?
UGX ushs?\.?(?=\s?\d) ; ugx
TZS tshs?\.?(?=\s?\d) ; tzs
GHS gh[₵¢] ₵ ; ghs gh?c(?=\s?\d) cedis?
ZAR r(?=\s?\d) ; zar rands?
INR ₹ ; inr
PKR ; pkr
LKR ; lkr
NPR ; npr
BDT ৳ ; bdt taka tk
CHF fr\.(?=\s?\d) ; chf sfr\.? franken
SEK ; sek
NOK ; nok
DKK ; dkk
ISK ; isk
JPY 円 ; jpy yen
CNY 人民币 人民幣 ; cny rmb yuan
KRW ₩ 원 ; krw won
PLN ; pln zł zl złotych
CZK ; czk kč korun
HUF ; huf ft forint
RON ; ron
BGN ; bgn лв\.?
RSD ; rsd
TRY ₺ ; try tl lira
RUB ₽ ; rub руб\.? рублей rur р\.?
UAH ₴ ; uah грн\.? гривень
KZT ₸ ; kzt тенге
ILS ₪ ש"ח שח ; ils nis
AED ; aed dhs\.?
SAR ; sar sr(?=\s?\d) ريال_سعودي
QAR ; qar
KWD ; kwd
BHD ; bhd
OMR ; omr
JOD ; jod
TND ; tnd
EGP جنيه ; egp l\.?e\.?(?=\s?\d)
MAD ; mad
MYR rm(?=\d) ; myr rm
PHP ₱ php?(?=\d) ; php phip
IDR rp\.?(?=\s?\d) ; idr rupiah
VND ₫ ; vnd vnđ đồng đ
THB ฿ บาท ; thb baht
ETB ; etb birr
ZMW ; zmw
BWP ; bwp
RWF ; rwf
XOF ; xof
XAF ; xaf
CRC ₡ ; crc
GTQ ; gtq
UYU ; uyu
BOB ; bob(?=\s?\d)
cfa ; f_?cfa cfa francs?_cfa
rs ₨ rs\.?(?=\s?\d) ; rs rupees?
sh shs?\.?(?=\s?\d) ; shillings?
kr kr\.?(?=\s?\d) ; kr\.? kronor kroner
dh ; dh dirhams?
dinar ; dinars?
riyal ريال ; riyals? rials?
lei ; lei
peso ; pesos?
元 元 块
¥ ¥
£ £
$ \$ ; dollars?
"""


def _currencies() -> Iterator[tuple[str, str, str]]:
    for line in _CURRENCIES.strip().splitlines():
        code, _, patterns = line.partition(" ")
        signs, _, words = patterns.partition(";")
        yield (
            "currency",
            code,
            "|".join(filter(None, (signs.strip() and _signs(signs), words.strip() and _words(words)))),
        )


# What looks like pay by its number, and what an employer pays beside the salary.
_EXTRAS = r"""
    bonus\w* allowances? commissions? equity stock rsus? stipend relocation sign(?:ing|-on|_on) primes? prämien?
    zuschl[aä]ge? zulagen? provision\w* comisi[oó]n\w* comiss[aã]o comissões bonificaci[oó]n\w* benef[ií]ci?os?
    vale tickets? provvigion\w* premi[eo]? premia raise incentives? referral vouchers? budget reward deposit
    fees? gratuity tips? toeslag tillägg tillegg tillæg overtime pension super(?:annuation)? fund(?:ing)?
    revenue turnover umsatz transport\w* housing meals? essensgeld urlaubsgeld weihnachtsgeld vakantiegeld
    intéressement participation value sales sachbezug arr aum savings? insurance cover profit weiterbildung\w* jobticket
    mutuelle panier ajuda v[rta] aux[ií]lio deductible quota worth"""
_COUNTS = r"""
    x openings? positions? vacanc(?:y|ies) people employees staff miles? km kg lbs? sq\.? fte vzä etp calls users
    customers clients shifts? times stellen? postes? vagas? plazas? beds? units? levels? l/100 tons? tonnes?
    points? stars? seats?"""
_GRADES = r"""
    band grade level step tier class ref(?:erence)? req job id no nr n° scp scale spine point stufe entgeltgruppe
    besoldungsgruppe vergütungsgruppe gruppe eg gs ir tv-?öd tv-?[lh] tvl section part iso din room building
    suite plz zip box schaal fwg cao kategori[ae] nivel nível niveau échelon groupe grupo quartile klasse
    loontrap lohnband code apt unit route highway shift"""
_UP_TO = r"""
    up_?-?to max(?:imum|\.|i)? under below less_than bis(?:_zu)? jusqu'?[àa]u? hasta até fino_a tot upp_till opp_til
    op_til opptil maximal máximo до do au_plus không_quá tối_đa hingga no_more_than höchstens maks\.? maximaal
    at_most"""
_FROM = r"""
    from at_least min(?:imum|\.)? over above starting(?!_sal)(?:_(?:from|at))? more_than ab mindestens mind\.?
    [àa]_partir_de dès desde a_partire_da da vanaf från od от mínimo minimaal minst starts?_(?:at|from) au_moins
    upwards_of mehr_als plus_de más_de über từ trên mulai a_partir exceeding"""
# Words that say nothing about the amount.
_NOISE = r"""
    salary salaries pay paid wages? rate range compensation base basic package gross net netto brutto brut[ae]?s?
    bruto?s? nets? net[ao]s? lord[oi] nett[oi] líquidos? doe depending_on_experience dependent_on_experience
    depends_on_experience according_to_experience circa c\.? ca\.? approx(?:imately|\.)? around about environ
    env\.? ungefähr etwa rund unos cerca_de aproximadamente gehalt lohn vergütung jahres salaire rémunération
    fixe salario sueldo sal[aá]rio remuneraci[oó]n remuneração stipendio retribuzione salaris loon lön lønn?
    wynagrodzenie plat mzda maaş de of von is est estimated employer provided glassdoor est\.? offer offered
    negotiable neg\.? verhandelbar selon expérience profil experience seg[uú]n experiencia the our we
    competitive ctc in[-_]hand take[-_]home fixed monthly_net dep\.? je_nach erfahrung vat tax before after
    taxes p starting_salary annualized equivalent equiv на_руки netto зарплата oklad fast fest zł_brutto mesačne
    fulltime f/t remuneration earn earnings earning approximate average expected anticipated hiring pay_range
    target taux rem\.? tarif honorar tarifa tarief stawka sazba gehaltsspanne full time gaji lương mức upah"""
_BENEFITS = "leave holidays? vacation bonus raises? reviews? incentives? performance target commissions?"
_DATES = rf"""\d{{1,2}}(?P<mark>[./-])\d{{1,2}}(?P=mark)(?:20)?\d\d(?!\d) (?:19|20)\d\d-\d\d-\d\d q[1-4]_20\d\d
    \d{{4}}\s?[年년](?:\s?\d+\s?[月월])?(?:\s?\d+\s?[日일])? \d\d?/20\d\d \d{{1,2}}[月월]\s?\d{{1,2}}[日일]
    (?:\d{{1,2}}(?:\.|st|nd|rd|th)?\s)?{_MONTH_NAMES}\.?\s\d{{1,4}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?(?![\d.,]*\d)
    \d{{1,2}}(?:\.|st|nd|rd|th)?\s(?:de_)?{_MONTH_NAMES}"""
_TIMES = r"""\d{1,2}[:.]\d\d\s?(?:[ap]\.?m\b|uhr) \d{1,2}:\d\d \d{1,2}\s?(?:[ap]m\b|uhr) \d{1,2}h\d\d"""
_PHONES = r"""\+\d[\d\s()/-]{7,} \(?\d{3}\)?[-._]\d{3}[-._]\d{4}(?!\d) (?<![\d.,])0\d[\d_/-]{6,}
    (?:tel|phone|call|whatsapp|fax|mobile)(?![^\W\d_])[\s.:]*[\d+(][\d\s()/+-]+"""

_NO_UNITS = _signs("net gross brut lord doe neg bonus plus all experien inc ex us eur gbp")

# The kind, the meaning and the pattern of a token: the first that matches counts.
_BEFORE_AMOUNTS: list[tuple[str, str, str]] = [
    # Numbers that are no pay.
    ("trap", "percentage", rf"{_NUMBERS}\s?(?:%|{_words('percent prozent procent por_?ciento pour_?cent')})"),
    ("trap", "retirement plan", r"401\s?\(?k\)?"),
    ("trap", "phone number", _signs(_PHONES)),
    ("trap", "date", _signs(_DATES)),
    ("trap", "time", _signs(_TIMES)),
    ("period", "month", r"[·・•x×*]?\s?1\d\s?薪"),
    (
        "trap",
        "number of payments",
        r"1[2-6]\s?(?:\.|º|°|ª|e|ème|th|de)?\s?"
        + _words(r"monats\w+ gehälter gehalt mois sal[aá]rio maand\w* mensualit\w+ mensilit\w+ pagas pay\w* meses x")
        + r"|1[34]\.",
    ),
    ("trap", "ordinal", r"\d+" + _words("st nd rd th ème er º ª")),
    (
        "odd",
        ODD,
        _signs("/ per every each for pour für por alle tous_les cada pro")
        + rf"\s?(?:\d+|two|three|other|six|zwei|deux|dos|duas)\s?-?{_SPAN}",
    ),
    (
        "trap",
        "span",
        rf"{_NUMBERS}\s?[+-]?\s?(?:{_SPAN}|{_words('minutes? mins? minuten')})(?:\s?{_EACH}\s?{_DAY_OR_LONGER})?",
    ),
    (
        "trap",
        "span",
        rf"{_NUMBERS}\s?"
        + _signs("日間? 天 週間? 周 年間? [かヶケ个個]月 개월 일 년 주 時間 小时 小時 시간 名 人 歳 岁 回 명"),
    ),
    ("trap", "count", rf"{_NUMBERS}\s?\+?\s?{_words(_COUNTS)}"),
    (
        "trap",
        "grade",
        _words(_GRADES)
        + r"\.?[\s:#-]*(?:[a-z]{0,3}\s?\d+[a-z]?(?:\s?[-/]\s?[a-z]?\d{1,2}[a-z]?(?![\d.,]))?)(?![\d.,]*\d)",
    ),
    # Periods that are none of PER_YEAR, and words that look like a period.
    (
        "odd",
        ODD,
        _words(
            r"""bi-?\s?week\w* fortnight\w* (?:semi|bi|half)-?\s?month\w* twice_(?:a|per)_(?:month|week)
            quarterly per_quarter quinzena\w* quincena\w* quinzaine 14-?tägig\w* zweiwöchentlich
            half-?year\w* semestral\w* trimestral\w* bimestral\w* semi-?annual\w*"""
        )
        + r"|[/每]\s?(?:半|两|二|2|件|个?季|次|单)|半月",
    ),
    (
        "trap",
        "payday",
        _words(
            "paid_(?:out_)?(?:bi-?)?(?:weekly|monthly|daily) (?:weekly|monthly|daily)_pa(?:y|id|yday|yments?|yroll)"
        ),
    ),
    ("extra", "", rf"(?:annual(?:ly)?|yearly|monthly|weekly|daily|quarterly)\s{_words(_BENEFITS)}"),
    ("noise", "", _words(r"pro_?rata pro-?rated per_experience full[-_]time part[-_]time b2b \(?\+\s?vat\)?")),
    ("extra", "", _words(_EXTRAS) + "|手当|補助|补贴|补助|奖金|賞与|수당|보너스|ボーナス|残業"),
    (
        "stop",
        "",
        _words(r"plus(?!\s*$)(?!_de) with mit avec con com med met zzgl\.? including excluding incl?\.? excl?\.?"),
    ),
    ("ote", "", _words(r"ote on[-_]target(?:_earnings)? uncapped total_(?:comp\w*|cash) tc")),
    *_currencies(),
    *(
        ("period", period, rf"{_PER}{_words(units)}\.?|{_words(words)}|{_signs(signs)}")
        for period, (units, words, signs) in _PERIODS.items()
    ),
    # "per lesson", but not "per year / net".
    (
        "other unit",
        ODD,
        rf"(?:/\s?|(?:per|par|pro|por|je) )(?!{_NO_UNITS}|\s)[^\W\d_]+",
    ),
    # Bounds and ranges.
    ("between", "", _words(r"between entre zwischen tussen mellan mellem mellom tra fra(?=_\d) między mezi между")),
    ("up to", "", _words(_UP_TO) + "|≤|<|最高|最大|최대"),
    ("from", "", _words(_FROM) + "|≥|>|최소"),
    (
        "range",
        "",
        _words("to bis till? à a al? tot rising_to increasing_to through até til до do đến hingga sampai au")
        + r"|-+|~|〜|から|至|到|\.\.+|→",
    ),
    ("and", "", _words("and et und y e en och og oder or i и ve ou") + "|&"),
    (
        "plus",
        "from",
        r"\+|"
        + _words(r"and_(?:up|above|over|more) or_(?:more|above) upwards? plus(?=\s*$) y_más et_plus aufwärts")
        + "|以上|起|이상|より",
    ),
    ("plus", "up to", "以下|以内|이하|まで"),
    ("noise", "", _words(_NOISE) + r"|税込|税前|税后|基本給|給与|給料|工资|薪资|薪水|급여|세전|약|約|约|程度|左右"),
    ("mark", "", r"[:().,;*|'\"\[\]/]"),
]
# After an amount.
_SCALES = [
    (r"\s?천만", 10_000_000),
    (r"\s?[万萬만]", 10_000),
    (r"\s?[億亿억]", 100_000_000),
    (r"\s?[천千]", 1_000),
    (r"\s?(?:百万|백만)", 1_000_000),
    (r"k(?=eur|usd|gbp|chf|pln|sek|nok|dkk|cad|aud|czk|zł)|\s?t(?=€|eur)", 1_000),
    (r"\s?" + _words(r"k tsd\.? tys\.? тыс\.? т\.р\.? thousand ribu rb mil"), 1_000),
    (_words("mm?"), 1_000_000),
    (r"\s?" + _words(r"mio\.? mln\.? million(?:en|s)? millones milhões juta jt triệu tr млн\.?"), 1_000_000),
    (r"\s?l\.?(?=p\.?a)|\s?" + _words("lacs? lakhs? l"), 100_000),
    (r"\s?" + _words(r"crores? cr\.?"), 10_000_000),
]
_SCALE = "|".join(f"(?P<scale{number}>{words})" for number, (words, _) in enumerate(_SCALES))
_AMOUNT = ("amount", "", rf"(?P<number>{_NUMBER})(?:[.,/]-{{1,2}}(?!\d))?(?:{_SCALE})?")
# Letters with digits, such as E13, then anything.
_AFTER_AMOUNTS = [("trap", "name", r"[a-zà-öø-ÿ]+-?\d[\w.,-]*"), ("other", "", r"[^\W\d_]+"), ("other", "", r"\S")]
RULES = [*_BEFORE_AMOUNTS, _AMOUNT, *_AFTER_AMOUNTS]
# After a currency, a number is an amount: "$22 hourly".
_RULES_AFTER_CURRENCY = [_AMOUNT, *_BEFORE_AMOUNTS, *_AFTER_AMOUNTS]

# 80,000.00, 2,00,000.00 or 80'000.00; 80.000,00; 80 000,00; 80000.00 or 80000,00.
_FORMS = [
    re.compile(form)
    for form in (
        r"(\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:'\d{3})+)(?:\.(\d{1,2}))?",
        r"(\d{1,3}(?:\.\d{3})+)(?:,(\d{1,2}))?",
        r"(\d{1,3}(?: \d{3})+|\d+)(?:[.,](\d{1,2}))?",
    )
]
# 1.500 in a currency with three decimals.
_MILS = re.compile(r"^\d{1,3}\.\d{3}$")
# Where "mil" is a thousand; elsewhere it is a million.
_MIL = {"BRL", "EUR", "MXN", "COP", "CLP", "ARS", "PEN", "UYU", "DOP", "peso"}
_LAKHS = {100_000, 10_000_000}
# Where no currency is named, what names it all the same.
_CUES = {"CNY": r"\d薪", "JPY": r"年収|年俸|月給|時給|日給|月収", "KRW": r"연봉|월급|시급|일급"}

# --- How a text is read -----------------------------------------------------------------------------------------------


class Salary(NamedTuple):
    """Bounds as paid per period, either of which may be missing; "" is a currency or period that is not known."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    currency: str = ""
    period: str = ""

    @property
    def annual_minimum(self) -> Decimal | None:
        return self._annual(self.minimum)

    @property
    def annual_maximum(self) -> Decimal | None:
        return self._annual(self.maximum)

    def _annual(self, amount: Decimal | None) -> Decimal | None:
        return amount * PER_YEAR[self.period] if amount is not None and self.period else None


UNSPECIFIED = Salary()


class _Doubt(Exception):
    """The text may be read in several ways."""


class _Token(NamedTuple):
    kind: str
    value: str
    text: str
    start: int
    end: int
    # Of an amount: without its scale, and the scale.
    number: Decimal = Decimal(0)
    scale: int = 1

    @property
    def amount(self) -> Decimal:
        return self.number * self.scale


class _Offer(NamedTuple):
    """One amount, or a range; `first` and `last` are the places of the amounts among the tokens."""

    low: Decimal
    high: Decimal
    first: int
    last: int


def parse_salary(text: str, country: Callable[[], str] = str) -> Salary:
    """Return the salary that `text` names, or UNSPECIFIED.

    Args:
        text: as an employer writes it.
        country: returns the name of the country, for signs that mean a currency of their place; called if needed.
    """
    try:
        return _Reading(text, country).salary()
    except _Doubt:
        return UNSPECIFIED


def names_period(text: str) -> bool:
    """Return whether a text says which period the salary is for; if not, `parse_salary` may guess it by the amount."""
    return any(token.kind == "period" for token in _tokens(_normalized(text)))


class _Reading:
    """A text, cut into tokens."""

    def __init__(self, text: str, country: Callable[[], str]) -> None:
        self._text = _normalized(text)
        self._country = country
        self._tokens = _tokens(self._text)
        self._signs = _signs_of_amounts(self._tokens)

    def salary(self) -> Salary:
        offer = self._best(self._offers())
        sign = self._sign(offer)
        currency = sign and (currency_of_sign(sign, self._country()) if sign in SIGNS else sign)
        period = self._period(offer)
        if period == ODD:
            raise _Doubt
        if not currency and not self._is_certain(offer, period):
            raise _Doubt
        if currency and get_currency_precision(currency) == 3 and _MILS.search(self._tokens[offer.first].text):  # noqa: PLR2004
            raise _Doubt
        period = period or self._guessed_period(offer, currency, sign)
        _require_plausible(offer, currency, period)
        low: Decimal | None = offer.low
        high: Decimal | None = offer.high
        match offer.first == offer.last and self._bound(offer):
            case "from":
                high = None
            case "up to":
                low = None
        return Salary(low, high, currency, period)

    def _offers(self) -> list[_Offer]:
        tokens = self._tokens
        offers = []
        place = 0
        while (place := self._next(place, {"amount"}, through=None)) < len(tokens):
            first = tokens[place]
            between = self._next(place + 1, {"range", "and", "up to"}, through={"currency", "period", "noise", "mark"})
            last = self._next(between + 1, {"amount"}, through={"currency", "noise", "mark", "from", "up to"})
            offer = _Offer(first.amount, first.amount, place, place)
            if last < len(tokens):
                offer = self._range(place, between, last) or offer
            if place > 1 and tokens[place - 1].text == "/" and tokens[place - 2].kind == "amount":
                # "300/350 €"
                raise _Doubt
            offers.append(offer)
            place = offer.last + 1
        return offers

    def _range(self, first: int, between: int, last: int) -> _Offer | None:
        """Return the range between two amounts; None if they belong to two offers."""
        tokens = self._tokens
        low, high = tokens[first], tokens[last]
        if self._is_extra(last, last) == "extra":
            if tokens[between].kind == "and":
                return None
            raise _Doubt
        periods = {token.value for token in tokens[first:] if token.kind in {"period", "odd"}}
        if any(token.kind == "mark" and token.text in ",;/" for token in tokens[first:between]) or (
            len(periods) > 1 and any(token.kind == "period" for token in tokens[first:between])
        ):
            return None
        scale = low.scale
        if scale == 1 and high.scale > 1 and low.number < high.number:
            scale = high.scale
        elif scale == high.scale == 1 and low.number < _THOUSAND <= high.number and first not in self._signs:
            scale = _THOUSAND if low.number * _THOUSAND <= high.number else 1
        least = low.number * scale
        if (
            tokens[between].kind == "and"
            and not self._is_between(first)
            and not least <= high.amount <= _MAX_AND * least
        ):
            return None
        if not least <= high.amount <= _MAX_RANGE * least:
            raise _Doubt
        return _Offer(least, high.amount, first, last)

    def _best(self, offers: list[_Offer]) -> _Offer:
        """Return the first offer that is no extra."""
        if any(token.kind == "currency" for token in self._tokens):
            offers = [offer for offer in offers if self._signs_of(offer)]
        kinds = {offer: self._is_extra(offer.first, offer.last) for offer in offers}
        plain = [offer for offer in offers if not kinds[offer]] or [offer for offer in offers if kinds[offer] == "ote"]
        if not plain:
            raise _Doubt
        best, *others = plain
        for other in others:
            is_same = (other.low, other.high) == (best.low, best.high)
            periods = {self._period(best), self._period(other)}
            is_also = len(periods) > 1 and "" not in periods
            if self._signs_of(other) and not is_same and not is_also:
                raise _Doubt
        return best

    def _is_extra(self, first: int, last: int) -> str:
        """Return "extra" for a bonus and the like, "ote" for what a seller may earn, or ""."""
        words = 0
        for token in self._tokens[last + 1 :]:
            words += token.kind == "other"
            if token.kind in {"extra", "ote"}:
                return token.kind
            if token.kind not in {"noise", "period", "currency", "other"} or words > 3:  # noqa: PLR2004 - words
                break
        for token in reversed(self._tokens[:first]):
            if token.kind in {"extra", "ote"}:
                return token.kind
            if token.kind not in {"noise", "from", "up to", "currency"} and token.text != ":":
                break
        return ""

    def _signs_of(self, offer: _Offer) -> set[str]:
        return self._signs.get(offer.first, set()) | self._signs.get(offer.last, set())

    def _sign(self, offer: _Offer) -> str:
        """Return a key of SIGNS, or a code, or ""."""
        signs = self._signs_of(offer)
        if signs == {"$"}:
            # Such as "$4,500 (SGD)".
            named = {token.value for token in self._tokens if token.kind == "currency"}
            signs |= named & (SIGNS["$"][1] | {"peso"})
        if signs == {"$", "peso"}:
            signs = {"peso"}
        if any(self._tokens[place].text.endswith("mil") for place in (offer.first, offer.last)) and not signs <= _MIL:
            raise _Doubt
        codes = signs - SIGNS.keys()
        if len(codes) == 1 and all(codes <= SIGNS[sign][1] for sign in signs & SIGNS.keys()):
            return codes.pop()
        if len(signs) > 1:
            raise _Doubt
        amounts = self._tokens[offer.first], self._tokens[offer.last]
        if signs == {"¥"} and any(token.scale == _THOUSAND for token in amounts):
            return "¥k"
        if signs:
            return signs.pop()
        if any(token.scale in _LAKHS and re.search("[lc]", token.text) for token in amounts):
            return "lakh"
        return next((code for code, cue in _CUES.items() if re.search(cue, self._text)), "")

    def _period(self, offer: _Offer) -> str:
        """Return the period that touches an offer; what follows it comes before what precedes it."""
        inside = [
            token.value
            for token in self._tokens[offer.first : offer.last]
            if token.kind in {"period", "odd", "other unit"}
        ]
        for token in self._tokens[offer.last + 1 :]:
            if token.kind in {"period", "odd", "other unit"}:
                return token.value if set(inside) <= {token.value} else ODD
            if token.kind not in {"currency", "noise", "mark", "plus", "ote"} or token.text in {",", ";"}:
                break
        if inside:
            return inside[0]
        for token in reversed(self._tokens[: offer.first]):
            if token.kind in {"period", "odd"}:
                return token.value
            if token.kind not in {"currency", "noise", "mark", "from", "up to", "between", "range"} or token.text in {
                *(",", ";", "/"),
            }:
                break
        return ""

    def _guessed_period(self, offer: _Offer, currency: str, sign: str) -> str:
        least, most = _HOURLY.get(currency, (0, 0))
        if least <= offer.low and offer.high <= most:
            return "hour"
        # "$ 25.000" is likely to be of a country of pesos.
        is_latin = sign == "$" and re.search(r"\d\.\d{3}", self._tokens[offer.first].text)
        return "year" if offer.low >= _YEARLY_FROM.get(currency, MAX_AMOUNT) and not is_latin else ""

    def _is_certain(self, offer: _Offer, period: str) -> bool:
        """Return whether an offer without a currency is one, rather than a year or a number of things."""
        amounts = self._tokens[offer.first], self._tokens[offer.last]
        after = self._tokens[offer.last + 1 :][:1]
        before = self._tokens[: offer.first][-1:]
        if offer.low < _LEAST[period]:
            return False
        if period not in {"hour", "day", "week", "month"} and all(
            token.scale == 1 and token.number in _YEARS for token in amounts
        ):
            return False
        if any(token.scale > 1 for token in amounts):
            return not any(token.kind in {"other", "extra"} for token in after)
        if period:
            return not any(token.kind == "other" for token in before)
        return not any(token.kind in {"other", "trap", "extra"} for token in self._tokens)

    def _bound(self, offer: _Offer) -> str:
        """Return whether a single amount is the least, "from", or the most, "up to"."""
        for token in self._tokens[offer.last + 1 :]:
            if token.kind == "plus":
                # "£30k + bonus" is no "£30k+".
                following = self._text[token.end :].lstrip()
                is_sign = token.text == "+" and (
                    token.start > self._tokens[offer.last].end or self._text[token.end :][:1].isalpha()
                )
                return "" if is_sign and following and following[0] not in "/)" else token.value
            if token.kind == "range" and token.text in "~〜":
                return "from"
            if token.kind in {"from", "up to"} and token.text.startswith(("min", "max")):
                return token.kind
            if token.kind not in {"currency", "period", "noise"}:
                break
        for token in reversed(self._tokens[: offer.first]):
            if token.kind in {"from", "up to"}:
                return token.kind
            if (
                token.kind == "range"
                and token.text in "~〜"
                and self._tokens[offer.last].scale in {10_000, 100_000_000}
            ):
                return "up to"
            if token.kind not in {"currency", "period", "noise"} and token.text not in {":", "(", "."}:
                break
        return ""

    def _is_between(self, first: int) -> bool:
        before = takewhile(lambda token: token.kind in {"noise", "currency", "between"}, reversed(self._tokens[:first]))
        return any(token.kind == "between" for token in before)

    def _next(self, place: int, kinds: set[str], *, through: set[str] | None) -> int:
        """Return the place of the next token of these kinds, past tokens `through` only; the end if there is none."""
        for number in range(place, len(self._tokens)):
            if self._tokens[number].kind in kinds:
                return number
            if through is not None and self._tokens[number].kind not in through:
                break
        return len(self._tokens)


def _normalized(text: str) -> str:
    # Wide digits and letters, and spaces of any width, become plain ones.
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub("[\u2010-\u2015\u2212]", "-", text).replace("\u2019", "'")
    text = re.sub(r"\d", lambda digit: str(int(digit[0])), text)
    return re.sub(r"\s", " ", text)


def _compiled(rules: list[tuple[str, str, str]]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<r{number}>{pattern})" for number, (_, _, pattern) in enumerate(rules)))


_TABLES = {False: (RULES, _compiled(RULES)), True: (_RULES_AFTER_CURRENCY, _compiled(_RULES_AFTER_CURRENCY))}


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        # "$22 hours": a currency makes it pay, unless it belongs to the amount before.
        is_paid = bool(tokens) and tokens[-1].kind == "currency" and (len(tokens) == 1 or tokens[-2].kind != "amount")
        rules, pattern = _TABLES[is_paid and text[place].isdigit()]
        found = pattern.match(text, place)
        if not found or not found.lastgroup:
            break  # Never: the last rule matches anything.
        kind, meaning, _ = rules[int(found.lastgroup[1:])]
        token = _Token(kind, meaning, found[0], place, found.end())
        place = found.end()
        if kind == "amount":
            scales = [scale for number, (_, scale) in enumerate(_SCALES) if found[f"scale{number}"]]
            token = _with_amount(token, found["number"], *scales)
            if tokens and tokens[-1].kind == "amount" and token.kind == "amount":
                tokens[-1:], token = _joined(tokens[-1], token)
        elif kind == "other" and token.text.isalpha() and tokens and tokens[-1].end == token.start:
            # "4x4" is no amount.
            tokens[-1] = tokens[-1]._replace(kind="trap" if tokens[-1].kind == "amount" else tokens[-1].kind)
        tokens.append(token)
    return tokens


def _with_amount(token: _Token, number: str, factor: int = 1) -> _Token:
    written = next((found for form in _FORMS if (found := form.fullmatch(number))), None)
    whole = re.sub(r"\D", "", written[1]) if written else ""
    is_grouped_thousands = factor == _THOUSAND and len(whole) > 3  # noqa: PLR2004 - digits
    if written is None or is_grouped_thousands or (whole.startswith("0") and len(whole) > 1):
        return token._replace(kind="trap", value="number")
    return token._replace(number=Decimal(f"{whole}.{written[2] or 0}"), scale=factor)


def _joined(left: _Token, right: _Token) -> tuple[list[_Token], _Token]:
    """Join 25万 and 5,000; other neighbours are no amounts."""
    if left.end == right.start and left.scale > right.amount:
        total = left.amount + right.amount
        return [], right._replace(
            text=left.text + right.text, start=left.start, number=total / left.scale, scale=left.scale
        )
    return [left._replace(kind="trap")], right._replace(kind="trap")


def _signs_of_amounts(tokens: list[_Token]) -> dict[int, set[str]]:
    """Return the currencies that touch each amount."""
    signs: dict[int, set[str]] = {}
    for place, token in enumerate(tokens):
        if token.kind != "currency":
            continue
        left = _beside(tokens, place, -1, {"currency", "plus"})
        right = _beside(tokens, place, 1, {"currency", "mark"})
        is_glued = left is not None and tokens[place - 1].end == token.start
        is_glued_to_right = right is not None and token.end == tokens[place + 1].start and right == place + 1
        fits = left is not None and (left not in signs or _is_same({*signs[left], token.value}))
        if left is not None and fits and not (is_glued_to_right and not is_glued):
            signs.setdefault(left, set()).add(token.value)
        elif right is not None:
            signs.setdefault(right, set()).add(token.value)
        elif left is not None:
            raise _Doubt
    return signs


def _beside(tokens: list[_Token], place: int, step: int, through: set[str]) -> int | None:
    place += step
    while 0 <= place < len(tokens) and (tokens[place].kind in through and tokens[place].text not in {",", ";", "/"}):
        place += step
    return place if 0 <= place < len(tokens) and tokens[place].kind == "amount" else None


def _is_same(signs: set[str]) -> bool:
    codes = signs - SIGNS.keys()
    return signs == {"$", "peso"} or (
        len(codes) <= 1 and len(signs - codes) <= 1 and all(codes <= SIGNS[sign][1] for sign in signs - codes)
    )


def _require_plausible(offer: _Offer, currency: str, period: str) -> None:
    if not 0 < offer.low <= offer.high <= MAX_AMOUNT:
        raise _Doubt
    yearly = _YEARLY_FROM.get(currency)
    if not yearly:
        return
    least, most = _PLAUSIBLE[period]
    if not least * yearly <= offer.low <= offer.high <= most * yearly:
        raise _Doubt
