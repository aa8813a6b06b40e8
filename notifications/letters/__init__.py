"""Content of letters about one deadline, several deadlines, or a moved date, computed for the day they are
sent.
"""
