"""Content of letters: about one deadline, about several, about a moved date; true on the day they leave."""
