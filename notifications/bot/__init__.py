"""The bot: a conversation over Telegram in which a reader is linked, asks what waits, and answers."""
