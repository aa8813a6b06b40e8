"""The shell: the clock, the settings, the wiring, the daily round and the commands."""
