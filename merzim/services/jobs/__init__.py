"""Background jobs: rounds, deliveries, new periods, the Telegram bot; and a rehearsal of them."""
