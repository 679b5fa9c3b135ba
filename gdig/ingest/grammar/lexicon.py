"""Words of the German-English grammar with their inflected forms."""

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f", "n"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun; German masculines are strong, so the singular does not inflect."""

    gender: Gender
    german: str
    german_plural: str
    english: str
    english_plural: str


@dataclass(frozen=True, slots=True)
class Adjective:
    """An adjective: predicative form, attributive stem, English."""

    german: str
    stem: str
    english: str


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb; `objects` names the noun classes it takes, and is empty where it takes a place instead."""

    infinitive: str
    german_3sg: str
    participle: str
    english: str
    english_3sg: str
    english_past: str
    english_participle: str
    objects: tuple[str, ...]


def _nouns(rows: str) -> tuple[Noun, ...]:
    nouns = []
    for row in rows.strip().splitlines():
        gender, german, german_plural, english, *plural = row.split()
        assert gender in ("m", "f", "n")
        nouns.append(Noun(gender, german, german_plural, english, plural[0] if plural else english + "s"))  # type: ignore[arg-type]
    return tuple(nouns)


def _adjectives(rows: str) -> tuple[Adjective, ...]:
    adjectives = []
    for row in rows.strip().splitlines():
        german, english, *stem = row.split()
        adjectives.append(Adjective(german, stem[0] if stem else german, english))
    return tuple(adjectives)


def _verbs(rows: str) -> tuple[Verb, ...]:
    verbs = []
    for row in rows.strip().splitlines():
        infinitive, third, participle, english, english_3sg, past, english_participle, *objects = row.split()
        verbs.append(
            Verb(infinitive, third, participle, english, english_3sg, past, english_participle, tuple(objects))
        )
    return tuple(verbs)


# gender, singular, plural, English singular, English plural where it is irregular
NOUNS: dict[str, tuple[Noun, ...]] = {
    "person": _nouns("""
        m Mann Männer man men
        f Frau Frauen woman women
        n Kind Kinder child children
        m Lehrer Lehrer teacher
        f Ärztin Ärztinnen doctor
        m Koch Köche cook
        f Schwester Schwestern sister
        m Bruder Brüder brother
        f Tochter Töchter daughter
        m Sohn Söhne son
        n Mädchen Mädchen girl
        m Vater Väter father
        f Mutter Mütter mother
        m Freund Freunde friend
        m Maler Maler painter
        f Sängerin Sängerinnen singer
        m Gärtner Gärtner gardener
        f Richterin Richterinnen judge
        m Bäcker Bäcker baker
        f Tante Tanten aunt
        m Gast Gäste guest
        f Königin Königinnen queen
    """),
    "animal": _nouns("""
        m Hund Hunde dog
        f Katze Katzen cat
        n Pferd Pferde horse
        m Vogel Vögel bird
        f Maus Mäuse mouse mice
        n Schaf Schafe sheep sheep
        f Kuh Kühe cow
        m Fuchs Füchse fox foxes
    """),
    "thing": _nouns("""
        m Schlüssel Schlüssel key
        f Lampe Lampen lamp
        n Fenster Fenster window
        m Mantel Mäntel coat
        f Tasche Taschen bag
        n Messer Messer knife knives
        m Koffer Koffer suitcase
        f Uhr Uhren clock
        n Rad Räder wheel
        m Hammer Hämmer hammer
        f Flasche Flaschen bottle
        n Boot Boote boat
        m Teller Teller plate
        f Kamera Kameras camera
        n Hemd Hemden shirt
        m Ring Ringe ring
        f Kiste Kisten box boxes
        n Geschenk Geschenke gift
    """),
    "text": _nouns("""
        n Buch Bücher book
        m Brief Briefe letter
        f Zeitung Zeitungen newspaper
        n Gedicht Gedichte poem
        m Vertrag Verträge contract
        f Geschichte Geschichten story stories
    """),
    "food": _nouns("""
        m Apfel Äpfel apple
        n Brot Brote loaf loaves
        m Kuchen Kuchen cake
        f Suppe Suppen soup
        n Ei Eier egg
        m Fisch Fische fish fish
        f Birne Birnen pear
        f Kartoffel Kartoffeln potato potatoes
    """),
    "place": _nouns("""
        m Garten Gärten garden
        f Stadt Städte city cities
        n Haus Häuser house
        m Bahnhof Bahnhöfe station
        f Schule Schulen school
        n Dorf Dörfer village
        m Wald Wälder forest
        f Kirche Kirchen church churches
        n Zimmer Zimmer room
        m Park Parks park
        f Küche Küchen kitchen
        n Museum Museen museum
    """),
}

ADJECTIVES = _adjectives("""
    alt old
    jung young
    klein small
    groß big
    neu new
    müde tired müd
    schön beautiful
    rot red
    grün green
    blau blue
    rund round
    schwer heavy
    leicht light
    teuer expensive teur
    billig cheap
    kalt cold
    warm warm
    sauber clean
    dunkel dark dunkl
    ruhig quiet
    laut loud
    freundlich friendly
    seltsam strange
    berühmt famous
    krank sick
    glücklich happy
    reich rich
    traurig sad
