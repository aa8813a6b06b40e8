"""What letters say on the day they are sent: of deadlines, moved dates, comments, campaigns and accounts."""
