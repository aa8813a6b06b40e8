"""Cases: their events, the states of their obligations, their registers, and the commands that change them."""
