"""Pages of the calendar: months and years, and the acts that change them."""
