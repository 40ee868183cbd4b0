"""A subscription's filter on its screens, one more subscription with a filter, and following a tag."""

from bot.model import Filter, Mode, Subscription
from bot.sandbox.nouns import Message, Person
from bot.store import subscriptions
from tests.program.harness import Program
from tests.program.test_pushing import posts
from tests.program.test_settings import opened


async def one_of(program: Program, chat_id: int) -> Subscription:
    [one] = await subscriptions.of_chat(program.app.db, chat_id)
    return one


def titles(program: Program, chat_id: int, *named: str) -> list[str]:
    return [title for post in program.shown(chat_id) for title in named if post.startswith(title)]


async def reply(program: Program, person: Person, to: Message, text: str) -> Message:
    return await program.ask(person, text, reply_to=to.id)


async def test_a_filter_is_made_by_replies_and_taps_and_says_itself_in_words(program: Program) -> None:
    for number in range(3):
        await program.publish(f"Old {number}", tags=("Tea",), announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.tap(chiara, screen, "Filter")
    assert "Every article passes." in (screen.text or "")
    await program.tap(chiara, screen, "Tags")
    await program.tap(chiara, screen, "+ #Tea")
    assert (await one_of(program, channel.id)).filter == Filter(tags=("Tea",))
    await program.tap(chiara, screen, "Back")
    await program.tap(chiara, screen, "Words")
    answer = await reply(program, chiara, screen, "green tea, econom*\n!!!")
    assert "“!!!” says nothing" in (answer.text or "")
    assert (await one_of(program, channel.id)).filter == Filter(tags=("Tea",), words=("green tea", "econom*"))
    await program.tap(chiara, answer, "✕ “econom*”")
    await program.tap(chiara, answer, "Back")
    assert "tagged #Tea" in (answer.text or "")
    assert "with “green tea”" in (answer.text or "")
    await program.publish("Green tea", tags=("tea",))
    await program.publish("Black tea", tags=("tea",))
    await program.run_jobs()
    assert ["Green tea" in post for post in posts(program, channel)] == [True]
    await program.tap(chiara, answer, "Try it")
    assert "✓ Green tea: because of #Tea, “green tea”" in (answer.text or "")
    assert "✗ Black tea: none of the words" in (answer.text or "")


async def test_languages_are_named_as_people_call_them(program: Program) -> None:
    screen = await opened(program)
    chiara = program.scene.chiara
    await program.tap(chiara, screen, "Filter")
    await program.tap(chiara, screen, "Languages")
    answer = await reply(program, chiara, screen, "German, pt-BR, Klingonese")
    assert (await one_of(program, program.scene.channel.id)).filter.languages == ("de", "pt")
    assert "✕ German" in program.labels(answer)
    assert "Klingonese" in (answer.text or "")


async def test_what_is_too_long_or_too_many_is_said(program: Program) -> None:
    screen = await opened(program)
    chiara = program.scene.chiara
    await program.tap(chiara, screen, "Filter")
    await program.tap(chiara, screen, "Words")
    answer = await reply(program, chiara, screen, ",".join([f"word{i}" for i in range(21)] + ["x" * 101]))
    assert len((await one_of(program, program.scene.channel.id)).filter.words) == 20
    assert "“word20” is left out: there are 20 already" in (answer.text or "")
    assert "longer than 100 characters" in (answer.text or "")


async def test_a_reply_of_somebody_who_is_no_admin_any_more_changes_nothing(program: Program) -> None:
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.tap(chiara, screen, "Filter")
    await program.tap(chiara, screen, "Words")
    channel.members[chiara.id].status = "member"
    answer = await reply(program, chiara, screen, "tea")
    assert "admin" in (answer.text or "")
    assert (await one_of(program, channel.id)).filter == Filter()


async def test_a_filter_that_another_subscription_has_is_refused_in_a_sentence(program: Program) -> None:
    await program.publish("Old", tags=("Tea",), announce=False)
    screen = await opened(program)
    chiara, channel = program.scene.chiara, program.scene.channel
    await program.tap(chiara, screen, "Back")
    await program.tap(chiara, screen, "Add a subscription")
    await program.tap(chiara, screen, "+ #Tea")
    await program.tap(chiara, screen, "Filter")
    await program.tap(chiara, screen, "Tags (1)")
    await program.tap(chiara, screen, "✕ #Tea")
    assert "Another subscription here has exactly this filter" in (screen.text or "")
    filters = [one.filter for one in await subscriptions.of_chat(program.app.db, channel.id)]
    assert filters == [Filter(), Filter(tags=("Tea",))]


async def test_an_article_that_two_subscriptions_want_comes_once(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    shown = await program.ask(rosa, "/settings")
    await program.tap(rosa, shown, "Add a subscription")
    await reply(program, rosa, shown, "tea, coffee")
    shown = await program.ask(rosa, "/subscribe #tea")
    await program.publish("Both", tags=("Tea", "Coffee"))
    await program.publish("One", tags=("Coffee",))
    await program.publish("Neither", tags=("Milk",))
    await program.run_jobs()
    assert titles(program, rosa.id, "Both", "One", "Neither") == ["Both", "One"]


async def test_a_tag_is_followed_and_ended_by_commands(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    answer = await program.ask(rosa, "/subscribe #Tea #green garden")
    assert "/unsubscribe Tea, green garden" in (answer.text or "")
    assert "2 subscriptions send some articles here" in ((await program.ask(rosa, "/subscribe")).text or "")
    answer = await program.ask(rosa, "/unsubscribe tea")
    assert "#tea is not followed here any more" in (answer.text or "")
    assert "is not followed here." in ((await program.ask(rosa, "/unsubscribe milk")).text or "")
    assert (await one_of(program, rosa.id)).filter == Filter(tags=("green garden",))
    assert "That is no tag" in ((await program.ask(rosa, "/subscribe #")).text or "")


async def test_who_gets_everything_is_told_so(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await subscriptions.add(program.app.db, rosa.id, 0, Mode.INSTANT)
    assert "already" in ((await program.ask(rosa, "/subscribe tea")).text or "")
    assert (await one_of(program, rosa.id)).filter == Filter()


async def test_choosing_daily_leaves_the_tags_that_are_followed(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await program.ask(rosa, "/subscribe tea")
    shown = await program.ask(rosa, "/subscribe")
    await program.tap(rosa, shown, "Instant")
    await program.tap(rosa, shown, "Daily")
    found = [(one.mode, one.filter) for one in await subscriptions.of_chat(program.app.db, rosa.id)]
    assert found == [(Mode.INSTANT, Filter(tags=("tea",))), (Mode.DIGEST, Filter())]


async def test_a_digest_that_has_a_filter_is_not_what_daily_means(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await subscriptions.add(program.app.db, rosa.id, 0, Mode.DIGEST, filter=Filter(tags=("tea",)))
    shown = await program.ask(rosa, "/subscribe")
    await program.tap(rosa, shown, "Daily")
    assert "✓ Daily" in program.labels(shown)
    await program.tap(rosa, shown, "Instant")
    found = [(one.mode, one.filter) for one in await subscriptions.of_chat(program.app.db, rosa.id)]
    assert found == [(Mode.DIGEST, Filter(tags=("tea",))), (Mode.INSTANT, Filter())]


async def test_a_tag_is_followed_by_the_button_under_an_article(program: Program) -> None:
    rosa = program.scene.rosa
    await program.start(rosa)
    await program.publish("Tea time", tags=("Tea", "Garden", "Milk"))
    shown = await program.ask(rosa, "/latest")
    await program.tap(rosa, shown, "1")
    assert [label for label in program.labels(shown) if "Follow" in label] == ["Follow #Tea", "Follow #Garden"]
    await program.tap(rosa, shown, "Follow #Tea")
    assert (await one_of(program, rosa.id)).filter == Filter(tags=("Tea",))
    assert "From now on every article tagged #Tea" in program.shown(rosa.id)[-1]


async def test_a_groups_admin_answers_the_question_in_the_group(program: Program) -> None:
    chiara, group = program.scene.chiara, program.scene.group
    program.telegram.people.add_bot(chiara, group.id, program.scene.bot)
    await program.idle()
    shown = await program.ask(chiara, "/settings", group)
    await program.tap(chiara, shown, "Add a subscription")
    await program.ask(chiara, "tea", group, reply_to=shown.id)
    assert (await one_of(program, group.id)).filter == Filter(tags=("tea",))
