"""Before there is a case: the planner, opening by hand or from a schedule, past analyses."""
