"""Acts that move days and rules of an office's own: what they would move is shown before it is written."""
