"""Cases: one chain of events each, the board rows its last event gives, the files that prove facts."""
