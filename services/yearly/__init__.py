"""What comes every year: opening it, the clock of every organisation, what is gathered upwards."""
