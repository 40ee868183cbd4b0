"""Short words for what went wrong, as other folders store them, put into sentences for people."""

from bot.render.words import Words


def obstacle(reason: str, words: Words) -> str:
    """Why nothing can be sent to a chat, and what mends it. `reason`: as chats and subscriptions are suspended for."""
    match reason:
        case "not_admin":
            return words._("I am not an admin there. Make me one, with the right to post messages, and I go on.")
        case "rights" | "no_right_to_post":
            return words._("I lack the right to post messages there. Grant it to me, and I go on.")
        case "restricted":
            return words._("I am not allowed to send messages there. Allow it, and I go on.")
        case "removed":
            return words._("I have been removed. Add me again, and I go on.")
        case "gone":
            return words._("Telegram no longer finds this chat.")
        case "topic":
            return words._("Its topic is closed or deleted. Open it again, or subscribe in another one.")
        case "blocked":
            return words._("I have been blocked there. Unblock me, and I go on.")
        case "unreachable":
            return words._("I cannot write there.")
        case _:
            return words._("I cannot send anything there at present.")


def fetching(reason: str, words: Words) -> str:
    """Why an address could not be read. `reason`: FetchError.reason, or it followed by ": " and more."""
    match reason.partition(":")[0].strip():
        case "url":
            return words._("That is not an address. It begins with https:// or http://.")
        case "refused" | "forbidden" | "private" | "blocked":
            return words._("That address is not open to me: I read only public pages.")
        case "timeout":
            return words._("The site did not answer in time.")
        case "dns" | "connect" | "network":
            return words._("I could not reach the site. Is the address right?")
        case "http" | "status":
            return words._("The site answers, but does not give the page out. Is the address right?")
        case "large":
            return words._("What is there is too large for me.")
        case "redirects" | "redirect":
            return words._("The address leads on and on to others.")
        case "tls":
            return words._("The site’s certificate is not valid.")
        case "feed":
            return words._("There is a page, but no feed that I can read.")
        case "file":
            return words._("There is a file, where I need a page or a feed.")
        case "login":
            return words._("The page asks to log in: I read only what is open to everyone.")
        case "empty":
            return words._("There is no text in it to make an article of. The first line becomes the title.")
        case _:
            return words._("What is there cannot be read.")
