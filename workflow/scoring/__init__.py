"""Points: scales, the numbers they are counted from, points earned or lost, and those still possible."""
