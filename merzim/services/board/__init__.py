"""The board as people ask for it: lines of deadlines, the overview, statistics, tasks of a reader."""
