"""My desk: what I must do, and the one step that says it is done."""
