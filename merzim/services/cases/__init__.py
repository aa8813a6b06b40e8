"""Cases: steps, rows, comments, assignments; several cases at once and side by side."""
