"""The table of people: who holds which duty where, when they are away, whom a schedule's words mean."""
