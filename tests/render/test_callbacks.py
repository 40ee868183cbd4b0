"""Callback data: small enough, read back exactly, and nobody else can make or move it."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Period, Preset
from bot.render import callbacks
from bot.render.callbacks import (
    MAX_PAGE,
    AskForLook,
    Callback,
    ChannelChoice,
    CheckFeed,
    Choice,
    ChooseLanguage,
    ChoosePreset,
    ClearFeed,
    ClearLook,
    DraftChoice,
    DraftDecision,
    DraftPart,
    FeedPart,
    FileChoice,
    FindFeeds,
    FollowFeed,
    ImportFile,
    LeaveDraft,
    ListKind,
    ListRef,
    LookPart,
    LookWords,
    MendDelivery,
    MendDraft,
    OpenArticle,
    PauseChannel,
    PauseFeed,
    PreviewLook,
    Remedy,
    RemoveChannel,
    RemoveFeed,
    SetAnnounceFirst,
    SetFeedEvery,
    SetFullText,
    SetLookPart,
    SettleDoubts,
    SettleMissed,
    ShowChannelCard,
    ShowChannels,
    ShowFeed,
    ShowFeeds,
    ShowList,
    ShowLook,
    ShowOutbox,
    ShowSubscribe,
    SourceChannel,
    SubscribeChoice,
    TryChannel,
    decode,
    encode,
)

KEY = b"a secret of the store, 32 bytes.."
_ids = st.integers(1, 2**63 - 1)
_chats = st.integers(-(2**63), 2**63 - 1)
_pages = st.integers(0, MAX_PAGE)
_refs = st.builds(ListRef, st.sampled_from(ListKind), _pages, st.integers(0, 2**63 - 1), st.sampled_from(Period))
any_callback: st.SearchStrategy[Callback] = st.one_of(
    st.builds(ShowList, _refs),
    st.builds(OpenArticle, _refs, _ids, _pages),
    st.builds(ShowSubscribe),
    st.builds(SubscribeChoice, st.sampled_from(Choice)),
    st.builds(ShowChannels, _pages),
    st.builds(ShowChannelCard, _chats),
    st.builds(ChannelChoice, _chats, st.sampled_from(Choice)),
    st.builds(PauseChannel, _chats, st.booleans(), _pages),
    st.builds(TryChannel, _chats, _pages),
    st.builds(SourceChannel, _chats, st.booleans(), _pages),
    st.builds(RemoveChannel, _chats, st.booleans(), _pages),
    st.builds(DraftDecision, _ids, st.sampled_from(DraftChoice)),
    st.builds(FollowFeed, _ids, st.booleans(), st.integers(0, 5)),
    st.builds(FindFeeds, _ids),
    st.builds(MendDraft, _ids, st.sampled_from(DraftPart)),
    st.builds(LeaveDraft, _ids, st.sampled_from(DraftPart)),
    st.builds(ShowFeeds, _pages),
    st.builds(CheckFeed, _ids),
    st.builds(PauseFeed, _ids, st.booleans()),
    st.builds(ImportFile, _ids, st.sampled_from(FileChoice), _pages),
    st.builds(ShowFeed, _ids, st.sampled_from(FeedPart)),
    st.builds(ClearFeed, _ids, st.sampled_from(FeedPart)),
    st.builds(SetFeedEvery, _ids, st.integers(0, 10_000)),
    st.builds(SetFullText, _ids, st.booleans()),
    st.builds(SetAnnounceFirst, _ids, st.integers(0, 100)),
    st.builds(RemoveFeed, _ids),
    st.builds(SettleDoubts, _chats, _ids, _ids, st.booleans()),
    st.builds(SettleMissed, _chats, st.booleans()),
    st.builds(ShowOutbox, _ids),
    st.builds(MendDelivery, _ids, st.sampled_from(Remedy), _ids),
    st.builds(ShowLook, _ids),
    st.builds(ChoosePreset, _ids, st.sampled_from(Preset)),
    st.builds(SetLookPart, _ids, st.sampled_from(LookPart), st.booleans()),
    st.builds(AskForLook, _ids, st.sampled_from(LookWords)),
    st.builds(ClearLook, _ids, st.sampled_from(LookWords)),
    st.builds(PreviewLook, _ids),
    st.builds(ChooseLanguage, st.sampled_from(["en", "pt_BR", "zh_Hant_TW"])),
)


@given(any_callback, _chats)
def test_data_is_read_back_exactly_and_fits(callback: Callback, chat_id: int) -> None:
    data = encode(callback, KEY, chat_id)
    assert 1 <= len(data.encode()) <= 64
    assert decode(data, KEY, chat_id) == callback


@given(any_callback, _chats)
def test_data_means_nothing_in_another_chat_or_under_another_key(callback: Callback, chat_id: int) -> None:
    data = encode(callback, KEY, chat_id)
    assert decode(data, KEY, chat_id + 1) is None
    assert decode(data, KEY[::-1], chat_id) is None


@given(any_callback, st.integers(0, 63), st.characters())
def test_changed_data_means_nothing(callback: Callback, position: int, char: str) -> None:
    data = encode(callback, KEY, 5)
    changed = data[: position % len(data)] + char + data[position % len(data) + 1 :]
    assert changed == data or decode(changed, KEY, 5) is None


@given(st.text(max_size=80))
def test_any_text_is_survived(data: str) -> None:
    assert decode(data, KEY, 5) is None


@pytest.mark.parametrize(
    "body", ["", "z", "l", "a.l.0.0.week", "l.l.0.0.week.more", "l.l.x!.0.week", "l.l.0.0.eon", "s.q", "p.1.2.3"]
)
def test_sealed_data_of_another_shape_means_nothing(body: str) -> None:
    sealed = callbacks.VERSION + callbacks._seal(body, KEY, 5) + body
    assert decode(sealed, KEY, 5) is None


def test_data_of_another_version_means_nothing() -> None:
    data = encode(ShowSubscribe(), KEY, 5)
    assert decode("0" + data[1:], KEY, 5) is None


def test_every_callback_has_its_letter_and_the_seal_its_bits() -> None:
    assert set(callbacks._LETTERS.values()) == set(Callback.__args__)
    assert len(base64.urlsafe_b64decode(callbacks._seal("x", KEY, 1) + "==")) >= 4
    assert replace(ListRef(), page=3) != ListRef()
