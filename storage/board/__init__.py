"""The board's own bookkeeping: sums kept with every row, and marks of what was changed."""
