"""Every row of Telegram's error table (facts gathered November 2026), and what our own transport says."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)

from bot.delivery.retry import (
    BACK_OFF_LAST,
    Again,
    Halt,
    Moved,
    Outcome,
    Policies,
    Policy,
    Reason,
    Refused,
    Rung,
    Sent,
    Simpler,
    Suspend,
    Uncertain,
    outcome,
)
from bot.delivery.transport import Flooded, MaybeSent, NotSent
from bot.model import ChatKind

AMBIGUOUS = (MaybeSent("the answer was lost"), TimedOut(), NetworkError("Bad Gateway (502)"), KeyError("result"))


def decide(error: Exception | None, rung: Rung = Rung.FULL, policy: Policy = Policy.HOLD) -> Outcome:
    return outcome(error, attempts=1, policy=policy, rung=rung)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), Reason.BLOCKED),
        (Forbidden("Forbidden: user is deactivated"), Reason.UNREACHABLE),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), Reason.UNREACHABLE),
        (Forbidden("Forbidden: bot can't send messages to bots"), Reason.UNREACHABLE),
        (Forbidden("Forbidden: bot was kicked from the channel chat"), Reason.REMOVED),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), Reason.REMOVED),
        (Forbidden("Forbidden: bot is not a member of the channel chat"), Reason.REMOVED),
        (BadRequest("Bad Request: need administrator rights in the channel chat"), Reason.RIGHTS),
        (BadRequest("Bad Request: not enough rights to send text messages to the chat"), Reason.RIGHTS),
        (BadRequest("Bad Request: have no rights to send a message"), Reason.RIGHTS),
        (BadRequest("Bad Request: CHAT_WRITE_FORBIDDEN"), Reason.RIGHTS),
        (BadRequest("Bad Request: CHAT_ADMIN_REQUIRED"), Reason.RIGHTS),
        (BadRequest("Bad Request: CHANNEL_PRIVATE"), Reason.REMOVED),
        (Forbidden("Forbidden: the group chat was deleted"), Reason.GONE),
        (BadRequest("Bad Request: the group chat was deleted"), Reason.GONE),
        (BadRequest("Bad Request: chat not found"), Reason.GONE),
        (BadRequest("Bad Request: group chat was upgraded to a supergroup chat"), Reason.GONE),
        (Forbidden("Forbidden: something that Telegram says tomorrow"), Reason.RIGHTS),
    ],
)
def test_an_unreachable_or_unusable_chat_is_suspended(error: TelegramError, reason: Reason) -> None:
    assert decide(error) == Suspend(reason, error.message)


@pytest.mark.parametrize("text", ["TOPIC_CLOSED", "TOPIC_DELETED", "message thread not found"])
def test_a_closed_topic_suspends_that_topic_only(text: str) -> None:
    error = BadRequest(f"Bad Request: {text}")
    assert error.message != text, "PTB capitalises what it strips"
    assert decide(error) == Suspend(Reason.TOPIC, error.message, topic_only=True)


@pytest.mark.parametrize(
    "text",
    [
        "can't parse entities: Unsupported start tag at byte offset 5",
        "message is too long",
        "message caption is too long",
        "BUTTON_URL_INVALID",
        "BUTTON_DATA_INVALID",
        "RICH_MESSAGE_BLOCKS_INVALID",
        "something that Telegram says tomorrow",
    ],
)
def test_refused_content_goes_once_more_as_plain_text_and_then_ends(text: str) -> None:
    error = BadRequest(f"Bad Request: {text}")
    assert decide(error, Rung.FULL) == Simpler(Rung.PLAIN, error.message)
    assert decide(error, Rung.WITHOUT_PHOTO) == Simpler(Rung.PLAIN, error.message)
    assert decide(error, Rung.PLAIN) == Refused(error.message)


@pytest.mark.parametrize(
    "text",
    [
        "wrong file identifier/HTTP URL specified",
        "failed to get HTTP URL content",
        "wrong type of the web page content",
        "IMAGE_PROCESS_FAILED",
        "Request Entity Too Large",
    ],
)
def test_a_photo_that_telegram_cannot_get_is_uploaded_and_then_becomes_text(text: str) -> None:
    error = BadRequest(f"Bad Request: {text}")
    rungs = [Rung.FULL, Rung.UPLOADED, Rung.WITHOUT_PHOTO, Rung.PLAIN]
    for rung, next_rung in pairwise(rungs):
        assert decide(error, rung) == Simpler(next_rung, error.message)
    assert decide(error, Rung.PLAIN) == Refused(error.message)


def test_a_photo_that_may_not_be_sent_becomes_text() -> None:
    error = BadRequest("Bad Request: not enough rights to send photos to the chat")
    assert decide(error, Rung.FULL) == decide(error, Rung.UPLOADED) == Simpler(Rung.WITHOUT_PHOTO, error.message)


def test_an_old_bot_api_server_without_the_method_gets_the_plain_form() -> None:
    assert decide(EndPointNotFound("Endpoint 'sendRichMessage' not found")) == Simpler(
        Rung.PLAIN, "Endpoint 'sendRichMessage' not found"
    )


def test_message_is_not_modified_is_success() -> None:
    error = BadRequest("Bad Request: message is not modified: specified new message content and reply markup are same")
    assert decide(error) == Sent()


@pytest.mark.parametrize(
    "text",
    [
        "message to edit not found",
        "message can't be edited",
        "message to delete not found",
        "query is too old and response timeout expired or query ID is invalid",
    ],
)
def test_what_is_gone_is_recorded_and_not_posted_anew(text: str) -> None:
    error = BadRequest(f"Bad Request: {text}")
    assert decide(error) == Refused(error.message, is_content=False)


@pytest.mark.parametrize("policy", Policy)
def test_flood_control_waits_as_told_and_does_not_count(policy: Policy) -> None:
    decided = outcome(Flooded(17), attempts=9, policy=policy, jitter=0.5)
    assert isinstance(decided, Again)
    assert decided.after == timedelta(seconds=17.5)
    assert not decided.is_ambiguous
    assert not decided.is_offline


def test_an_upgraded_group_has_moved() -> None:
    assert decide(ChatMigrated(-100123)) == Moved(-100123)


@pytest.mark.parametrize("text", ["Unauthorized", "Not Found"])
def test_a_refused_token_stops_everything(text: str) -> None:
    assert decide(InvalidToken(text)) == Halt(text)


@pytest.mark.parametrize("error", [NotSent("no connection"), Conflict("terminated by other getUpdates request")])
@pytest.mark.parametrize("policy", Policy)
def test_what_was_certainly_not_sent_is_sent_again_with_back_off(error: TelegramError, policy: Policy) -> None:
    pauses = []
    for failures in range(50):
        decided = outcome(error, attempts=failures + 1, policy=policy, failures=failures)
        assert isinstance(decided, Again)
        assert decided.is_offline
        assert not decided.is_ambiguous
        pauses.append(decided.after.total_seconds())
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(pauses[8:]) == {BACK_OFF_LAST.total_seconds()}


@pytest.mark.parametrize("error", AMBIGUOUS)
def test_what_may_have_arrived_is_held_under_hold(error: Exception) -> None:
    assert isinstance(outcome(error, attempts=1, policy=Policy.HOLD), Uncertain)


@pytest.mark.parametrize("error", AMBIGUOUS)
def test_what_may_have_arrived_is_sent_once_more_at_most_under_resend(error: Exception) -> None:
    first = outcome(error, attempts=1, policy=Policy.RESEND)
    assert isinstance(first, Again)
    assert first.is_ambiguous
    assert isinstance(outcome(error, attempts=2, policy=Policy.RESEND), Uncertain)


def test_groups_and_channels_hold_and_private_chats_resend_unless_told_otherwise() -> None:
    assert Policies().resend == (ChatKind.PRIVATE,)
    assert Policies(private=Policy.HOLD).resend == ()
    assert set(Policies(channel=Policy.RESEND).resend) == set(ChatKind)


ERRORS = st.one_of(
    st.none(),
    st.sampled_from([*AMBIGUOUS, NotSent("x"), Conflict("x"), InvalidToken("x"), ChatMigrated(-1), Flooded(3)]),
    st.text().map(BadRequest),
    st.text().map(Forbidden),
    st.text().map(NetworkError),
    st.text().map(TelegramError),
)


@settings(deadline=None)
@given(ERRORS, st.integers(1, 10**6), st.sampled_from(Policy), st.sampled_from(Rung), st.integers(0, 10**6))
def test_whatever_telegram_says_there_is_a_decision_that_keeps_the_promises(
    error: Exception | None, attempts: int, policy: Policy, rung: Rung, failures: int
) -> None:
    decided = outcome(error, attempts=attempts, policy=policy, rung=rung, failures=failures)
    match decided:
        case Again(is_ambiguous=True):
            assert policy is Policy.RESEND
            assert attempts == 1
        case Again(after=after):
            assert after > timedelta(0)
        case Simpler(rung=down):
            assert down > rung, "the ladder ends"
        case _:
            pass
