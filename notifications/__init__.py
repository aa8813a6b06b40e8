"""From a reminder step to a letter in somebody's hands, once.

Begin with `round.py`, the daily round: it turns the steps that have come (workflow/reminders.py) into
notices for the people of `recipients.py`, and `daily.py` says which letter carries them. They wait in the
outbox (`dispatch.py`). `delivery.py` claims, sends and marks them, so that a crash neither loses a letter nor
hides that it may have left; `letters/` writes each at the moment it leaves, `rules.py` says in which hours
that is.

A notice (`notice.py`) is one thing said to one person by one channel; its key decides that it is said once.
`channels/` are e-mail, Telegram and a folder; `bot/` answers in Telegram. Nothing here knows a database: the
outbox is a protocol.
"""
