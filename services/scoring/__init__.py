"""Points of execution: the shipped scoring, what register rows count, the year's result."""
