"""What watches the service asks: is it alive, is it ready, how much waits."""
