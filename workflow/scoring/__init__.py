"""Points: the scales, the numbers they are counted from, the points earned or lost, and those still
possible.
"""
