"""The ledger: newest first, page by page, with the reason of what did not go; and posting again, once a tap."""

import pytest

from bot.model import DeliveryKind, DeliveryState, Mode, Restraint, Wait
from bot.store import articles, chats, copies, deliveries, digests, ledger, merging, outbox, subscriptions
from bot.store.db import Database
from tests.clock import HandClock
from tests.store.samples import subscribe
from tests.store.test_held import NIGHT, restrain
from tests.store.test_merging import announce, claim, send_all


async def test_pages_are_newest_first_and_leave_out_what_was_merged_and_other_chats(db: Database) -> None:
    await subscribe(db)
    await subscribe(db, -200)
    await announce(db, 5)
    await send_all(db)
    await announce(db, 6, first=5)
    [carrier] = [each for each in await claim(db) if each.chat_id == -100]
    await deliveries.mark_sent(db, carrier.id, [9])
    first = await ledger.page(db, -100, 4)
    second = await ledger.page(db, -100, 4, before=first[-1].id)
    assert [entry.title for entry in first + second] == ["", *[f"Article {n}" for n in range(4, -1, -1)]]
    assert (first[0].digest_date, first[0].message_ids) == (db.now().date(), (9,))
    assert await ledger.page(db, -100, 4, before=second[-1].id) == []
    assert await ledger.find(db, -200, first[0].id) is None


async def test_each_says_what_became_of_it_or_why_it_waits(db: Database, clock: HandClock) -> None:
    one = await subscribe(db)
    await announce(db, 1)
    [first] = await claim(db)
    assert (await ledger.page(db, -100, 1))[0].state is DeliveryState.SENDING
    await deliveries.again(db, first.id, db.now(), counted=False, error="429")

    async def wait() -> Wait | None:
        return (await ledger.page(db, -100, 1))[0].wait

    assert await wait() is Wait.ERROR
    await deliveries.again(db, (await claim(db))[0].id, db.now(), counted=False)
    assert await wait() is Wait.TURN
    await restrain(db, one, NIGHT, "Asia/Tokyo")
    clock.move(hours=9)
    assert await wait() is Wait.HELD
    await subscriptions.set_paused(db, one.id, True)
    assert await wait() is Wait.PAUSED
    await chats.suspend(db, -100, "rights")
    assert await wait() is Wait.SUSPENDED
    await outbox.drop(db, first.id)
    [entry] = await ledger.page(db, -100, 1)
    assert (entry.state, entry.error, entry.wait, entry.title) == ("cancelled", "dropped", None, "Article 0")


async def test_posting_again_is_once_a_number_and_edits_reach_it(db: Database) -> None:
    await subscribe(db)
    [article_id] = await announce(db, 1)
    await send_all(db)
    [first] = await deliveries.of_chat(db, -100)
    assert await ledger.times_again(db, first.id) == 0
    assert await ledger.post_again(db, -100, first.id, 1)
    assert not await ledger.post_again(db, -100, first.id, 1)
    assert not await ledger.post_again(db, -200, first.id, 2)
    assert await send_all(db) == [[article_id]]
    assert await ledger.times_again(db, first.id) == 1
    again = (await deliveries.of_chat(db, -100))[1]
    assert await ledger.post_again(db, -100, again.id, 2)  # of the one that was posted again
    assert await send_all(db) == [[article_id]]
    assert [copy.delivery_id for copy in await copies.at(db, article_id, -100, 0)] == [first.id, again.id, again.id + 1]


async def test_a_digest_is_posted_again_with_all_it_held(db: Database) -> None:
    await subscribe(db)
    ids = await announce(db, 6)
    await send_all(db)
    [carrier] = [row for row in await deliveries.of_chat(db, -100) if row.digest_run_id]
    assert await ledger.post_again(db, -100, carrier.id, 1)
    assert await send_all(db) == [ids]
    assert len(await copies.at(db, ids[0], -100, 0)) == 2
    assert await digests.waiting(db, await subscribe(db, mode=Mode.DIGEST), 10) == []


async def test_what_was_refused_and_then_posted_by_hand_is_in_no_digest(db: Database) -> None:
    await subscribe(db)
    digest = await subscribe(db, mode=Mode.DIGEST)
    [article_id] = await announce(db, 1)
    [first] = await claim(db)
    await deliveries.refuse(db, first.id, "too ugly")
    assert [one.id for one in await digests.waiting(db, digest, 10)] == [article_id]
    assert await ledger.post_again(db, -100, first.id, 1)
    assert await digests.waiting(db, digest, 10) == []


@pytest.mark.parametrize("what", ["withdrawn", "pending", "edit", "nobody"])
async def test_what_was_withdrawn_waits_is_no_post_or_goes_to_nobody_is_not_posted_again(
    db: Database, what: str
) -> None:
    one = await subscribe(db)
    [article_id] = await announce(db, 1)
    if what != "pending":
        await send_all(db)
    match what:
        case "withdrawn":
            await articles.withdraw(db, article_id)
        case "edit":
            await db.execute("UPDATE delivery SET kind = 'edit'")
        case "nobody":
            await subscriptions.remove(db, one.id)
    [row] = await deliveries.of_chat(db, -100)
    assert await ledger.times_again(db, row.id) is None
    assert not await ledger.post_again(db, -100, row.id, 1)
    assert len(await deliveries.of_chat(db, -100)) == 1


async def test_what_a_removed_subscription_sent_is_posted_again_for_another_of_that_place(db: Database) -> None:
    gone = await subscribe(db)
    [article_id] = await announce(db, 1)
    await send_all(db)
    await subscriptions.remove(db, gone.id)
    other = await subscribe(db, tags=("x",))
    [row] = await deliveries.of_chat(db, -100)
    assert await ledger.post_again(db, -100, row.id, 1)
    again = (await deliveries.of_chat(db, -100))[1]
    assert (again.subscription_id, again.article_id, again.kind) == (other.id, article_id, DeliveryKind.POST)


async def test_one_posted_again_never_merges(db: Database) -> None:
    await restrain(db, await subscribe(db), Restraint())
    [article_id] = await announce(db, 1)
    await send_all(db)
    [row] = await deliveries.of_chat(db, -100)
    await ledger.post_again(db, -100, row.id, 1)
    ids = await announce(db, 2, first=1)
    sent = await send_all(db, merging.Merging(burst=1))
    assert sent == [[article_id], ids]
