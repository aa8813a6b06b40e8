"""The door: who comes in, as whom, and what is turned away before any page is made."""
