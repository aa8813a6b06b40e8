"""The Telegram bot: links accounts, lists a person's deadlines, and takes answers."""
