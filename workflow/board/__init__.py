"""The board: rows read from deadlines, and sums over them."""
