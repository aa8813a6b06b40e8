"""What runs by itself: rounds and deliveries, new periods, the bot; and a rehearsal of it."""
