"""The desk: whatever is done to a case, as commands that come to events; and what-if, where nothing is kept."""
