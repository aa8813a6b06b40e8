"""Who may come in, what they sent and have not decided about, and what they were answered under a key."""
