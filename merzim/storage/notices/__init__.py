"""Storage of notices: outbox, journal of outcomes, faults of channels, campaigns, inboxes, Telegram links."""