""")

# infinitive (also the plural), 3rd singular, participle, English base, 3rd singular, past, participle, objects
TRANSITIVE = _verbs("""
    sehen sieht gesehen see sees saw seen person animal thing place
    suchen sucht gesucht seek seeks sought sought person animal thing text
    finden findet gefunden find finds found found person animal thing text
    kaufen kauft gekauft buy buys bought bought thing text food animal
    verkaufen verkauft verkauft sell sells sold sold thing text food animal
    tragen trägt getragen carry carries carried carried thing animal
    zeichnen zeichnet gezeichnet draw draws drew drawn person animal thing place
    lieben liebt geliebt love loves loved loved person animal place
    hören hört gehört hear hears heard heard person animal text
    rufen ruft gerufen call calls called called person animal
    kennen kennt gekannt know knows knew known person place text
    fragen fragt gefragt ask asks asked asked person
    lesen liest gelesen read reads read read text
    schreiben schreibt geschrieben write writes wrote written text
    übersetzen übersetzt übersetzt translate translates translated translated text
    essen isst gegessen eat eats ate eaten food
    kochen kocht gekocht cook cooks cooked cooked food
    schneiden schneidet geschnitten cut cuts cut cut food
    reparieren repariert repariert repair repairs repaired repaired thing
    waschen wäscht gewaschen wash washes washed washed thing person animal
    öffnen öffnet geöffnet open opens opened opened thing text
    verlieren verliert verloren lose loses lost lost thing text animal
    holen holt geholt fetch fetches fetched fetched thing food person
    malen malt gemalt paint paints painted painted person place thing
    besuchen besucht besucht visit visits visited visited person place
    füttern füttert gefüttert feed feeds fed fed animal
    brechen bricht gebrochen break breaks broke broken thing
    vergessen vergisst vergessen forget forgets forgot forgotten thing text person
""")

INTRANSITIVE = _verbs("""
    schlafen schläft geschlafen sleep sleeps slept slept
    sitzen sitzt gesessen sit sits sat sat
    stehen steht gestanden stand stands stood stood
    arbeiten arbeitet gearbeitet work works worked worked
    spielen spielt gespielt play plays played played
    warten wartet gewartet wait waits waited waited
    tanzen tanzt getanzt dance dances danced danced
    singen singt gesungen sing sings sang sung
    lachen lacht gelacht laugh laughs laughed laughed
    weinen weint geweint cry cries cried cried
""")

DITRANSITIVE = _verbs("""
    geben gibt gegeben give gives gave given thing text food
    zeigen zeigt gezeigt show shows showed shown thing text animal place
    schicken schickt geschickt send sends sent sent thing text
    bringen bringt gebracht bring brings brought brought thing text food
    leihen leiht geliehen lend lends lent lent thing text
""")

# infinitive goes last in German; (3rd singular, plural, English 3rd singular, English plural)
MODALS = (
    ("will", "wollen", "wants to", "want to"),
    ("kann", "können", "can", "can"),
    ("muss", "müssen", "must", "must"),
    ("soll", "sollen", "should", "should"),
    ("darf", "dürfen", "is allowed to", "are allowed to"),
)

PRESENT_TIMES = (
    ("Heute", "Today"),
    ("Jetzt", "Now"),
    ("Oft", "Often"),
    ("Jeden Morgen", "Every morning"),
    ("Am Abend", "In the evening"),
    ("Manchmal", "Sometimes"),
    ("Am Montag", "On Monday"),
    ("Im Winter", "In winter"),
)

PAST_TIMES = (
    ("Gestern", "Yesterday"),
    ("Letzte Woche", "Last week"),
    ("Vor einem Jahr", "A year ago"),
    ("Am Sonntag", "On Sunday"),
    ("Im Sommer", "In summer"),
    ("Vor drei Tagen", "Three days ago"),
)

PREPOSITIONS = (
    ("in", "in"),
    ("neben", "next to"),
    ("hinter", "behind"),
    ("vor", "in front of"),
    ("bei", "near"),
)

BELIEFS = (
    ("weiß", "wissen", "knows", "know"),
    ("glaubt", "glauben", "believes", "believe"),
    ("sagt", "sagen", "says", "say"),
    ("hofft", "hoffen", "hopes", "hope"),
    ("denkt", "denken", "thinks", "think"),
)
