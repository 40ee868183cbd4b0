"""A Telegram in memory that speaks the Bot API, with a web chat: knows nothing of the bot."""
