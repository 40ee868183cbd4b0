"""The words of a text as search holds them: the same at both ends, in any script; and where they stand."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import language, tokens
from bot.fold import fold

# What somebody types, what stands in an article of that language: they must meet.
SAME = [
    ("en", "gardens", "gardening"),
    ("en", "CAFÉ", "cafes"),
    ("de", "haus", "Häuser"),
    ("de", "STRASSE", "Straßen"),
    ("fr", "economique", "économiques"),
    ("fr", "général", "GENERAL"),
    ("es", "cancion", "canciones"),
    ("pt", "noticia", "notícias"),
    ("it", "città", "citta"),
    ("nl", "krant", "kranten"),
    ("sv", "flickor", "flickorna"),
    ("nb", "bøkene", "bøker"),
    ("da", "husene", "huset"),
    ("fi", "taloissa", "talo"),
    ("hu", "házakban", "ház"),
    ("ro", "copiilor", "copii"),
    ("pl", "kobiety", "kobietami"),
    ("cs", "hradu", "hrady"),
    ("tr", "kitap", "kitapları"),
    ("tr", "istanbul", "İSTANBUL"),
    ("ru", "елка", "Ёлки"),
    ("ru", "новости", "новостями"),
    ("uk", "новини", "Новини"),
    ("el", "ελλάδα", "ΕΛΛΑΔΑΣ"),
    ("ar", "كتاب", "الكتاب"),
    ("ar", "كتاب", "كِتَابٌ"),
    ("ar", "احمد", "أحمد"),
    ("ar", "مدرسة", "مدرســـة"),
    ("ar", "حكومة", "والحكومة"),
    ("ar", "الأعمال", "والأعمال"),
    ("ar", "اقتصاد", "فَالاقتصاد"),
    ("ar", "المدينة", "وبالمدينة"),
    ("fa", "كتاب", "کتاب"),
    ("fa", "علي", "علی"),
    ("fa", "۱۴۰۰", "1400"),
    ("fa", "می خواهم", "می‌خواهم"),
    ("fa", "میخواهم", "می‌خواهم"),
    ("fa", "کتابهای", "کتاب‌های"),
    ("hi", "किताब", "किताबों"),
    ("hi", "हिंदी", "हिन्दी"),
    ("hi", "खबरें", "ख़बरें"),
    ("hi", "चांद", "चाँद"),
    ("he", "שלום", "שָׁלוֹם"),
    ("ja", "ガス", "ｶﾞｽ"),
    ("zh", "abc", "ＡＢＣ"),
    ("vi", "Việt", "viet"),
]
DIFFERENT = [
    ("कि", "क"),
    ("का", "की"),
    ("かす", "がす"),
    ("กา", "กี"),
    ("কা", "ক"),
    ("நி", "ந"),
    ("garden", "guard"),
    ("сад", "суд"),
]


def indexed(text: str, spoken: str) -> set[str]:
    exact, stems = tokens.index(text, spoken)
    return {*exact.split(), *stems.split()}


@pytest.mark.parametrize(("spoken", "typed", "written"), SAME)
def test_what_is_typed_finds_what_is_written(spoken: str, typed: str, written: str) -> None:
    assert set(tokens.stems(typed, spoken)) <= indexed(written, spoken)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_marks_and_letters_that_matter_stay(one: str, other: str) -> None:
    assert tokens.exact(one) != tokens.exact(other)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("東京の天気 today", ["東京", "京の", "の天", "天気", "気", "today"]),
        ("วันนี้", ["วั", "ัน", "นน", "นี", "ี้", "้"]),
        ("iPhone15の", ["iphone15", "の"]),
        ("한국어", ["한국", "국어", "어"]),
        ("Well-known, it's 3.5", ["well", "known", "it", "s", "3", "5"]),
        ("हिन्दी में", ["हिंदी", "में"]),
        ("", []),
        ("… -- ! 🙂", []),
    ],
)
def test_texts_are_split_into_words_or_overlapping_pairs(text: str, exact: list[str]) -> None:
    assert tokens.exact(text) == exact


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("او می‌خواهم گفت، نمی‌خواسته‌اند.", ["میخواهم", "نمیخواستهاند"]),
        ("می‌‌روم", ["میروم"]),
        ("می خواهم", []),
        ("‌می‌، ‌", []),
        ("क‌क a‌b", []),
    ],
)
def test_words_that_a_zwnj_parts_are_known_in_one_too(text: str, words: list[str]) -> None:
    assert tokens.joined(text) == words


def test_articles_are_known_by_the_letters_that_their_words_begin_with_where_there_are_prefixes() -> None:
    assert sorted(tokens.initials(["tea rice 1400", "東京 京", "کتاب", ""])) == ["1", "r", "t", "ک"]


def test_a_single_character_of_a_dense_script_is_found_wherever_it_stands() -> None:
    for character in "東京の天気":
        assert set(tokens.stems(character, "ja")) <= indexed("東京の天気", "ja")


@given(st.text(), st.sampled_from(["", "en", "ar", "fa", "tr", "hi", "ja", "sr", "de"]))
def test_composition_never_matters(text: str, spoken: str) -> None:
    one, other = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert tokens.index(one, spoken) == tokens.index(other, spoken)


@given(st.text(), st.sampled_from(["", "en", "ar", "fa", "tr", "hi", "ja", "sr", "de"]))
def test_what_is_asked_for_is_indexed_whatever_it_is(text: str, spoken: str) -> None:
    assert set(tokens.stems(text, spoken)) <= indexed(text, spoken)
    assert not any(each.isspace() or not each for part in tokens.index(text, spoken) for each in part.split())


@given(
    st.text() | st.text(alphabet="ab.Z9 می\u200c=\u0338'\u0301\u200d\u00ad\ud800\x1c\xa0¨ﷺéß’İ東ガ한ы كِي", max_size=80),
    st.sampled_from(["", "en", "ar", "fa", "tr", "hi", "ja", "sr", "de"]),
)
def test_the_index_is_given_the_forms_of_each_word_however_the_text_is_gone_through(text: str, spoken: str) -> None:
    forms = [form for word in tokens.split(text) for form in tokens.forms(word, spoken)]
    exact, stems = tokens.index(text, spoken)
    assert exact.split() == [each for form in forms for each in form.exact]
    forms += [form for word in tokens.joined(text) for form in tokens.forms(word, spoken)]
    assert sorted(stems.split()) == sorted(each for form in forms for each in (*form.stems, form.bare) if each)


def test_long_words_are_cut_alike_in_plain_texts_and_others() -> None:
    for text in ("x" * 100, "x" * 100 + ".", "x" * 100 + " é"):
        assert tokens.index(text, "xx")[0].split()[0] == "x" * tokens.WORD_LIMIT


def test_more_words_than_are_remembered_are_taken_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LATELY_LIMIT", 3)
    for text in (" ".join(f"{'abcdefg'[n % 7]}quilt{n % 11}s" for n in range(100)), "Öquilts äquilts Åquilts " * 9):
        exact, stems = tokens.index(text, "sv")
        assert exact.split() == tokens.exact(text)
        assert set(tokens.stems(text, "sv")) <= set(stems.split())


def test_every_letter_that_stays_as_it_is_is_one_that_folding_leaves() -> None:
    for letter in filter(str.isalnum, map(chr, range(0x10000))):
        if tokens.exact(letter) == [letter]:
            assert fold(letter) == letter


@given(st.text())
def test_places_are_within_the_text_and_whole(text: str) -> None:
    for place in tokens.places(text, "en"):
        assert 0 <= place.start < place.end <= len(text)
        assert place.exact
        assert place.stems


@given(st.text(alphabet="aéÉßİ東京ガ\u3099\u0301कि ，.x한\u200c", max_size=30))
def test_every_letter_of_a_text_stands_in_a_place(text: str) -> None:
    covered = {at for place in tokens.places(text, "") for at in range(place.start, place.end)}
    letters = {at for at, char in enumerate(text) if unicodedata.category(char)[0] in "LN"}
    assert letters <= covered


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The keeper of the lighthouse has gone to the market for bread", "en"),
        ("Der Wärter des Leuchtturms ist zum Markt gegangen, um Brot zu holen", "de"),
        ("Le gardien du phare est allé au marché pour acheter du pain", "fr"),
        ("El farero ha ido al mercado para comprar el pan de la semana", "es"),
        ("Il guardiano del faro è andato al mercato per comprare il pane", "it"),
        ("De vuurtorenwachter is naar de markt gegaan om brood te kopen", "nl"),
        ("Смотритель маяка пошёл на рынок за хлебом, а его брат остался", "ru"),
        ("Доглядач маяка пішов на ринок за хлібом, а його брат залишився", "uk"),
        ("ذهب حارس المنارة إلى السوق من أجل الخبز", "ar"),
        ("نگهبان فانوس دریایی برای خرید نان به بازار رفته است", "fa"),
        ("چراغ گھر کا رکھوالا روٹی لینے کے لیے بازار گیا ہے", "ur"),
        ("लाइटहाउस का रखवाला रोटी लेने के लिए बाज़ार गया है", "hi"),
        ("灯台守はパンを買いに市場へ行った", "ja"),
        ("灯塔看守人去市场买面包了", "zh"),
        ("등대지기는 빵을 사러 시장에 갔다", "ko"),
        ("Deniz feneri bekçisi ekmek almak için bir pazara gitti ve daha dönmedi", "tr"),
        ("ข่าววันนี้", "th"),
        ("Ο φαροφύλακας πήγε στην αγορά", "el"),
        ("123 🙂", ""),
        ("", ""),
    ],
)
def test_the_language_is_guessed(text: str, code: str) -> None:
    assert language.guess(text) == code
