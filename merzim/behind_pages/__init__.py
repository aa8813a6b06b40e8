"""What the pages ask of the shell, answered over a house."""
