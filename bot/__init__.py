"""Paperboy: a self-hosted Telegram bot that distributes articles."""
