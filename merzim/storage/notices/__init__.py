"""Storage of notices: the outbox, their outcomes, and the register that proves delivery."""
