"""Cases: steps, rows, comments, assignments, signatures; several cases at once and side by side."""
