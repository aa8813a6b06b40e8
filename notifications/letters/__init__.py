"""What letters say: of one deadline, of many, of a day that moved, on the day they leave."""
