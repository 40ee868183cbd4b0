"""Members, rights and what bots are told of them; privacy mode."""

from __future__ import annotations

import pytest

from bot.sandbox.people import ActError
from bot.sandbox.scene import Scene
from bot.sandbox.world import Telegram
from tests.sandbox.conftest import Api


async def test_a_bot_learns_who_added_it_with_which_rights(api: Api, scene: Scene, telegram: Telegram) -> None:
    telegram.people.add_bot(scene.chiara, scene.channel.id, scene.bot, rights={"can_post_messages": True})
    (update,) = await api.get("getUpdates")
    change = update["my_chat_member"]
    assert change["from"]["id"] == scene.chiara.id
    assert change["chat"] == {
        "id": scene.channel.id, "title": "Harbour News", "username": "harbour_news", "type": "channel"
    }  # fmt: skip
    assert change["old_chat_member"]["status"] == "left"
    new = change["new_chat_member"]
    assert (new["status"], new["can_post_messages"], new["can_edit_messages"]) == ("administrator", True, False)


async def test_members_are_asked_for_by_administrators_only(
    api: Api, channel: int, scene: Scene, telegram: Telegram
) -> None:
    member = await api.get("getChatMember", chat_id=channel, user_id=scene.chiara.id)
    assert member["status"] == "creator"
    assert (await api.get("getChatMember", chat_id=channel, user_id=scene.owen.id))["status"] == "left"
    admins = await api.get("getChatAdministrators", chat_id="@harbour_news")
    assert [admin["user"]["first_name"] for admin in admins] == ["Chiara", "Paperboy"]
    assert await api.get("getChatMemberCount", chat_id=channel) == 3
    assert await api.refusal("getChatMember", chat_id=channel, user_id=1) == "Bad Request: invalid user_id specified"
    group = scene.group.id
    telegram.people.add_bot(scene.chiara, group, scene.bot, admin=False)
    refusal = await api.refusal("getChatMember", chat_id=group, user_id=scene.rosa.id)
    assert refusal == "Bad Request: CHAT_ADMIN_REQUIRED"
    assert (await api.get("getChatMember", chat_id=group, user_id=scene.bot.id))["status"] == "member"


async def test_outside_a_chat_nothing_is_told_of_it(api: Api, scene: Scene) -> None:
    for method in ("getChat", "getChatAdministrators", "getChatMemberCount"):
        refusal = await api.refusal(method, chat_id=scene.group.id)
        assert refusal == "Forbidden: bot is not a member of the supergroup chat"
    assert (await api.get("getChat", chat_id=scene.channel.id))["title"] == "Harbour News"  # is public
    refusal = await api.refusal("getChatAdministrators", chat_id=scene.channel.id)
    assert refusal == "Bad Request: member list is inaccessible"
    assert await api.refusal("getChat", chat_id=scene.owen.id) == "Bad Request: chat not found"


async def test_a_bot_that_leaves_is_out(api: Api, channel: int) -> None:
    await api.get("leaveChat", chat_id=channel)
    refusal = await api.refusal("sendMessage", chat_id=channel, text="x")
    assert refusal == "Forbidden: bot is not a member of the channel chat"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("hello all", False),
        ("/latest", True),
        ("/latest@paperboy_bot", True),
        ("/latest@Other_bot", False),
        ("see /latest", False),
    ],
)
async def test_in_groups_a_bot_sees_what_is_meant_for_it(
    api: Api, scene: Scene, telegram: Telegram, text: str, seen: bool
) -> None:
    group = scene.group.id
    telegram.people.add_bot(scene.chiara, group, scene.bot, admin=False)
    scene.bot.updates.clear()
    telegram.people.send(scene.rosa, group, text)
    assert bool(await api.get("getUpdates")) == seen
    scene.bot.updates.clear()
    telegram.people.set_rights(scene.chiara, group, scene.bot, {"can_delete_messages": True})
    scene.bot.updates.clear()
    telegram.people.send(scene.rosa, group, text)
    assert len(await api.get("getUpdates")) == 1  # as an administrator it sees everything


async def test_a_reply_to_the_bot_is_seen_with_what_it_answers(api: Api, scene: Scene, telegram: Telegram) -> None:
    group = scene.group.id
    telegram.people.add_bot(scene.chiara, group, scene.bot, admin=False)
    sent = await api.get("sendMessage", chat_id=group, text="Which topic?")
    scene.bot.updates.clear()
    telegram.people.send(scene.rosa, group, "economy", reply_to=sent["message_id"])
    (update,) = await api.get("getUpdates")
    assert update["message"]["reply_to_message"]["text"] == "Which topic?"


async def test_an_anonymous_administrator_speaks_as_the_group(api: Api, scene: Scene, telegram: Telegram) -> None:
    group = scene.group.id
    telegram.people.add_bot(scene.chiara, group, scene.bot)
    telegram.people.promote(scene.chiara, group, scene.rosa, anonymous=True)
    scene.bot.updates.clear()
    telegram.people.send(scene.rosa, group, "/subscribe")
    (update,) = await api.get("getUpdates")
    assert update["message"]["from"]["username"] == "GroupAnonymousBot"
    assert update["message"]["sender_chat"]["id"] == group


def test_people_cannot_do_what_they_may_not(telegram: Telegram, scene: Scene) -> None:
    people = telegram.people
    with pytest.raises(ActError, match="Rosa may not post in Harbour News"):
        people.post(scene.rosa, scene.channel.id, "x")
    with pytest.raises(ActError, match="Rosa has no right to add a bot in Harbour News"):
        people.add_bot(scene.rosa, scene.channel.id, scene.bot)
    with pytest.raises(ActError, match="Owen is not in Harbour Talk"):
        people.send(scene.owen, scene.group.id, "x")
    people.close_topic(scene.chiara, scene.forum.id, scene.topics[0])
    with pytest.raises(ActError, match="the topic Ferries is closed"):
        people.send(scene.rosa, scene.forum.id, "x", topic=scene.topics[0])
    with pytest.raises(ActError, match="there is no chat -5"):
        people.send(scene.rosa, -5, "x")


def test_two_bots_have_a_private_chat_each(telegram: Telegram, scene: Scene) -> None:
    other = telegram.add_bot("7000000002:" + "b" * 35, username="other_bot", name="Other")
    telegram.people.start(scene.rosa, scene.bot)
    telegram.people.start(scene.rosa, other, "x")
    assert [m.text for m in telegram.private_chat(scene.rosa, other).messages.values()] == ["/start x"]
    assert [m.text for m in telegram.messages(scene.rosa.id)] == ["/start", "/start x"]
    assert len(other.updates) == len(scene.bot.updates) == 1


def test_listeners_hear_of_each_change_until_they_stop(telegram: Telegram, scene: Scene) -> None:
    heard: list[tuple[str, int, int | None]] = []
    unlisten = telegram.listen(lambda event: heard.append((event.kind, event.chat_id, event.message_id)))
    post = telegram.people.post(scene.chiara, scene.channel.id, "x")
    telegram.people.edit(scene.chiara, scene.channel.id, post.id, "y")
    telegram.people.delete(scene.chiara, scene.channel.id, post.id)
    unlisten()
    telegram.people.post(scene.chiara, scene.channel.id, "unheard")
    assert heard == [(kind, scene.channel.id, post.id) for kind in ("message", "edit", "delete")]
