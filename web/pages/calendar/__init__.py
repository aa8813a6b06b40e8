"""The calendar: its months and years, and the acts that change them."""
