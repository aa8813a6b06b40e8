"""Pages for creating cases: the planner, opening by hand or from a schedule."""
