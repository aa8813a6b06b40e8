"""Cases: events, registers, the state machine, and the commands that change them."""
