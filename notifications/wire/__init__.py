"""Wire formats of letters: e-mail with calendar item and signature, Telegram message."""
