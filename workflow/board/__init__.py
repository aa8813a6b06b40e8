"""The board: rows of deadlines with filters and sums; plans beside their schedules; statistics over time."""
