"""Points: scales, what they are counted from, what was earned and lost, and what can still come of them."""
